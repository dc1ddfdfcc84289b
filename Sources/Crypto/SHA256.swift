import COpenSSL

/// SHA-256 (FIPS 180-4), in one call or fed piece by piece.
public final class SHA256 {
  /// 32 bytes.
  public static let size = 32

  private let context: OpaquePointer

  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, algorithm.pointer, nil) == 1
    else { preconditionFailure("out of memory") }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  public func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  public func update(_ bytes: UnsafeRawBufferPointer) {
    let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(status == 1, "SHA-256 cannot fail on memory it can read")
  }

  /// The digest of everything fed so far; the hasher starts over.
  public func finish() -> [UInt8] {
    let digest = [UInt8](unsafeUninitializedCapacity: Self.size) { buffer, count in
      EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      count = Self.size
    }
    EVP_DigestInit_ex(context, algorithm.pointer, nil)
    return digest
  }

  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      EVP_Digest(bytes, bytes.count, buffer.baseAddress, nil, algorithm.pointer, nil)
      count = size
    }
  }
}

/// Fetched once: OpenSSL 3 looks an implicit algorithm up again on every use.
private struct Algorithm: @unchecked Sendable {
  // @unchecked: an EVP_MD is immutable once fetched.
  let pointer: OpaquePointer

  init() {
    guard let pointer = EVP_MD_fetch(nil, "SHA256", nil) else {
      preconditionFailure("this OpenSSL has no SHA-256")
    }
    self.pointer = pointer
  }
}

private let algorithm = Algorithm()

/// HMAC-SHA256 (RFC 2104).
public enum HMACSHA256 {
  public static func authenticate(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: SHA256.size) { buffer, count in
      HMAC(
        algorithm.pointer, key, Int32(clamping: key.count), bytes, bytes.count, buffer.baseAddress,
        nil)
      count = SHA256.size
    }
  }

  public static func isValid(_ code: [UInt8], for bytes: [UInt8], key: [UInt8]) -> Bool {
    constantTimeEqual(code, authenticate(bytes, key: key))
  }
}

/// Whether two byte strings are equal, in a time that tells nothing but their lengths.
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}
