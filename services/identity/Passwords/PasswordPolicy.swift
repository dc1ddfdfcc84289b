import Foundation

/// What a new password must satisfy: a tenant's own choices on a floor that no tenant can lower (S-011, D-44).
struct PasswordPolicy: Hashable, Sendable {
  /// Unicode scalars.
  static let shortestMinimum = 8
  /// The longest minimum a tenant may ask for. Passwords may always be longer.
  static let longestMinimum = 64
  /// The longest password taken, in Unicode scalars; far above what anybody types, below what hashing allows.
  static let longest = 256

  var minLength = 10
  var requiresBothCases = false
  var requiresDigit = false
  var requiresSymbol = false
  var version: Int64 = 1

  /// One sentence for each rule in force, to show beside a password field.
  var descriptions: [String] {
    var sentences = ["At least \(minLength) characters; a few unrelated words work well."]
    if requiresBothCases { sentences.append("Upper and lower case letters.") }
    if requiresDigit { sentences.append("At least one digit.") }
    if requiresSymbol { sentences.append("At least one symbol, such as ! or -.") }
    sentences.append("Not one of the passwords that are guessed first.")
    sentences.append("Not your user name, your e-mail address or the portal's name.")
    return sentences
  }

  /// What is wrong with the policy itself.
  var problems: [FieldProblem] {
    let range = Self.shortestMinimum...Self.longestMinimum
    return range.contains(minLength)
      ? []
      : [
        .init(
          "password_policy.min_length", "must be from \(range.lowerBound) to \(range.upperBound)")
      ]
  }

  /// Every rule that `password` misses, as sentences.
  func misses(_ password: String, of owner: PasswordOwner, common: CommonPasswords) -> [String] {
    let scalars = password.unicodeScalars
    var missed: [String] = []
    if scalars.count < minLength { missed.append("must have at least \(minLength) characters") }
    if scalars.count > Self.longest {
      missed.append("must have at most \(Self.longest) characters")
    }
    if requiresBothCases,
      !(scalars.contains { $0.properties.isUppercase }
        && scalars.contains { $0.properties.isLowercase })
    {
      missed.append("must have upper and lower case letters")
    }
    if requiresDigit, !scalars.contains(where: { $0.properties.numericType != nil }) {
      missed.append("must have a digit")
    }
    if requiresSymbol,
      !password.contains(where: { !$0.isLetter && !$0.isNumber && !$0.isWhitespace })
    {
      missed.append("must have a symbol")
    }
    if common.contains(password) { missed.append("is one of the passwords that are guessed first") }
    if owner.isNamed(by: password) {
      missed.append("must not be the user name, the e-mail address or the portal's name")
    }
    return missed
  }
}

/// Whose password it is, as far as a guesser would know.
struct PasswordOwner: Hashable, Sendable {
  var userName: String
  var email: String
  var displayName: String
  var tenant: String
  var tenantDisplayName: String

  /// Whether the password is nothing but one of these names.
  func isNamed(by password: String) -> Bool {
    let local = String(email.prefix { $0 != "@" })
    let names = [userName, email, local, displayName, tenant, tenantDisplayName]
    let key = FoldedKey(password).rawValue.filter { !$0.isWhitespace }
    return names.contains { name in
      let other = FoldedKey(name).rawValue.filter { !$0.isWhitespace }
      return !other.isEmpty && other == key
    }
  }
}

/// The passwords that are tried first, from `common-passwords.txt` beside this file.
struct CommonPasswords: Sendable {
  private let words: Set<String>

  init(words: some Sequence<String>) {
    self.words = Set(words.lazy.map { FoldedKey($0).rawValue }.filter { !$0.isEmpty })
  }

  static func load() throws -> CommonPasswords {
    guard let url = Bundle.module.url(forResource: "common-passwords", withExtension: "txt") else {
      throw CocoaError(.fileNoSuchFile)
    }
    let text = try String(contentsOf: url, encoding: .utf8)
    return CommonPasswords(words: text.split(whereSeparator: \.isNewline).map(String.init))
  }

  var count: Int { words.count }

  /// Also what a guesser makes of a common word: another case, digits and symbols at its end, one or two
  /// characters repeated.
  func contains(_ password: String) -> Bool {
    let key = FoldedKey(password).rawValue
    if words.contains(key) || Set(key).count <= 2 { return true }
    guard let end = key.lastIndex(where: \.isLetter) else { return false }
    return words.contains(String(key[...end]))
  }
}
