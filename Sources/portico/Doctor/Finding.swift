/// What one check of the doctor found.
struct Finding: Sendable, Hashable, Encodable {
  enum Grade: String, Sendable, Encodable {
    case fine = "ok"
    /// It runs, but not as it should.
    case doubtful = "warning"
    /// It does not run, or not safely.
    case wrong
  }

  /// `certificates`, the same in every run: what scripts look for.
  let check: String
  let grade: Grade
  /// In a sentence, without a secret.
  let text: String
  /// What to do; nil when nothing is to be done.
  let remedy: String?

  static func fine(_ check: String, _ text: String) -> Finding {
    Finding(check: check, grade: .fine, text: text, remedy: nil)
  }

  static func doubtful(_ check: String, _ text: String, remedy: String) -> Finding {
    Finding(check: check, grade: .doubtful, text: text, remedy: remedy)
  }

  static func wrong(_ check: String, _ text: String, remedy: String) -> Finding {
    Finding(check: check, grade: .wrong, text: text, remedy: remedy)
  }
}
