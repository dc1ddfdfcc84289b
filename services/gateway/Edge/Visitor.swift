/// Who asks, as far as cookies and, for the API, an API token tell.
final class Visitor: Sendable {
  let portal: Portal
  let cookies: CookieNames
  /// The session cookie as sent, whether or not it is good. Nil beside an API token: nothing that a browser adds by itself
  /// has a say then.
  let secret: String?
  let session: Session?
  /// What `session` was asked for with; nil where nothing that could be good was shown.
  let credential: Credential?

  init(
    portal: Portal, cookies: CookieNames, secret: String?, session: Session?,
    credential: Credential? = nil
  ) {
    self.portal = portal
    self.cookies = cookies
    self.secret = secret
    self.session = session
    self.credential = credential
  }

  var hasAPIToken: Bool {
    if case .apiToken = credential { true } else { false }
  }
}
