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
    guard stat(path, &status) == 0 else { throw .file(path: path, reason: lastError()) }
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

private func writePEM(_ write: (OpaquePointer) -> Int32) throws(KeyError) -> String {
  guard let memory = BIO_new(BIO_s_mem()) else { throw .malformed("out of memory") }
  defer { BIO_free(memory) }
  guard write(memory) == 1 else { throw .malformed("OpenSSL could not write the key") }
  var text = [UInt8](repeating: 0, count: 1024)
  let count = BIO_read(memory, &text, Int32(text.count))
  guard count > 0 else { throw .malformed("OpenSSL wrote no key") }
  return String(decoding: text[..<Int(count)], as: UTF8.self)
}

private func readPEM(
  _ text: String, _ read: (OpaquePointer) -> OpaquePointer?
) throws(KeyError) -> OpaquePointer {
  let bytes = Array(text.utf8)
  guard bytes.count <= 65536, let memory = BIO_new_mem_buf(bytes, Int32(bytes.count)) else {
    throw .malformed("too large for a key")
  }
  defer { BIO_free(memory) }
  guard let key = read(memory) else {
    ERR_clear_error()
    throw .malformed("no PEM key of the kind asked for")
  }
  return key
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

private func readFile(_ path: String) throws(KeyError) -> String {
  do {
    return try String(contentsOfFile: path, encoding: .utf8)
  } catch {
    throw .file(path: path, reason: error.localizedDescription)
  }
}

/// Creates the file with its final mode: it is never readable by others, not even for a moment.
private func writeFile(_ text: String, to path: String, mode: mode_t) throws(KeyError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
  guard descriptor >= 0 else { throw .file(path: path, reason: lastError()) }
  defer { close(descriptor) }
  let bytes = Array(text.utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes {
      Foundation.write(descriptor, $0.baseAddress, $0.count)
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw .file(path: path, reason: lastError()) }
    written += count
  }
  guard fsync(descriptor) == 0 else { throw .file(path: path, reason: lastError()) }
}

private func lastError() -> String { String(cString: strerror(errno)) }
