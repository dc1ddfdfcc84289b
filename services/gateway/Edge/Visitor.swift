/// Who asks, as far as cookies and, for the API, an API token tell.
struct Visitor: Sendable {
  let portal: Portal
  let cookies: CookieNames
  /// The session cookie as sent, whether or not it is good. Nil beside an API token: nothing that a browser adds by itself
  /// has a say then.
  let secret: String?
  let session: Session?
  var hasAPIToken = false
}
