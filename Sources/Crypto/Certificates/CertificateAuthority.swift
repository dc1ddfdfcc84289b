import COpenSSL
import Foundation
import Values

/// A private authority that issues the certificates by which an installation's processes know each other.
public struct CertificateAuthority: Sendable {
  public let certificate: Certificate
  public let key: CertificateKey

  /// A new one, valid from `now` on.
  public init(named name: String, at now: Instant, validFor time: Duration) throws(CertificateError)
  {
    let key = try CertificateKey()
    let draft = try CertificateDraft(key, subject: name, from: now, until: now + time)
    try draft.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0", issuer: nil)
    try draft.add(NID_key_usage, "critical,keyCertSign,cRLSign", issuer: nil)
    try draft.add(NID_subject_key_identifier, "hash", issuer: nil)
    certificate = try draft.signed(by: key, issuer: nil)
    self.key = key
  }

  /// One that was kept.
  public init(_ certificate: Certificate, key: CertificateKey) throws(CertificateError) {
    guard certificate.belongs(to: key) else {
      throw .malformed("the authority's key is not its certificate's")
    }
    (self.certificate, self.key) = (certificate, key)
  }

  /// A certificate for both ends of a connection, with a key of its own. It ends with the authority at the latest.
  ///
  /// - Parameter names: DNS names, addresses and URIs; the first is the common name as well, by which PostgreSQL goes.
  public func issue(
    for names: [String], at now: Instant, validFor time: Duration
  ) throws(CertificateError) -> (certificate: Certificate, key: CertificateKey) {
    let key = try CertificateKey()
    guard let first = names.first else { throw .name("nothing") }
    var alternatives: [String] = []
    for name in names { alternatives.append(try Self.alternative(name)) }
    let issuer = try Certificate.parse(certificate.pem)
    defer { X509_free(issuer) }
    let draft = try CertificateDraft(
      key, subject: first, from: now, until: min(now + time, certificate.notAfter))
    try draft.add(NID_basic_constraints, "critical,CA:FALSE", issuer: issuer)
    try draft.add(NID_key_usage, "critical,digitalSignature", issuer: issuer)
    try draft.add(NID_ext_key_usage, "serverAuth,clientAuth", issuer: issuer)
    try draft.add(NID_subject_key_identifier, "hash", issuer: issuer)
    try draft.add(NID_authority_key_identifier, "keyid:always", issuer: issuer)
    try draft.add(NID_subject_alt_name, alternatives.joined(separator: ","), issuer: issuer)
    return (try draft.signed(by: self.key, issuer: issuer), key)
  }

  /// OpenSSL reads the list as a small language of its own, so that only plain names may get there.
  private static func alternative(_ name: String) throws(CertificateError) -> String {
    let isPlain = name.utf8.allSatisfy {
      $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ";")
        && $0 != UInt8(ascii: "\\")
    }
    guard isPlain, !name.isEmpty, name.utf8.count <= 64 else { throw .name(name) }
    if name.contains("://") { return "URI:\(name)" }
    var room = in6_addr()
    if inet_pton(AF_INET, name, &room) == 1 || inet_pton(AF_INET6, name, &room) == 1 {
      return "IP:\(name)"
    }
    let isHost = name.utf8.allSatisfy {
      ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
        || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "-")
        || $0 == UInt8(ascii: ".")
    }
    guard isHost else { throw .name(name) }
    return "DNS:\(name)"
  }
}

/// A certificate that is being filled in.
private final class CertificateDraft {
  private let handle: OpaquePointer
  private static let utf8: Int32 = 0x1000
  /// Clocks of hosts differ.
  private static let leeway = Duration.minutes(5)

  init(
    _ key: CertificateKey, subject: String, from: Instant, until: Instant
  ) throws(CertificateError) {
    guard let handle = X509_new() else { throw .failed("certificate") }
    self.handle = handle
    let bytes = Array(subject.utf8)
    var serial = SecureRandom.bytes(16)
    serial[0] &= 0x7F
    guard let number = BN_bin2bn(serial, Int32(serial.count), nil) else { throw .failed("serial") }
    defer { BN_free(number) }
    let name = X509_get_subject_name(handle)
    guard X509_set_version(handle, 2) == 1,
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(handle)) != nil,
      ASN1_TIME_set(X509_getm_notBefore(handle), Self.seconds(from - Self.leeway)) != nil,
      ASN1_TIME_set(X509_getm_notAfter(handle), Self.seconds(until)) != nil,
      X509_set_pubkey(handle, key.handle) == 1,
      X509_NAME_add_entry_by_NID(
        name, NID_commonName, Self.utf8, bytes, Int32(clamping: bytes.count), -1, 0) == 1
    else {
      ERR_clear_error()
      throw .failed("certificate")
    }
  }

  deinit { X509_free(handle) }

  private static func seconds(_ instant: Instant) -> time_t {
    time_t(instant.microseconds / 1_000_000)
  }

  /// - Parameter issuer: nil where the certificate signs itself.
  func add(_ kind: Int32, _ value: String, issuer: OpaquePointer?) throws(CertificateError) {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer ?? handle, handle, nil, nil, 0)
    guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
      ERR_clear_error()
      throw .failed("certificate's extensions")
    }
    defer { X509_EXTENSION_free(made) }
    guard X509_add_ext(handle, made, -1) == 1 else { throw .failed("certificate's extensions") }
  }

  func signed(
    by key: CertificateKey, issuer: OpaquePointer?
  ) throws(CertificateError) -> Certificate {
    guard X509_set_issuer_name(handle, X509_get_subject_name(issuer ?? handle)) == 1,
      X509_sign(handle, key.handle, EVP_sha256()) > 0
    else {
      ERR_clear_error()
      throw .failed("signature")
    }
    return try Certificate(handle)
  }
}
