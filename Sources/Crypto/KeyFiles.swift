import COpenSSL
import Foundation

extension SigningKey {
  /// PKCS #8 PEM, as `openssl genpkey -algorithm ed25519` writes it.
  public func pem() throws(KeyError) -> String {
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
      throw .malformed("OpenSSL refused the seed")
    }
    defer { EVP_PKEY_free(key) }
    return try writePEM { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  public init(pem: String) throws(KeyError) {
    let key = try readPEM(pem) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
    defer { EVP_PKEY_free(key) }
    try self.init(seed: rawKey(key, EVP_PKEY_get_raw_private_key))
  }

  /// Reads a PEM file that only its owner may read.
  public init(contentsOf path: String) throws(KeyError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .file(path: path, reason: systemError()) }
    guard status.st_mode & 0o077 == 0 else {
      throw .exposed(path: path, mode: UInt32(status.st_mode & 0o777))
    }
    try self.init(pem: readFile(path))
  }

  /// Writes the key so that only its owner may read it; refuses to replace a file.
  public func write(to path: String) throws(KeyError) {
    try writeFile(pem(), to: path, mode: 0o600)
  }
}

extension VerifyingKey {
  /// SubjectPublicKeyInfo PEM.
  public func pem() throws(KeyError) -> String {
    guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
      throw .malformed("OpenSSL refused the public key")
    }
    defer { EVP_PKEY_free(key) }
    return try writePEM { PEM_write_bio_PUBKEY($0, key) }
  }

  public init(pem: String) throws(KeyError) {
    let key = try readPEM(pem) { PEM_read_bio_PUBKEY($0, nil, nil, nil) }
    defer { EVP_PKEY_free(key) }
    try self.init(rawKey(key, EVP_PKEY_get_raw_public_key))
  }

  public init(contentsOf path: String) throws(KeyError) {
    try self.init(pem: readFile(path))
  }

  public func write(to path: String) throws(KeyError) {
    try writeFile(pem(), to: path, mode: 0o644)
  }
}

private func rawKey(
  _ key: OpaquePointer,
  _ get: (OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?) -> Int32
) throws(KeyError) -> [UInt8] {
  guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else { throw .malformed("not an Ed25519 key") }
  var count = 32
  var bytes = [UInt8](repeating: 0, count: count)
  guard get(key, &bytes, &count) == 1, count == 32 else { throw .malformed("not an Ed25519 key") }
  return bytes
}
