import ArgumentParser
import Foundation
import GRPCServices
import HTTP2
import Logging
import RPC
import UnixSignals

/// The server side: grpc.testing.TestService, the nesting echo, health and reflection.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve grpc.testing.TestService, portico.testing.v1.Nesting, health and reflection.",
    discussion: """
      Prints the address it has bound on one line when it is ready. SIGTERM or SIGINT drains: new calls go \
      elsewhere, running ones may finish; a second signal, or the end of --grace, cancels what is left.
      """)

  @Option(help: "Port; 0 picks a free one.") var port = 10000
  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @Option(help: "PEM file of the certificate chain; makes the port speak TLS.") var cert: String?
  @Option(help: "PEM file of the certificate's key.") var key: String?
  @Option(help: "PEM file of the CAs one of which must have signed a client's certificate.")
  var clientCa: String?
  @Option(help: "Seconds that running calls may take to finish once a signal has come.") var grace =
    8

  func validate() throws {
    guard (cert == nil) == (key == nil) else {
      throw ValidationError("--cert and --key go together")
    }
    guard clientCa == nil || cert != nil else {
      throw ValidationError("--client-ca needs --cert and --key")
    }
    guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
    guard (0...3600).contains(grace) else { throw ValidationError("--grace must be 0 to 3600") }
  }

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let health = Health(Self.tested)
    let offered = Self.tested + [health]
    let server = Server(
      services: offered + Reflection.services(for: offered), logger: QuietLog.logger)
    let address = try await server.listen(Listener(.tcp(host: host, port: port), tls: tls))
    health.set(serving: true)
    Output.line("\(address)")
    await drain(server, health, signals)
  }

  private static let tested: [any RPCService] = [TestServer(), Echo()]

  private var tls: TLSConfiguration? {
    guard let cert, let key else { return nil }
    return .server(
      certificateChainFile: cert, privateKeyFile: key, clientTrustRootsFile: clientCa)
  }

  /// Waits for a signal, then for the running calls; the second signal ends that.
  private func drain(_ server: Server, _ health: Health, _ signals: UnixSignalsSequence) async {
    let (beginning, begin) = AsyncStream<Void>.makeStream()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        var isDraining = false
        for await _ in signals {
          if isDraining { await server.shutDown(grace: .zero) }
          isDraining = true
          begin.finish()
        }
      }
      for await _ in beginning {}
      health.set(serving: false)
      health.end()
      await server.shutDown(grace: .seconds(grace))
      group.cancelAll()
    }
  }
}
