import COpenSSL

package enum Digest {
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    // Cannot fail: the default provider always has SHA-256; an all-zero digest would fail every check.
    let done = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(done == 1, "OpenSSL without SHA-256")
    return digest
  }

  /// Fields joined without ambiguity: each with its length before it.
  struct Input {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ field: [UInt8]) {
      append(Int64(field.count))
      bytes += field
    }

    mutating func append(_ text: String) { append(Array(text.utf8)) }

    mutating func append(_ number: Int64) {
      withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }
  }
}
