/// 256 random bits that prove something by being known: a session, an invitation, a reset link (D-43, X-06).
///
/// The store keeps `hash`, the holder gets `reveal()`; printing one shows neither.
public struct SecretToken: Sendable {
  public static let size = 32

  private let bytes: [UInt8]

  public init() { bytes = SecureRandom.bytes(Self.size) }

  /// Nil unless `text` is what `reveal` gave: 43 characters of base64url.
  public init?(_ text: String) {
    guard text.utf8.count == 43, let bytes = Base64URL.decode(text), bytes.count == Self.size else {
      return nil
    }
    self.bytes = bytes
  }

  /// The token as it goes into a link or a cookie.
  public func reveal() -> String { Base64URL.encode(bytes) }

  /// SHA-256 of the token: what a store keeps and looks it up by.
  public var hash: [UInt8] { SHA256.hash(bytes) }
}

extension SecretToken: Equatable {
  public static func == (a: SecretToken, b: SecretToken) -> Bool {
    constantTimeEqual(a.bytes, b.bytes)
  }
}

extension SecretToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
