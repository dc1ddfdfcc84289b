/// The cookies of the portal. Under TLS they carry the `__Host-` prefix: no sibling host and no plain connection can plant them.
struct CookieNames: Sendable, Hashable {
  let isSecure: Bool

  private var prefix: String { isSecure ? "__Host-portico" : "portico" }
  /// The session's secret, 256 bits.
  var session: String { prefix }
  /// A secret before login, so that even the login form has a token of its own.
  var visit: String { prefix + "-visit" }
  var flash: String { prefix + "-flash" }
  var theme: String { prefix + "-theme" }
  /// Proves at a login that this browser is known.
  var device: String { prefix + "-device" }

  /// - Parameter life: nil for one visit.
  func session(_ token: String, life: Duration? = nil) -> Cookie {
    Cookie(
      name: session, value: token, maxAge: life.map { max(1, Int($0.components.seconds)) },
      isSecure: isSecure)
  }
  func device(_ token: String) -> Cookie {
    Cookie(
      name: device, value: token, maxAge: 365 * 86400, isSecure: isSecure, sameSite: .strict)
  }
  func visit(_ secret: String) -> Cookie { Cookie(name: visit, value: secret, isSecure: isSecure) }
  func theme(_ theme: UI.Theme) -> Cookie {
    Cookie(name: self.theme, value: theme.rawValue, maxAge: 365 * 86400, isSecure: isSecure)
  }
  func expired(_ name: String) -> Cookie {
    Cookie(name: name, value: "", maxAge: 0, isSecure: isSecure)
  }
}
