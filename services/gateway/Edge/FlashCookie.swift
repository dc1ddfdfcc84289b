import Crypto
import Values

/// Messages for the next page, in a cookie that only we can write and that is stale after a minute.
struct FlashCookie: Sendable {
  private let key: [UInt8]
  static let life = Duration.seconds(60)
  /// Cookies beyond 4 KiB are dropped by browsers; a message is a sentence.
  private static let maximumBytes = 2048

  init(secret: [UInt8]) { key = HMACSHA256.authenticate(Array("flash".utf8), key: secret) }

  func encode(_ flashes: [Flash], at now: Instant) -> String {
    var payload = String((now + Self.life).microseconds)
    for flash in flashes {
      let entry = "&\(flash.kind.rawValue)=\(PercentCoding.encode(flash.text))"
      guard payload.utf8.count + entry.utf8.count <= Self.maximumBytes else { break }
      payload += entry
    }
    let bytes = Array(payload.utf8)
    return Base64URL.encode(bytes) + "."
      + Base64URL.encode(HMACSHA256.authenticate(bytes, key: key))
  }

  /// Nothing for a cookie that is forged, changed or stale.
  func decode(_ value: String, at now: Instant) -> [Flash] {
    let parts = value.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let bytes = Base64URL.decode(String(parts[0])),
      let code = Base64URL.decode(String(parts[1])), HMACSHA256.isValid(code, for: bytes, key: key),
      let text = String(validating: bytes, as: UTF8.self)
    else { return [] }
    let entries = text.split(separator: "&")
    guard let expiry = entries.first.flatMap({ Int64($0) }), now.microseconds < expiry else {
      return []
    }
    return entries.dropFirst().compactMap { entry in
      guard let equals = entry.firstIndex(of: "="),
        let kind = Flash.Kind(rawValue: String(entry[..<equals])),
        let text = PercentCoding.decode(entry[entry.index(after: equals)...])
      else { return nil }
      return Flash(kind: kind, text: text)
    }
  }
}
