import Values

enum LinkPurpose: String, Hashable, Sendable {
  /// A first password, or a new one that staff asked for.
  case invite
  /// A reset that its owner asked for.
  case reset
  /// Proof that a new address is its owner's.
  case email

  /// How long a link can be used: exactly so long, by the server's clock (S-009, D-42, X-08).
  var life: Duration {
    switch self {
    case .invite: .hours(24)
    case .reset: .minutes(10)
    case .email: .hours(1)
    }
  }

  /// In words, for the mail.
  var lifeInWords: String {
    switch self {
    case .invite: "24 hours"
    case .reset: "10 minutes"
    case .email: "one hour"
    }
  }
}

/// A mailed link that sets a password, once. The secret is in the mail; the store knows its hash.
struct Link: Hashable, Sendable {
  var id: String
  var user: String
  var purpose: LinkPurpose
  /// Where it was mailed to: a link dies with the address.
  var email: String
  var created: Instant
  var expires: Instant
  var used: Instant?
  var revoked: Instant?

  /// Whether a password can be set by it for `owner` now.
  func setsPassword(of owner: User, at now: Instant) -> Bool {
    purpose != .email && used == nil && revoked == nil && now < expires && owner.id == user
      && !owner.isDisabled
      && FoldedKey(owner.email) == FoldedKey(email)
  }
}

enum LinkError: Error, Hashable {
  /// Used, replaced, expired and invented look the same.
  case notFound
  /// What a new password misses, by field.
  case password([FieldProblem])
}

/// The pair of fields in which every new password is typed.
struct NewPassword: Hashable, Sendable {
  var password: String
  var confirmation: String

  /// Every rule that is missed, each under the field it is about.
  func problems(
    _ policy: PasswordPolicy, of owner: PasswordOwner, common: CommonPasswords
  ) -> [FieldProblem] {
    var problems = policy.misses(password, of: owner, common: common).map {
      FieldProblem("new_password", $0)
    }
    if password.unicodeScalars.elementsEqual(confirmation.unicodeScalars) { return problems }
    problems.append(.init("confirm_new_password", "is not the same as the new password"))
    return problems
  }
}
