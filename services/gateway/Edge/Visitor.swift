/// Who asks, as far as cookies tell.
struct Visitor: Sendable {
  let portal: Portal
  let cookies: CookieNames
  /// The session cookie as sent, whether or not it is good.
  let secret: String?
  let session: Session?
}
