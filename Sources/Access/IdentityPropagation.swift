import RPC

/// Puts a principal token on every call a process makes: its own where the options say `asService`, the caller's own
/// choice where they hold one, and otherwise the one of the call whose handler is running.
public struct IdentityPropagation: CallPreparation {
  private let identity: ServiceIdentity?

  /// - Parameter identity: nil for a process that never calls in its own name; `asService` then fails.
  public init(_ identity: ServiceIdentity?) { self.identity = identity }

  public func prepare(_ options: inout CallOptions, for method: Method) throws {
    let isSigned = options.metadata.contains(PrincipalToken.key)
    if let asService = options[AsServiceKey.self] {
      // Without a key of its own it may stand inside one that has signed already.
      if identity == nil, isSigned { return }
      guard let identity else {
        throw Status(
          .internal, "internal error", because: "no key to call \(method.path) as a service")
      }
      options = try options.principal(
        identity.token(
          for: asService.tenant, actor: asService.actor, audience: method.owner))
    } else if !isSigned, let admission = Call.current?[AdmissionKey.self] {
      options = try options.principal(admission.token)
    }
  }
}
