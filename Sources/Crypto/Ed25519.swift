import CSodium

/// A private Ed25519 key (RFC 8032). Printing one shows only its public half.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  /// 32 bytes: the private key as RFC 8032 names it.
  let seed: [UInt8]
  /// 64 bytes, libsodium's expanded form: the seed and the public key.
  private let expanded: [UInt8]
  public let verifyingKey: VerifyingKey

  /// A new random key.
  public init() { self.init(uncheckedSeed: SecureRandom.bytes(32)) }

  /// - Parameter seed: 32 bytes.
  public init(seed: [UInt8]) throws(KeyError) {
    guard seed.count == 32 else {
      throw .malformed("an Ed25519 seed has 32 bytes, not \(seed.count)")
    }
    self.init(uncheckedSeed: seed)
  }

  private init(uncheckedSeed seed: [UInt8]) {
    sodium.ensureReady()
    var publicKey = [UInt8](repeating: 0, count: 32)
    var expanded = [UInt8](repeating: 0, count: 64)
    crypto_sign_ed25519_seed_keypair(&publicKey, &expanded, seed)
    self.seed = seed
    self.expanded = expanded
    verifyingKey = VerifyingKey(unchecked: publicKey)
  }

  /// The signature of `message`: 64 bytes, the same every time.
  public func sign(_ message: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      crypto_sign_ed25519_detached(base, nil, message, UInt64(message.count), expanded)
      count = 64
    }
  }

  public var description: String { "SigningKey(public: \(verifyingKey))" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A public Ed25519 key.
public struct VerifyingKey: Sendable, Hashable, CustomStringConvertible {
  /// 32 bytes.
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) throws(KeyError) {
    guard bytes.count == 32 else {
      throw .malformed("an Ed25519 public key has 32 bytes, not \(bytes.count)")
    }
    self.bytes = bytes
  }

  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Whether `signature` is this key's over `message`. Small-order keys and malleable signatures are refused.
  public func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    guard signature.count == 64 else { return false }
    return crypto_sign_ed25519_verify_detached(signature, message, UInt64(message.count), bytes)
      == 0
  }

  public var description: String { Base64URL.encode(bytes) }
}

public enum KeyError: Error, Sendable, Equatable {
  /// Not a key of the kind asked for.
  case malformed(String)
  /// The file cannot be read or written.
  case file(path: String, reason: String)
  /// The file holds a private key and others than its owner may read it.
  case exposed(path: String, mode: UInt32)
}
