import PorticoAPI
import RPC
import Store

/// Who may be told of an event: a pure function, the same in every service that is watched and in the gateway, which
/// watches for all of its sessions.
public struct EventAudience: Sendable, Hashable {
  /// Never a customer (D-34).
  public var isForStaff: Bool
  /// What must be granted where the event happened; nil: nothing in particular.
  public var permission: Permission?
  public var place: EventPlace

  public init(isForStaff: Bool = false, permission: Permission? = nil, place: EventPlace = .tenant)
  {
    self.isForStaff = isForStaff
    self.permission = permission
    self.place = place
  }

  public init(_ type: EventType, at place: EventPlace) {
    self.init(
      isForStaff: type.isForStaff, permission: type.permission.map { Permission($0) }, place: place)
  }

  /// Whether a principal may be told. A service may: which one watches is said by the method's rule.
  public func includes(_ principal: Principal) -> Bool {
    if case .service = principal.kind { return true }
    if isForStaff, !principal.isStaff { return false }
    if let user = place.user, user != principal.user { return false }
    let rule = AccessRule(permission.map { .permission($0) } ?? .signedIn)
    guard case .allowed(let scope?) = Decision(rule, for: principal).outcome else { return false }
    guard let account = place.account else { return true }
    return scope.allows(account: account, site: place.site, contact: place.contact)
  }
}

extension EventAudience {
  /// As a service told it to a service.
  public init(_ message: Events.EventAudience) {
    func said(_ text: String) -> String? { text.isEmpty ? nil : text }
    self.init(
      isForStaff: message.staffOnly, permission: said(message.permission).map { Permission($0) },
      place: EventPlace(
        account: said(message.account), site: said(message.site), contact: said(message.contact),
        user: said(message.user)))
  }
}

extension Events.EventAudience {
  public init(_ audience: EventAudience) {
    self.init(
      staffOnly: audience.isForStaff, permission: audience.permission?.rawValue ?? "",
      account: audience.place.account ?? "", site: audience.place.site ?? "",
      contact: audience.place.contact ?? "", user: audience.place.user ?? "")
  }
}
