import RPC

/// Whether an answer may be gzip. An answer that mixes a secret with a stranger's text gives the secret away by its
/// length to whoever can make a browser repeat the request. A browser adds cookies to what another site makes it send and
/// never a token: so only who brings a token gets gzip.
struct AnswerCompression: Sendable {
  let isOn: Bool
  /// Shorter ones fit a packet anyway.
  private static let least = 1024

  static let off = AnswerCompression(isOn: false)

  private init(isOn: Bool) { self.isOn = isOn }

  /// - accepted: the list of encodings that the client takes, nil when it sent none.
  init(_ guest: Guest, accepted: String?, requestIsGzip: Bool) {
    let takes = accepted.map(Self.names(gzipIn:)) ?? requestIsGzip
    isOn = takes && guest.visitor.hasAPIToken
  }

  func worthwhile(_ bytes: [UInt8]) -> Bool { isOn && bytes.count >= Self.least }

  private static func names(gzipIn list: String) -> Bool {
    list.split(separator: ",").contains { item in
      let parts = item.split(separator: ";").map(\.trimmed)
      return parts.first?.lowercased() == "gzip" && !parts.dropFirst().contains { $0 == "q=0" }
    }
  }
}

/// The encodings of requests.
enum RequestEncoding: String, Sendable {
  case identity, gzip

  /// Throws UNIMPLEMENTED with the list of those that there are.
  init(_ name: String?) throws(Problem) {
    guard let known = RequestEncoding(rawValue: name?.lowercased() ?? "identity") else {
      throw Problem(
        .badRequest, .unimplemented, "this encoding is not known; there are identity and gzip")
    }
    self = known
  }
}
