import RPC

/// The gate before sending, on the gateway's client: JSON and pages both pass it, and what it refuses costs no call.
/// Decides as the server's gate will. Stands inside `IdentityPropagation`, which puts the token on the call.
public struct ClientGate: CallPreparation {
  private let service: String
  private let verifier: Verifier

  /// - Parameter service: the name of this process: `gateway`.
  public init(service: String, _ verifier: Verifier) {
    self.service = service
    self.verifier = verifier
  }

  public func prepare(_ options: inout CallOptions, for method: Method) throws {
    _ = try Decision(method, for: principal(of: options), at: verifier.clock.now)
      .scope(of: method)
  }

  private func principal(of options: CallOptions) throws(Status) -> Principal? {
    // Our own token is meant for the service that is called, so that we could not verify it here.
    if let asService = options[AsServiceKey.self] {
      return .service(service, tenant: asService.tenant, actor: asService.actor)
    }
    do throws(TokenError) {
      if let proof = options.principalProof, let principal = try verifier.principal(of: proof) {
        return principal
      }
    } catch {
      throw Self.refusal(error)
    }
    guard let token = options.metadata[binary: PrincipalToken.key] else { return nil }
    do throws(TokenError) { return try verifier.verify(token) } catch {
      throw Self.refusal(error)
    }
  }

  private static func refusal(_ error: TokenError) -> Status {
    Status(.unauthenticated, "sign in again", because: "principal token: \(error)")
  }
}
