import Crypto

/// What a request shows of who sends it.
///
/// Pages know cookies only; calls of methods also API tokens, but never both at once: what a browser adds by itself must
/// not decide in whose name a program's call is made.
struct PresentedCredentials {
  private let cookies: CookieNames
  /// The session cookie as sent; nil beside an API token.
  private let secret: String?
  /// Nil where nothing that could be good was shown.
  let credential: Credential?
  /// Asked by a page that lies open, not by a person.
  let isInBackground: Bool

  /// Throws what a request is told that shows two, or what can be no token.
  init(_ request: Request, on errand: Errand) throws(Problem) {
    cookies = CookieNames(isSecure: request.isSecure)
    secret = request.cookies[cookies.session]
    if errand.proof == .atTheDoor, let bearer = try Credential.bearer(request.headers) {
      guard secret == nil else {
        throw Problem(
          .badRequest, .invalidArgument, "send a session cookie or an API token, not both")
      }
      credential = bearer
      isInBackground = false
    } else {
      credential = secret.flatMap { SecretToken($0) }.map { .session($0) }
      isInBackground = request.isInBackground
    }
  }

  /// Throws for an API token that nobody has, or no longer. A cookie that is worth nothing is as good as none.
  func visitor(of portal: Portal, session: Session?) throws(Problem) -> Visitor {
    if case .apiToken = credential, session == nil { throw .invalidToken }
    return Visitor(
      portal: portal, cookies: cookies, secret: secret, session: session, credential: credential)
  }
}
