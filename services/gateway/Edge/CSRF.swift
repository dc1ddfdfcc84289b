import Crypto
import NIOHTTP1

/// Who may send what changes something: a page of our own origin, proved by the browser's own headers where it
/// sends them and by a token in the form in any case.
struct CSRF: Sendable {
  private let key: [UInt8]

  init(secret: [UInt8]) { key = HMACSHA256.authenticate(Array("csrf".utf8), key: secret) }

  /// The token that goes with a session's name, or with the secret of the visit before it. It is written differently in
  /// every answer, under a mask of its own, so that the length of a compressed page tells nothing about it.
  func token(for owner: String) -> String {
    let code = HMACSHA256.authenticate(Array(owner.utf8), key: key)
    var source = SystemRandomNumberGenerator()
    let mask = code.map { _ in UInt8.random(in: 0...255, using: &source) }
    return Base64URL.encode(mask + Self.combined(mask, code))
  }

  func isValid(_ token: String, for owner: String?) -> Bool {
    guard let owner, let masked = Base64URL.decode(token), masked.count == 2 * Self.codeBytes
    else { return false }
    let code = Self.combined(masked.prefix(Self.codeBytes), masked.suffix(Self.codeBytes))
    return HMACSHA256.isValid(code, for: Array(owner.utf8), key: key)
  }

  private static let codeBytes = 32

  private static func combined(_ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>) -> [UInt8] {
    zip(a, b).map { $0 ^ $1 }
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
