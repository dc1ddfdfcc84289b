import Values

/// A person of an account.
struct Contact: Hashable, Sendable {
  var account: String
  var id: String
  var firstName: String
  var lastName = ""
  var email: String
  var phone = ""
  var mobile = ""
  var jobTitle = ""
  /// A site's id within the account.
  var site: String?
  var isArchived = false
  var created: Instant
  var version: Int64 = 1
  // What a reader sees with it.
  var accountDisplayName = ""
  var access: PortalAccess?

  var displayName: String { PersonName.display(firstName, lastName) }

  /// By what lists are ordered: the last name, then the first.
  var sortKey: String { FoldedKey("\(lastName) \(firstName)").rawValue }
  /// In what a search looks.
  var searchKey: String { FoldedKey("\(firstName) \(lastName) \(email)").rawValue }

  var problems: [FieldProblem] {
    TextRules.line(firstName, "contact.first_name", limit: 100, required: true)
      + TextRules.line(lastName, "contact.last_name", limit: 100)
      + TextRules.email(email, "contact.email", required: true)
      + TextRules.line(phone, "contact.phone", limit: 40)
      + TextRules.line(mobile, "contact.mobile", limit: 40)
      + TextRules.line(jobTitle, "contact.job_title", limit: 100)
  }
}

enum PersonName {
  static func display(_ first: String, _ last: String) -> String {
    [first, last].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

/// Whether and how a contact signs in (S-002..S-005).
struct PortalAccess: Hashable, Sendable {
  var user: String
  var userName: String
  var role: String
  var isEnabled: Bool
  var hasPassword: Bool
  var lastSignIn: Instant?
  /// When the latest invitation that was neither used nor replaced ends.
  var linkExpires: Instant?

  enum PasswordState { case none, invited, set, expired }

  func passwordState(at now: Instant) -> PasswordState {
    if hasPassword { return .set }
    guard let linkExpires else { return .none }
    return now < linkExpires ? .invited : .expired
  }
}

enum ContactError: Error, Hashable {
  case idTaken
  /// Only a contact with access can be sent a login.
  case noPortalAccess
  case archived
}
