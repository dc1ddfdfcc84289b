import COpenSSL
import Foundation
import Values

/// An X.509 certificate: what is asked of it here, and its PEM text.
public struct Certificate: Sendable, Hashable {
  public let pem: String
  /// Subject alternative names: DNS names, addresses, URIs.
  public let names: [String]
  public let notBefore: Instant
  public let notAfter: Instant
  /// SHA-256 over the DER form, in hexadecimal.
  public let fingerprint: String

  /// The first certificate of a PEM text.
  public init(pem: String) throws(CertificateError) {
    let handle = try Self.parse(pem)
    defer { X509_free(handle) }
    try self.init(handle)
  }

  /// All certificates of a PEM text, in their order.
  public static func all(in pem: String) throws(CertificateError) -> [Certificate] {
    var found: [Certificate] = []
    for block in pem.components(separatedBy: end).dropLast() {
      found.append(try Certificate(pem: block + end + "\n"))
    }
    return found
  }

  private static let end = "-----END CERTIFICATE-----"

  init(_ handle: OpaquePointer) throws(CertificateError) {
    do { pem = try writePEM { PEM_write_bio_X509($0, handle) } } catch {
      throw .failed("certificate")
    }
    names = Self.names(of: handle)
    guard let begin = Self.instant(X509_get0_notBefore(handle)),
      let end = Self.instant(X509_get0_notAfter(handle))
    else { throw .malformed("its validity") }
    (notBefore, notAfter) = (begin, end)
    fingerprint = try Self.digest(handle)
  }

  /// Whether `authority` signed this one; says nothing about dates.
  public func isIssued(by authority: Certificate) -> Bool {
    withHandles(of: authority) { own, other in
      guard X509_check_issued(other, own) == X509_V_OK, let key = X509_get0_pubkey(other) else {
        return false
      }
      return X509_verify(own, key) == 1
    }
  }

  /// Whether the private key is this certificate's.
  public func belongs(to key: CertificateKey) -> Bool {
    withHandles(of: self) { own, _ in X509_check_private_key(own, key.handle) == 1 }
  }

  public func isValid(at now: Instant) -> Bool { notBefore <= now && now < notAfter }

  private func withHandles(
    of other: Certificate, _ body: (OpaquePointer, OpaquePointer) -> Bool
  ) -> Bool {
    do {
      let first = try Self.parse(pem)
      defer { X509_free(first) }
      let second = try Self.parse(other.pem)
      defer { X509_free(second) }
      defer { ERR_clear_error() }
      return body(first, second)
    } catch {
      // Both were parsed before, or they would not be here.
      return false
    }
  }

  static func parse(_ pem: String) throws(CertificateError) -> OpaquePointer {
    do { return try readPEM(pem) { PEM_read_bio_X509($0, nil, nil, nil) } } catch {
      throw .malformed("no certificate")
    }
  }

  private static func instant(_ time: UnsafePointer<ASN1_TIME>?) -> Instant? {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
    return Instant(seconds: Int64(timegm(&parts)))
  }

  private static func digest(_ handle: OpaquePointer) throws(CertificateError) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = UInt32(bytes.count)
    guard X509_digest(handle, EVP_sha256(), &bytes, &count) == 1 else { throw .failed("digest") }
    return bytes.hexadecimal
  }

  private static func names(of handle: OpaquePointer) -> [String] {
    guard let raw = X509_get_ext_d2i(handle, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(raw)
    defer { GENERAL_NAMES_free(names) }
    return (0..<OPENSSL_sk_num(names)).compactMap { index in
      guard let value = OPENSSL_sk_value(names, index) else { return nil }
      var type: Int32 = 0
      let general = value.assumingMemoryBound(to: GENERAL_NAME.self)
      guard let text = GENERAL_NAME_get0_value(general, &type) else { return nil }
      let string = UnsafePointer<ASN1_STRING>(OpaquePointer(text))
      let bytes = UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
      return type == GEN_IPADD ? address(Array(bytes)) : String(decoding: bytes, as: UTF8.self)
    }
  }

  private static func address(_ bytes: [UInt8]) -> String? {
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    var room = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, bytes, &room, socklen_t(room.count)) != nil else { return nil }
    return String(decoding: room.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  }
}
