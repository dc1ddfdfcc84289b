import Crypto
import NIOHTTP1

/// Who may send what changes something: a page of our own origin, proved by the browser's own headers where it
/// sends them and by a token in the form in any case.
struct CSRF: Sendable {
  private let key: [UInt8]

  init(secret: [UInt8]) { key = HMACSHA256.authenticate(Array("csrf".utf8), key: secret) }

  /// The token that goes with a cookie's secret: of the session, or of the visit before it.
  func token(for cookie: String) -> String {
    Base64URL.encode(HMACSHA256.authenticate(Array(cookie.utf8), key: key))
  }

  func isValid(_ token: String, for cookie: String?) -> Bool {
    guard let cookie, let code = Base64URL.decode(token) else { return false }
    return HMACSHA256.isValid(code, for: Array(cookie.utf8), key: key)
  }

  enum Provenance: Equatable {
    /// The browser says that a page of this origin, or the user, sent it.
    case own
    /// Another site or origin.
    case foreign
    /// It does not say: an old browser, or no browser.
    case unknown
  }

  /// What `Sec-Fetch-Site` and `Origin` tell. - origins: scheme and host of this portal.
  static func provenance(_ headers: HTTPHeaders, scheme: String, host: String) -> Provenance {
    let sites = headers["sec-fetch-site"]
    let origins = headers["origin"]
    guard sites.count <= 1, origins.count <= 1 else { return .foreign }
    if let site = sites.first, site != "same-origin", site != "none" { return .foreign }
    if let origin = origins.first, origin.lowercased() != "\(scheme)://\(host.lowercased())" {
      return .foreign
    }
    return sites.isEmpty && origins.isEmpty ? .unknown : .own
  }
}
