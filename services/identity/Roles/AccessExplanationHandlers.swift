import Access
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// The checks that stand between a person and a call, in the order in which they are made. What each of them says is
/// the gate's own decision, put into sentences.
struct AccessExplanation {
  let method: RPC.Method
  let resource: ResourceName?
  /// Nil when the person cannot sign in.
  let entrant: Entrant?
  /// As it called, for whoever asks about themselves; otherwise as it would after signing in.
  let principal: Principal?
  let isSignedIn: Bool
  let now: Instant

  /// Whether the person may come in at all (S-026, D-47, D-48).
  static func entry(
    of user: User, _ entrant: Entrant?, portalIsActive: Bool
  ) -> [Identity.AccessCheck] {
    var checks: [Identity.AccessCheck] = []
    if user.kind == .customer {
      checks.append(
        portalIsActive
          ? .init(question: .portal, answer: .yes, detail: "the portal is switched on")
          : .init(question: .portal, answer: .no, detail: "the portal is switched off"))
    }
    let problem: String? =
      if user.isDisabled {
        "the user is disabled"
      } else if entrant == nil, user.kind == .staff {
        "the user has no role of staff"
      } else if entrant == nil, portalIsActive {
        "no account gives the user access to the portal"
      } else {
        nil
      }
    checks.append(
      .init(
        question: .signIn, answer: problem == nil ? .yes : .no,
        detail: problem ?? "the user may sign in"))
    return checks
  }

  var checks: [Identity.AccessCheck] {
    guard let principal else { return [] }
    let decision = Decision(method.access, for: principal)
    return [rule] + grants(decision) + credential(principal) + stepUp(principal)
      + reach(decision)
  }

  private var rule: Identity.AccessCheck {
    switch method.access.callers {
    case .anyone: .init(question: .rule, answer: .yes, detail: "the method is open to anyone")
    case .signedIn:
      .init(
        question: .rule, answer: .yes, detail: "the method is open to everybody who is signed in")
    case .servicesOnly:
      .init(question: .rule, answer: .no, detail: "the method is for services, not for people")
    case .permission(let permission):
      .init(
        question: .rule, answer: .yes, detail: "the method wants \(permission)",
        permission: permission.rawValue)
    }
  }

  /// Where the permission holds, and by which role.
  private func grants(_ decision: Decision) -> [Identity.AccessCheck] {
    guard case .permission(let permission) = method.access.callers else { return [] }
    guard case .granted(_, let places) = decision.reason else {
      return [
        .init(
          question: .grant, answer: .no, detail: "no role gives \(permission)",
          permission: permission.rawValue)
      ]
    }
    return places.map { place in
      let role = role(in: place.account)
      let area = place.account.map { "in accounts/\($0)" } ?? "in the whole tenant"
      return .init(
        question: .grant, answer: .yes,
        detail: "\(role?.displayName ?? "a role") gives \(permission) \(area)",
        permission: permission.rawValue, reach: .init(rawValue: Int32(place.reach.rawValue)),
        account: place.account.map { "accounts/\($0)" } ?? "",
        role: role.map { "roles/\($0.id)" } ?? "")
    }
  }

  private func role(in account: String?) -> Role? {
    guard let account else { return entrant?.role }
    return entrant?.memberships.first { $0.membership.account == account }?.role
  }

  private func credential(_ principal: Principal) -> [Identity.AccessCheck] {
    if let limit = Decision.limit(on: method, for: principal) {
      return [.init(question: .credential, answer: .no, detail: "\(limit)")]
    }
    guard principal.tokenScopes != nil || principal.isReadOnly else { return [] }
    return [
      .init(
        question: .credential, answer: .yes, detail: "the token or the session is wide enough")
    ]
  }

  private func stepUp(_ principal: Principal) -> [Identity.AccessCheck] {
    guard method.access.needsStepUp else { return [] }
    guard isSignedIn else {
      return [
        .init(
          question: .stepUp, answer: .depends,
          detail: "it is only for those who confirmed a short while ago who they are")
      ]
    }
    let missing = Decision.stepUp(for: method, by: principal, at: now)
    return [
      .init(
        question: .stepUp, answer: missing == nil ? .yes : .no,
        detail: missing.map { "\($0)" } ?? "the person confirmed a short while ago who they are")
    ]
  }
}

// MARK: The resource

extension AccessExplanation {
  /// Whether the scope of the call holds a resource of this name, as far as the name tells.
  private func reach(_ decision: Decision) -> [Identity.AccessCheck] {
    guard let resource, case .allowed(let scope?) = decision.outcome else { return [] }
    guard case .within(let boundaries) = scope.reach else {
      return [check(.yes, "everything of the tenant is within reach")]
    }
    let parts = resource.text.split(separator: "/").map(String.init)
    guard parts.count >= 2, parts[0] == "accounts" else {
      return [check(.depends, "\(method.owner) decides what of it is theirs")]
    }
    guard parts[1] != "-" else {
      return [check(.yes, "every account within reach is meant, and nothing else")]
    }
    let here = boundaries.filter { $0.account == parts[1] }
    guard !here.isEmpty else {
      return [check(.no, "accounts/\(parts[1]) is not within reach")]
    }
    return [answer(here, parts)]
  }

  private func answer(
    _ boundaries: [Scope.Boundary], _ parts: [String]
  ) -> Identity.AccessCheck {
    if boundaries.contains(where: { $0.contact == nil && $0.sites == nil }) {
      return check(.yes, "everything of accounts/\(parts[1]) is within reach")
    }
    let (collection, id) = parts.count >= 4 ? (parts[2], parts[3]) : ("", "")
    let owners = boundaries.compactMap(\.contact)
    if collection == "contacts", !owners.isEmpty {
      return owners.contains(id)
        ? check(.yes, "it is the person's own contact")
        : check(.no, "it is another contact than the person's own")
    }
    let sites = boundaries.compactMap(\.sites).flatMap(\.self)
    if collection == "sites", owners.isEmpty {
      return sites.contains(id)
        ? check(.yes, "it is one of the person's sites")
        : check(.no, "it is another site than the person's")
    }
    return owners.isEmpty
      ? check(.depends, "only what belongs to the person's sites is within reach")
      : check(.depends, "only what belongs to the person is within reach")
  }

  private func check(
    _ answer: Identity.AccessAnswer, _ detail: String
  ) -> Identity.AccessCheck {
    .init(question: .resource, answer: answer, detail: detail)
  }
}
