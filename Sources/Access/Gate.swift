import RPC
import Store

/// The one place of a server where it is decided whether a call may be made: verifies the token, matches the rule of
/// the method that was resolved (never a path), and gives the handler its principal and its scope.
public struct Gate: ServerInterceptor {
  private let verifier: Verifier

  public init(_ verifier: Verifier) { self.verifier = verifier }

  public func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws {
    let bearer = try bearer(of: call)
    let scope = try Decision(call.method, for: bearer?.principal, at: call.now)
      .scope(of: call.method)
    if let bearer, let scope {
      call[AdmissionKey.self] = Admission(
        principal: bearer.principal, scope: scope, token: bearer.token)
    }
    if bearer.map({ $0.principal.isCustomer }) ?? true {
      call.messageFilter = AudienceFilter.messages(of: call.method)
    }
    try await next(call)
  }

  /// Nil without a token. A token that is no proof is refused even where none is needed.
  private func bearer(of call: Call) throws(Status) -> (principal: Principal, token: [UInt8])? {
    guard call.metadata.contains(PrincipalToken.key) else { return nil }
    guard let token = call.metadata.only(binary: PrincipalToken.key) else {
      throw Self.refusal("not one token in one field")
    }
    let principal: Principal
    do throws(TokenError) { principal = try verifier.verify(token) } catch {
      throw Self.refusal("\(error)")
    }
    if case .service(let name) = principal.kind, !call.peer.certificateNames.isEmpty,
      !call.peer.certificateNames.contains(name)
    {
      throw Self.refusal(
        "\(name)'s token came over the connection of \(call.peer.certificateNames)")
    }
    return (principal, token)
  }

  private static func refusal(_ reason: String) -> Status {
    Status(.unauthenticated, "sign in again", because: "principal token: \(reason)")
  }
}
