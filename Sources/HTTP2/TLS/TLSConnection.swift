import COpenSSL
import Glibc
import NIOCore

/// One `SSL` and the bytes on both sides of it: ciphertext in and out, plaintext in and out, no I/O. Not thread-safe.
final class TLSConnection {
  enum Read {
    case bytes(ByteBuffer)
    case nothing
    case closed
    case failed(TLSError)
  }

  private let material: TLSMaterial
  private let ssl: OpaquePointer
  /// On the heap, as the C side keeps its address.
  private let ciphertext = TLSCiphertext()
  /// What the last read filled: its memory is free again once whoever got the bytes has let go of them.
  private var plaintext = ByteBuffer()

  init(_ context: TLSContext, serverName: String?) throws(TLSError) {
    ERR_clear_error()
    let material = context.material
    guard let ssl = SSL_new(material.handle) else { throw .openSSL(TLSError.queued()) }
    guard let bio = ciphertext.makeBIO() else {
      SSL_free(ssl)
      throw .openSSL(TLSError.queued())
    }
    self.material = material
    self.ssl = ssl
    // From here on the SSL owns the BIO, which is both of its ends.
    SSL_set_bio(ssl, bio, bio)
    if material.isServer {
      SSL_set_accept_state(ssl)
    } else {
      SSL_set_connect_state(ssl)
      try expect(serverName ?? "")
    }
  }

  deinit { SSL_free(ssl) }

  /// The server must prove to be `name`, and hears the name. There is no way around this.
  private func expect(_ name: String) throws(TLSError) {
    let parameters = SSL_get0_param(ssl)
    if material.configuration.permittedPeerNames.isEmpty {
      if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 { return }
      ERR_clear_error()
      // Never the common name, also where a certificate has no other.
      X509_VERIFY_PARAM_set_hostflags(
        parameters,
        UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
      guard !name.isEmpty, X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1 else {
        throw .openSSL(TLSError.queued())
      }
    }
    guard !name.isEmpty, !Self.isIPAddress(name) else { return }
    var copy = Array(name.utf8CString)
    let sent = copy.withUnsafeMutableBytes {
      SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), $0.baseAddress)
    }
    guard sent == 1 else { throw .openSSL(TLSError.queued()) }
  }

  /// Addresses are no server names (RFC 6066 §3).
  private static func isIPAddress(_ name: String) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { room in
      inet_pton(AF_INET, name, room.baseAddress) == 1
        || inet_pton(AF_INET6, name, room.baseAddress) == 1
    }
  }

  /// Identity is a name in a verified certificate: with mutual TLS there has to be one, and where names are
  /// asked for, one of them.
  private func checkPeer() throws(TLSError) {
    let configuration = material.configuration
    let permitted = configuration.permittedPeerNames
    guard !permitted.isEmpty || (material.isServer && configuration.verification == .mutual) else {
      return
    }
    let names = peerNames
    guard !names.isEmpty, permitted.isEmpty || !permitted.isDisjoint(with: names) else {
      throw .wrongPeer(names)
    }
  }

  func receive(_ bytes: ByteBuffer) { ciphertext.add(bytes) }

  /// True when the handshake is complete.
  func handshake() throws(TLSError) -> Bool {
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    if result == 1 {
      try checkPeer()
      return true
    }
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return false
    default:
      let verify = SSL_get_verify_result(ssl)
      guard verify == Int(X509_V_OK) else {
        throw .handshakeFailed(String(cString: X509_verify_cert_error_string(verify)))
      }
      throw .handshakeFailed(TLSError.queued())
    }
  }

  /// The next bytes; to be called again until there is nothing.
  func read() -> Read {
    ERR_clear_error()
    // A quiet connection needs no room for a large record; what does not fit comes with the next call.
    let room = min(16 * 1024, max(1024, ciphertext.waiting))
    plaintext.clear(minimumCapacity: room)
    var result: Int32 = 0
    plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { room in
      result = SSL_read(ssl, room.baseAddress, Int32(clamping: room.count))
      return Int(max(0, result))
    }
    if result > 0 { return .bytes(plaintext) }
    plaintext = ByteBuffer()
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .nothing
    case SSL_ERROR_ZERO_RETURN: return .closed
    default: return .failed(.openSSL(TLSError.queued()))
    }
  }

  func write(_ plaintext: ByteBuffer) -> Bool {
    ERR_clear_error()
    ciphertext.reserve(plaintext.readableBytes)
    return plaintext.withUnsafeReadableBytes { bytes in
      guard bytes.count > 0 else { return true }
      return SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
        == Int32(clamping: bytes.count)
    }
  }

  /// The ciphertext that waits for the socket.
  func output() -> ByteBuffer? { ciphertext.take() }

  func shutDown() {
    ERR_clear_error()
    _ = SSL_shutdown(ssl)
  }

  var session: TLSSession {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &count)
    let selected = UnsafeBufferPointer(start: name, count: Int(count))
    return TLSSession(
      applicationProtocol: selected.isEmpty ? nil : String(decoding: selected, as: UTF8.self),
      peerNames: peerNames, version: String(cString: SSL_get_version(ssl)))
  }

  /// DNS and URI subject alternative names of a certificate that was verified.
  private var peerNames: [String] {
    guard let certificate = SSL_get1_peer_certificate(ssl) else { return [] }
    defer { X509_free(certificate) }
    guard SSL_get_verify_result(ssl) == Int(X509_V_OK),
      let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil)
    else { return [] }
    let names = OpaquePointer(raw)
    defer { GENERAL_NAMES_free(names) }
    return (0..<OPENSSL_sk_num(names)).compactMap { index in
      guard let value = OPENSSL_sk_value(names, index) else { return nil }
      var type: Int32 = 0
      let general = value.assumingMemoryBound(to: GENERAL_NAME.self)
      guard let text = GENERAL_NAME_get0_value(general, &type),
        type == GEN_DNS || type == GEN_URI
      else { return nil }
      let string = OpaquePointer(text)
      let bytes = UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(string.asn1), count: Int(ASN1_STRING_length(string.asn1)))
      return bytes.contains(0) ? nil : String(decoding: bytes, as: UTF8.self)
    }
  }
}

extension OpaquePointer {
  fileprivate var asn1: UnsafePointer<ASN1_STRING> { UnsafePointer(self) }
}
