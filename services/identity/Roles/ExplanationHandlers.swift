import Access
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// Says why somebody may or may not call a method (N-01), by asking the gate's own decision. Reads the asked-for
/// resource's name and nothing behind it, so that no answer tells whether it exists.
struct ExplanationHandlers {
  let parts: IdentityParts

  func explain(
    _ request: Identity.ExplainAccessRequest, _ call: Call
  ) async throws -> Identity.ExplainAccessResponse {
    let caller = try call.principal
    let now = call.now
    let asked = request.user.isEmpty ? caller.user : request.user
    let id = try ResourceName(asked, "users/*", field: "user")["users"]
    let method = try Self.method(request.method)
    let resource = try Self.resource(request.resource, of: method)
    let isSelf = asked == caller.user
    guard isSelf || Self.mayAskAboutOthers(caller, at: now) else { throw StoreError.notFound }
    return try await call.read(in: parts.store) { [parts] db in
      let user = try UserStore(db).user(id, in: Scope(tenant: db.tenant, reach: .tenant))
      let entrant = try Entrance(db: db, parts: parts).entrant(user)
      let known = entrant.map { Principal($0, tenant: db.tenant) }
      let explanation = AccessExplanation(
        method: method, resource: resource, entrant: entrant,
        principal: isSelf ? caller : known, isSignedIn: isSelf, now: now)
      let settings = try PortalStore(db).settings()
      let checks =
        AccessExplanation.entry(of: user, entrant, portalIsActive: settings.isActive)
        + explanation.checks
      return .init(user, method, request.resource, checks)
    }
  }

  /// By the rule under which roles are read at all.
  private static func mayAskAboutOthers(_ caller: Principal, at now: Instant) -> Bool {
    guard case .allowed(let scope?) = Decision(Methods.Roles.getRole, for: caller, at: now).outcome
    else { return false }
    return scope.reach == .tenant
  }

  /// `portico.ticketing.v1.Tickets/CloseTicket`, or an end of it that only one method has.
  private static func method(_ text: String) throws(Status) -> RPC.Method {
    let wanted = text.drop { $0 == "/" }
    let found = Methods.all.filter { method in
      method.service.hasPrefix("portico.") && !method.service.hasPrefix("portico.testing.")
        && (method.path.dropFirst() == wanted || method.name == wanted)
    }
    guard let method = found.first else { throw .invalid("method", "is not a method") }
    guard found.count == 1 else {
      throw .invalid("method", "is the name of several methods; say which service's")
    }
    return method
  }

  /// The name, if it has the form of what the method is called for.
  private static func resource(
    _ text: String, of method: RPC.Method
  ) throws(Status) -> ResourceName? {
    guard !text.isEmpty else { return nil }
    let patterns = method.http.flatMap { rule in
      rule.template.matches(of: #/=([^}]+)}/#).map { String($0.output.1) }
    }
    guard let pattern = patterns.first else {
      throw .invalid("resource", "must be empty: \(method.name) is not called for one resource")
    }
    return try ResourceName(text, pattern, field: "resource", anyAllowed: true)
  }
}

extension Identity.ExplainAccessResponse {
  fileprivate init(
    _ user: User, _ method: RPC.Method, _ resource: String, _ checks: [Identity.AccessCheck]
  ) {
    let no = checks.first { $0.answer == .no }
    let open = checks.first { $0.answer == .depends }
    let what = resource.isEmpty ? method.name : "\(method.name) for \(resource)"
    let verdict: Identity.AccessVerdict
    let summary: String
    if let no {
      verdict = .denied
      summary = "\(user.displayName) may not call \(what): \(no.detail)."
    } else if let open {
      verdict = .depends
      summary = "Whether \(user.displayName) may call \(what) depends: \(open.detail)."
    } else {
      verdict = .allowed
      summary = "\(user.displayName) may call \(what)."
    }
    self.init(
      verdict: verdict, summary: summary, checks: checks, user: user.name,
      method: String(method.path.dropFirst()), resource: resource)
  }
}
