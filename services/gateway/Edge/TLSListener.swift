import HTTP2
import Logging
import NIOCore

/// TLS on the edge's port: `h2` and `http/1.1` by ALPN, HTTP/1.1 for clients without.
struct TLSListener: Sendable {
  private let context: TLSContext

  init(_ configuration: TLSConfiguration, log: Logger) throws {
    var configuration = configuration
    configuration.applicationProtocols = ["h2", "http/1.1"]
    context = try TLSContext.server(configuration, logger: log)
  }

  func reload() throws { try context.reload() }

  /// - then: adds the handlers of the agreed protocol.
  func add(
    to channel: any Channel, within time: TimeAmount, then: @escaping (String?) throws -> Void
  ) throws {
    let handler = TLSHandler(server: context, handshakeTimeout: time) { _, session in
      try then(session.applicationProtocol)
    }
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}
