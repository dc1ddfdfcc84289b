import NIOHTTP1
import RPC

/// An error as the outside sees it, whether an RPC or the gateway itself refused: RFC 9457 as JSON, or a page.
struct Problem: Error, Sendable, Hashable {
  struct Violation: Sendable, Hashable {
    /// Path of the field as it was sent: `ticket.title`.
    let field: String
    let description: String
  }

  struct Header: Sendable, Hashable {
    let name: String
    let value: String
  }

  /// A tag of google.rpc.Code, `NOT_FOUND`; gateway errors use the nearest one.
  var code: Status.Code
  var status: HTTPResponseStatus
  /// One sentence for the caller.
  var detail: String
  var violations: [Violation] = []
  /// Other google.rpc details, packed.
  var details: [Status.Detail] = []
  /// Seconds for `Retry-After`.
  var retryAfter: Int?
  /// Methods for `Allow`, with 405.
  var allow: [String] = []
  /// What else the answer says in its head.
  var headers: [Header] = []
  /// For `WWW-Authenticate`, with 401.
  var challenges = [Self.bearerChallenge]
  /// For the log only.
  var reason: String?

  init(
    _ status: HTTPResponseStatus, _ code: Status.Code, _ detail: String,
    violations: [Violation] = [],
    because reason: String? = nil
  ) {
    self.status = status
    self.code = code
    self.detail = detail
    self.violations = violations
    self.reason = reason
  }
}
