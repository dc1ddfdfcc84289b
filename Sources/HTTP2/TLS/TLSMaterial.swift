import COpenSSL

/// Certificates, key and rules as they were at one moment, shared by the connections that were made then.
final class TLSMaterial: @unchecked Sendable {
  /// Immutable once `init` has returned; OpenSSL counts references to it atomically.
  let handle: OpaquePointer
  /// ALPN protocols, length-prefixed; the callbacks read it, so it lives as long as the context.
  let protocols: UnsafeMutableBufferPointer<UInt8>
  let isServer: Bool

  let configuration: TLSConfiguration

  init(_ configuration: TLSConfiguration, isServer: Bool) throws(TLSError) {
    ERR_clear_error()
    guard let handle = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
      throw .openSSL(TLSError.queued())
    }
    self.handle = handle
    self.isServer = isServer
    self.configuration = configuration
    let wire = configuration.applicationProtocols.flatMap { name in
      [UInt8(clamping: name.utf8.count)] + Array(name.utf8.prefix(255))
    }
    protocols = .allocate(capacity: wire.count)
    _ = protocols.initialize(from: wire)

    try setRules()
    try loadCertificates(configuration)
    try setTrust(configuration)
    if isServer {
      SSL_CTX_set_alpn_select_cb(
        handle, Self.selectProtocol, Unmanaged.passUnretained(self).toOpaque())
    } else {
      guard
        SSL_CTX_set_alpn_protos(handle, protocols.baseAddress, UInt32(protocols.count)) == 0
      else { throw .openSSL(TLSError.queued()) }
    }
  }

  deinit {
    SSL_CTX_free(handle)
    protocols.deallocate()
  }

  /// TLS 1.2 with forward secrecy and AEAD, or 1.3; nothing that RFC 9113 §9.2.2 forbids.
  private func setRules() throws(TLSError) {
    guard
      SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1,
      SSL_CTX_set_cipher_list(handle, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
    else { throw .openSSL(TLSError.queued()) }
    let noRenegotiation: UInt64 = 1 << 30
    let noCompression: UInt64 = 1 << 17
    let serverPreference: UInt64 = 1 << 22
    SSL_CTX_set_options(handle, noRenegotiation | noCompression | serverPreference)
    SSL_CTX_ctrl(handle, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
    // A record's header and body in one read of ours.
    SSL_CTX_ctrl(handle, SSL_CTRL_SET_READ_AHEAD, 1, nil)
    try setResumption()
  }

  /// A client that resumes does not show its certificate again, so with mutual TLS nobody resumes. Else one ticket a
  /// connection, good for an hour, under keys that live no longer than this material; no session is kept.
  private func setResumption() throws(TLSError) {
    SSL_CTX_ctrl(handle, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    let isMutual = configuration.verification == .mutual
    if isMutual || !isServer {
      let noTicket: UInt64 = 1 << 14
      SSL_CTX_set_options(handle, noTicket)
    }
    guard SSL_CTX_set_num_tickets(handle, isMutual ? 0 : 1) == 1 else {
      throw .openSSL(TLSError.queued())
    }
    SSL_CTX_set_timeout(handle, 3600)
  }

  private func loadCertificates(_ configuration: TLSConfiguration) throws(TLSError) {
    guard let chain = configuration.certificateChainFile else { return }
    guard SSL_CTX_use_certificate_chain_file(handle, chain) == 1 else {
      throw .cannotRead(chain, TLSError.queued())
    }
    guard let key = configuration.privateKeyFile else { throw .missingCertificate }
    guard SSL_CTX_use_PrivateKey_file(handle, key, SSL_FILETYPE_PEM) == 1 else {
      throw .cannotRead(key, TLSError.queued())
    }
    guard SSL_CTX_check_private_key(handle) == 1 else {
      throw .cannotRead(key, TLSError.queued())
    }
  }

  private func setTrust(_ configuration: TLSConfiguration) throws(TLSError) {
    if let roots = configuration.trustRootsFile {
      guard SSL_CTX_load_verify_locations(handle, roots, nil) == 1 else {
        throw .cannotRead(roots, TLSError.queued())
      }
    } else if !isServer {
      guard SSL_CTX_set_default_verify_paths(handle) == 1 else {
        throw .openSSL(TLSError.queued())
      }
    }
    if !isServer {
      SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    } else if configuration.verification == .mutual {
      guard let roots = configuration.trustRootsFile else { throw .missingTrustRoots }
      SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
      SSL_CTX_set_client_CA_list(handle, SSL_load_client_CA_file(roots))
      let name = Array("portico".utf8)
      SSL_CTX_set_session_id_context(handle, name, UInt32(name.count))
    }
  }

  private static let selectProtocol:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
      UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, out, outCount, offered, offeredCount, argument in
      guard let argument, let out, let outCount else { return SSL_TLSEXT_ERR_ALERT_FATAL }
      // The material outlives the connection, which holds it.
      let context = Unmanaged<TLSMaterial>.fromOpaque(argument).takeUnretainedValue()
      var chosen: UnsafeMutablePointer<UInt8>?
      let result = SSL_select_next_proto(
        &chosen, outCount, context.protocols.baseAddress, UInt32(context.protocols.count), offered,
        offeredCount)
      guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
      out.pointee = UnsafePointer(chosen)
      return SSL_TLSEXT_ERR_OK
    }
}
