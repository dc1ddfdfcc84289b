/// The secret of an API token as its owner keeps it: `ptk_`, 256 random bits and a checksum (F-34).
///
/// The prefix lets scanners find one that was published by mistake; the checksum tells a mistyped one from a revoked one
/// without asking anybody, and keeps scanners from crying wolf.
public struct APITokenSecret: Sendable {
  public static let prefix = "ptk_"
  private static let checksumLength = 6

  private let secret: SecretToken

  public init() { secret = SecretToken() }

  /// Nil unless `text` is what `reveal` gave.
  public init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let body = text.dropFirst(Self.prefix.count)
    guard body.utf8.count == 43 + Self.checksumLength,
      let secret = SecretToken(String(body.dropLast(Self.checksumLength))),
      body.suffix(Self.checksumLength) == Self.checksum(of: secret)
    else { return nil }
    self.secret = secret
  }

  /// The whole secret, 53 characters.
  public func reveal() -> String { Self.prefix + secret.reveal() + Self.checksum(of: secret) }

  /// The last four characters, by which an owner recognises it.
  public var hint: String { String(reveal().suffix(4)) }

  /// What a store keeps and looks it up by.
  public var hash: [UInt8] { secret.hash }

  private static func checksum(of secret: SecretToken) -> String {
    let digest = SHA256.hash(Array("portico api token \(secret.reveal())".utf8))
    return String(Base64URL.encode(digest).prefix(checksumLength))
  }
}

extension APITokenSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
