import RPC
import Store
import Values

/// Whether a principal may call a method, how far, and why: a pure function, the same at the gateway, in every
/// service, in tests and for `ExplainAccess` (N-01).
public struct Decision: Sendable, Hashable {
  public enum Outcome: Sendable, Hashable {
    /// The scope is nil when nobody is signed in, which only `anyone` allows.
    case allowed(Scope?)
    /// Nobody is signed in.
    case unauthenticated
    /// Somebody is, who may not.
    case denied
  }

  public enum Reason: Sendable, Hashable {
    case openToAnyone
    case signedIn
    /// Grants of the permission, one for each place that gives it: an account, or nil for the whole person.
    case granted(Permission, [Place])
    case calledAsService(String)
    case nobodySignedIn
    /// No grant gives this permission.
    case notGranted(Permission)
    /// The method is not for this service as itself.
    case serviceNotListed(String)
    /// The method is for services only.
    case notForPeople
    /// The API token is not for this permission, whatever its owner may do.
    case outsideTokenScope(Permission)
    /// The method changes something, and the caller may only read: until a step-up, or at all where another acts.
    case readOnly(until: Limit)
    /// Who it is was proved too long ago for this method, or never.
    case needsStepUp
  }

  /// What lifts a limit.
  public enum Limit: Sendable, Hashable { case stepUp, never }

  /// Where a permission holds, and how far: in an account, or wherever the person is when `account` is nil.
  public struct Place: Sendable, Hashable {
    public var account: String?
    public var reach: Reach

    public init(account: String?, reach: Reach) {
      self.account = account
      self.reach = reach
    }
  }

  public let outcome: Outcome
  public let reason: Reason

  public var isAllowed: Bool {
    if case .allowed = outcome { true } else { false }
  }

  /// The whole decision, as the gate makes it.
  /// - Parameter now: what a step-up is measured against.
  public init(_ method: Method, for principal: Principal?, at now: Instant) {
    let decision = Decision(method.access, for: principal)
    guard let principal, decision.isAllowed,
      let limit = Self.limit(on: method, for: principal)
        ?? Self.stepUp(for: method, by: principal, at: now)
    else {
      self = decision
      return
    }
    self = Decision(.denied, limit)
  }

  /// What the rule says, apart from how the person signed in.
  public init(_ rule: AccessRule, for principal: Principal?) {
    guard let principal else {
      self =
        rule.callers == .anyone
        ? Decision(.allowed(nil), .openToAnyone) : Decision(.unauthenticated, .nobodySignedIn)
      return
    }
    if case .service(let name) = principal.kind {
      self = Self.decide(rule, service: name, principal)
    } else {
      self = Self.decide(rule, person: principal)
    }
  }

  private init(_ outcome: Outcome, _ reason: Reason) {
    self.outcome = outcome
    self.reason = reason
  }

  /// A service is trusted with the rows of the tenant it names, on the methods that list it and no others.
  private static func decide(
    _ rule: AccessRule, service name: String, _ principal: Principal
  ) -> Decision {
    guard rule.services.contains(name) || rule.callers == .anyone else {
      return Decision(.denied, .serviceNotListed(name))
    }
    return Decision(
      .allowed(Scope(tenant: principal.tenant, reach: .tenant)), .calledAsService(name))
  }

  private static func decide(_ rule: AccessRule, person: Principal) -> Decision {
    switch rule.callers {
    case .anyone: Decision(.allowed(ownScope(person)), .openToAnyone)
    case .signedIn: Decision(.allowed(ownScope(person)), .signedIn)
    case .servicesOnly: Decision(.denied, .notForPeople)
    case .permission(let permission): decide(permission, person)
    }
  }

  private static func decide(_ permission: Permission, _ person: Principal) -> Decision {
    let everywhere = widest(permission, in: person.grants)
    if everywhere == .tenant, person.isStaff {
      return Decision(
        .allowed(Scope(tenant: person.tenant, reach: .tenant)),
        .granted(permission, [Place(account: nil, reach: .tenant)]))
    }
    var places: [Place] = []
    var boundaries: [Scope.Boundary] = []
    for membership in person.memberships {
      let granted = [everywhere, widest(permission, in: membership.grants)].compactMap { $0 }.max()
      guard let reach = granted else { continue }
      places.append(Place(account: membership.account, reach: reach))
      boundaries.append(membership.boundary(reach))
    }
    guard !boundaries.isEmpty else { return Decision(.denied, .notGranted(permission)) }
    return Decision(
      .allowed(Scope(tenant: person.tenant, reach: .within(boundaries))),
      .granted(permission, places))
  }

  /// Several grants of one permission: the one that reaches furthest counts.
  private static func widest(_ permission: Permission, in grants: [Grant]) -> Reach? {
    var widest: Reach?
    for grant in grants where grant.permission == permission {
      widest = max(widest ?? grant.reach, grant.reach)
    }
    return widest
  }

  /// Without a permission to say how far, a customer reaches what is theirs; staff have no part of an account to
  /// be narrowed to.
  private static func ownScope(_ person: Principal) -> Scope {
    guard !person.isStaff else { return Scope(tenant: person.tenant, reach: .tenant) }
    return Scope(
      tenant: person.tenant, reach: .within(person.memberships.map { $0.boundary(.own) }))
  }
}

extension Membership {
  /// A customer's grant ends at the account, whatever a role made for staff says.
  func boundary(_ reach: Reach) -> Scope.Boundary {
    switch reach {
    case .own: Scope.Boundary(account: account, contact: contact)
    case .site: Scope.Boundary(account: account, sites: sites)
    case .account, .tenant: Scope.Boundary(account: account)
    }
  }
}

extension Decision {
  /// Throws what a caller is told: UNAUTHENTICATED or PERMISSION_DENIED; the operator's log gets the reason.
  public func scope(of method: Method) throws(Status) -> Scope? {
    switch outcome {
    case .allowed(let scope): return scope
    case .unauthenticated:
      throw Status(.unauthenticated, "sign in first", because: "\(method.path): \(reason)")
    case .denied:
      throw Status(
        .permissionDenied, reason.publicText, details: reason.details,
        because: "\(method.path): \(reason)")
    }
  }
}

extension Decision.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .openToAnyone: "open to anyone"
    case .signedIn: "open to everybody who is signed in"
    case .granted(let permission, let places):
      "\(permission) is granted: "
        + places.map { "\($0.reach) in \($0.account.map { "accounts/\($0)" } ?? "the tenant")" }
        .joined(separator: ", ")
    case .calledAsService(let name): "\(name) is listed as a caller"
    case .nobodySignedIn: "nobody is signed in"
    case .notGranted(let permission): "no grant gives \(permission)"
    case .serviceNotListed(let name): "\(name) is not listed as a caller"
    case .notForPeople: "only services may call this"
    case .outsideTokenScope(let permission): "the API token is not for \(permission)"
    case .readOnly(.stepUp): "this session only reads until the person is asked who they are again"
    case .readOnly(.never): "whoever acts for somebody else only reads"
    case .needsStepUp: "it is too long ago that the person was asked who they are"
    }
  }
}
