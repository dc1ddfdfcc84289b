import Values

/// Lets a program act for its owner with a part of the owner's permissions (F-34). The secret is elsewhere: the store
/// knows its hash.
struct APIToken: Hashable, Sendable {
  /// Of one user at once.
  static let most = 50
  static let longest = Duration.days(366)
  static let usual = Duration.days(90)

  var id: String
  var user: String
  var displayName: String
  /// Permissions as `portico.access.v1.Permission` spells them.
  var scopes: Set<String>
  /// The end of the secret, to recognise it by.
  var hint: String
  var created: Instant
  var expires: Instant
  var lastUsed: Instant?
  var lastAddress = ""

  var name: String { "apiTokens/\(id)" }

  func isGood(at now: Instant) -> Bool { now < expires }
}

enum APITokenError: Error, Hashable {
  case tooMany
}
