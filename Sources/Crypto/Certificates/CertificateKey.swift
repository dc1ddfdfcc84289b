import COpenSSL

/// The private key of a certificate, on P-256. Printing one shows nothing of it.
public final class CertificateKey: @unchecked Sendable, CustomStringConvertible {
  /// Immutable once made; OpenSSL counts references to it atomically.
  let handle: OpaquePointer

  /// A new random key.
  public init() throws(CertificateError) {
    guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { throw .failed("key") }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
      EVP_PKEY_generate(context, &key) == 1, let key
    else {
      ERR_clear_error()
      throw .failed("key")
    }
    handle = key
  }

  /// PKCS #8 or the older form, unencrypted.
  public init(pem: String) throws(CertificateError) {
    do { handle = try readPEM(pem) { PEM_read_bio_PrivateKey($0, nil, nil, nil) } } catch {
      throw .malformed("no private key")
    }
  }

  deinit { EVP_PKEY_free(handle) }

  /// PKCS #8.
  public func pem() throws(CertificateError) -> String {
    do {
      return try writePEM { PEM_write_bio_PKCS8PrivateKey($0, handle, nil, nil, 0, nil, nil) }
    } catch { throw .failed("key") }
  }

  public var description: String { "CertificateKey" }
}

/// Why a certificate cannot be made or used.
public enum CertificateError: Error, Sendable, Equatable, CustomStringConvertible {
  case malformed(String)
  /// A name that cannot stand in a certificate.
  case name(String)
  /// What OpenSSL could not do.
  case failed(String)

  public var description: String {
    switch self {
    case .malformed(let what): "the certificate file is wrong: \(what)"
    case .name(let name): "\(name) cannot be a name in a certificate"
    case .failed(let what): "OpenSSL could not make the \(what)"
    }
  }
}
