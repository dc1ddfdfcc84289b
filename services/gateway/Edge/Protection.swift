import Crypto

/// Refuses what another site could have made a browser send.
struct Protection: Sendable {
  let csrf: CSRF
  /// Whose pages may call the API beside our own.
  var sharing = CORS(origins: [])
  static let field = "_csrf"
  static let header = "x-portico-csrf"

  init(secret: [UInt8]) { csrf = CSRF(secret: secret) }

  /// What a form's token belongs to: the session by its name, which a step-up does not change and a login does, or the
  /// secret of the visit before login.
  func owner(_ request: Request, _ visitor: Visitor) -> String? {
    visitor.session?.principal.session ?? request.cookies[visitor.cookies.visit]
  }

  /// Before anything of the body is read.
  func checkProvenance(_ request: Request) throws(Problem) {
    guard provenance(request) != .foreign else { throw Self.refusal("sent by another site") }
  }

  /// Every form carries the token, whatever the browser's headers say.
  func checkForm(_ form: Form, _ request: Request, _ visitor: Visitor) throws(Problem) {
    guard csrf.isValid(form[Self.field], for: owner(request, visitor)) else {
      throw Self.refusal("the form's token is missing or not this session's")
    }
  }

  /// The API: a cookie alone proves nothing; the browser's own word or the token does. Without a cookie there is
  /// nothing that another site could borrow.
  func checkAPI(_ request: Request, _ visitor: Visitor) throws(Problem) {
    guard sharing.origin(request.headers) == nil else { return }
    let provenance = provenance(request)
    guard provenance != .foreign else { throw Self.refusal("sent by another site") }
    guard visitor.secret != nil, provenance != .own else { return }
    let token = request.headers[Self.header].first ?? ""
    guard csrf.isValid(token, for: owner(request, visitor)) else {
      throw Self.refusal("no \(Self.header) and no Sec-Fetch-Site")
    }
  }

  private func provenance(_ request: Request) -> CSRF.Provenance {
    CSRF.provenance(request.headers, scheme: request.scheme, host: request.authority)
  }

  private static func refusal(_ reason: String) -> Problem {
    Problem(
      .forbidden, .permissionDenied, "this request did not come from a page of this portal",
      because: reason)
  }
}
