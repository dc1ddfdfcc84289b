import RPC
import Values
import WellKnown

/// What may still stand between a caller whom the rule lets in and the call: how they signed in.
extension Decision {
  /// How long a proof of who somebody is counts as recent (ASVS 7.5.3).
  public static let stepUpLasts = Duration.seconds(15 * 60)
  /// The reason in the ErrorInfo of a refusal that a step-up would lift: pages lead to it.
  public static let stepUpRequired = "STEP_UP_REQUIRED"

  /// Why the caller's credential is not enough for the method, however the rule decides; nil when it is.
  public static func limit(on method: Method, for principal: Principal) -> Reason? {
    if case .permission(let permission) = method.access.callers,
      let scopes = principal.tokenScopes, !scopes.contains(permission)
    {
      return .outsideTokenScope(permission)
    }
    guard principal.isReadOnly, !method.isReadOnly, method.access.callers != .anyone else {
      return nil
    }
    return .readOnly(until: principal.actor == nil ? .stepUp : .never)
  }

  /// Why the method wants a step-up of this caller now; nil when it does not.
  public static func stepUp(
    for method: Method, by principal: Principal, at now: Instant
  ) -> Reason? {
    guard method.access.needsStepUp, principal.isStaff || principal.isCustomer else { return nil }
    guard let authenticated = principal.authenticated,
      authenticated <= now + Verifier.skew, now - authenticated <= stepUpLasts
    else { return .needsStepUp }
    return nil
  }
}

extension Decision.Reason {
  /// What a caller is told who is refused for it.
  var publicText: String {
    switch self {
    case .needsStepUp, .readOnly(.stepUp): "confirm that it is you, then repeat this"
    case .readOnly(.never): "you may only read here"
    case .outsideTokenScope: "this token may not do this"
    default: "you may not do this"
    }
  }

  /// For programs, where there is something that they can do about it.
  var details: [Status.Detail] {
    switch self {
    case .needsStepUp, .readOnly(.stepUp):
      [.reason(Decision.stepUpRequired, domain: "access")]
    case .readOnly(.never): [.reason("READ_ONLY", domain: "access")]
    case .outsideTokenScope(let permission):
      [
        .reason(
          "OUTSIDE_TOKEN_SCOPE", domain: "access", metadata: ["permission": permission.rawValue])
      ]
    default: []
    }
  }
}
