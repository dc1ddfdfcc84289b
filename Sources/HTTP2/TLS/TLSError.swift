import COpenSSL

/// Why TLS could not be set up or went wrong.
public enum TLSError: Error, Sendable, Hashable {
  case missingCertificate
  case missingTrustRoots
  /// The file, and what OpenSSL says about it.
  case cannotRead(String, String)
  /// The handshake failed; the text is for the log.
  case handshakeFailed(String)
  case handshakeTimedOut
  /// The peer's verified certificate names nobody, or nobody who is permitted; the names are for the log.
  case wrongPeer([String])
  /// The peers have no application protocol in common.
  case noApplicationProtocol
  case openSSL(String)

  /// Takes what OpenSSL queued for this thread.
  static func queued() -> String {
    var reasons: [String] = []
    while case let code = ERR_get_error(), code != 0 {
      var text = [CChar](repeating: 0, count: 256)
      ERR_error_string_n(code, &text, text.count)
      reasons.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
    }
    return reasons.isEmpty ? "unknown error" : reasons.joined(separator: "; ")
  }
}
