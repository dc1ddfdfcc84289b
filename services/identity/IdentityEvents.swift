import Handling
import PorticoAPI
import RPC
import Store

/// What changes here, and who may be told of it.
extension EventType {
  static let accountCreated = EventType("account.created", for: .accountsRead)
  static let accountUpdated = EventType("account.updated", for: .accountsRead)
  static let siteCreated = EventType("site.created", for: .accountsRead)
  static let contactCreated = EventType("contact.created", for: .contactsRead)
  static let contactUpdated = EventType("contact.updated", for: .contactsRead)
  static let contactLoginSent = EventType("contact.login_sent", forStaffWith: .contactsRead)
  static let contactPortalAccessChanged = EventType(
    "contact.portal_access_changed", forStaffWith: .contactsRead)
  static let userCreated = EventType("user.created", forStaffWith: .usersRead)
  static let userUpdated = EventType("user.updated", forStaffWith: .usersRead)
  static let userPasswordSet = EventType("user.password_set", forStaffWith: .usersRead)
  /// Some or all sessions of a user have ended; told to that user.
  static let userSessionsEnded = EventType.open("user.sessions_ended")
  static let sessionEnded = EventType.open("session.ended")
  /// The same session under a new secret.
  static let sessionRotated = EventType.open("session.rotated")
  static let apiTokenCreated = EventType.open("api_token.created")
  static let apiTokenDeleted = EventType.open("api_token.deleted")
  static let roleCreated = EventType("role.created", forStaffWith: .rolesRead)
  static let roleUpdated = EventType("role.updated", forStaffWith: .rolesRead)
  static let roleDeleted = EventType("role.deleted", forStaffWith: .rolesRead)
  static let portalSettingsUpdated = EventType(
    "portal_settings.updated", forStaffWith: .settingsRead)
  static let passwordPolicyUpdated = EventType(
    "password_policy.updated", forStaffWith: .settingsRead)
  static let tenantCreated = EventType.forServices("tenant.created")
}

extension IdentityService {
  public static let eventTypes: [EventType] = [
    .accountCreated, .accountUpdated, .siteCreated, .contactCreated, .contactUpdated,
    .contactLoginSent, .contactPortalAccessChanged, .userCreated, .userUpdated, .userPasswordSet,
    .userSessionsEnded, .sessionEnded, .sessionRotated, .apiTokenCreated, .apiTokenDeleted,
    .roleCreated, .roleUpdated, .roleDeleted,
    .portalSettingsUpdated, .passwordPolicyUpdated, .tenantCreated,
  ]
}

extension Contact {
  /// Where its events belong.
  var place: EventPlace { EventPlace(account: account, site: site, contact: id) }
}

extension Session {
  /// Only its user is told of it.
  var place: EventPlace { EventPlace(user: "users/\(user)") }
}
