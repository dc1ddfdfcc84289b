import Values

enum UserKind: String, Hashable, Sendable { case customer, staff }

/// Somebody who can sign in.
struct User: Hashable, Sendable {
  var id: String
  var userName: String
  var kind: UserKind
  var firstName: String
  var lastName: String
  var email: String
  var phone = ""
  var mobile = ""
  /// Staff's role; a customer has one in each membership instead.
  var role: String?
  var isDisabled = false
  /// A PHC string; nil until a first password was set, and again after Send Login.
  var passwordHash: String?
  var landingPage = ""
  var timeZone = ""
  var created: Instant
  var lastSignIn: Instant?
  var version: Int64 = 1

  var displayName: String {
    let name = PersonName.display(firstName, lastName)
    return name.isEmpty ? userName : name
  }

  func problems(_ root: String) -> [FieldProblem] {
    TextRules.userName(userName, "\(root).user_name")
      + TextRules.line(firstName, "\(root).first_name", limit: 100)
      + TextRules.line(lastName, "\(root).last_name", limit: 100)
      + TextRules.email(email, "\(root).email", required: true)
      + TextRules.line(phone, "\(root).phone", limit: 40)
      + TextRules.line(mobile, "\(root).mobile", limit: 40)
      + TextRules.timeZone(timeZone, "\(root).time_zone")
      + LandingPage.problems(landingPage, "\(root).landing_page")
  }
}

/// The page shown after login: one of the portal's own, so that a setting can never lead to another site.
enum LandingPage {
  static let allowed: Set<String> = [
    "", "/", "/tickets", "/tickets/new", "/messages", "/contracts", "/invoices", "/news",
    "/inbox", "/contacts", "/accounts", "/settings",
  ]

  static func problems(_ path: String, _ field: String) -> [FieldProblem] {
    allowed.contains(path) ? [] : [.init(field, "is not a page of this portal")]
  }
}

/// The account, contact and role under which a customer acts (one login, several accounts).
struct AccountMembership: Hashable, Sendable {
  var user: String
  var account: String
  var contact: String
  var role: String
  var isEnabled = true
  // What a reader sees with it.
  var accountDisplayName = ""
  /// The contact's site.
  var site: String?
}

enum UserError: Error, Hashable {
  /// Another user has the name, after case folding. The field is where it was given.
  case userNameTaken(field: String)
  case idTaken
  /// The tenant would be left without anybody who can give roles.
  case lastAdministrator
  /// The role gives more than the caller has.
  case beyondOwnGrants
  /// Customers are changed through their contacts.
  case notStaff
}
