import Crypto
import Handling
import RPC

extension FieldProblems: StatusConvertible {
  var status: Status {
    var violations = Violations()
    for problem in problems { violations.add(problem.field, problem.text) }
    return violations.status
  }
}

/// The domain of identity's ErrorInfo reasons.
let errorDomain = "identity"

extension Status {
  /// A status whose ErrorInfo says in one word why.
  init(_ code: Code, _ message: String, reason: String) {
    self.init(code, message, details: [.reason(reason, domain: errorDomain)])
  }
}

extension PasswordError {
  /// Too much to hash at once is no fault of the caller.
  static let busyStatus = Status(
    .unavailable, "too many people are signing in at this moment; try again",
    details: [.retry(after: .seconds(2))])
}
