import Access
import Bootstrap
import Foundation
import GRPCServices
import HTTP2
import Logging
import RPC
import TestProcesses
import TestSupport
import Values

@testable import Gateway

/// Services of the test, each behind the real gate; they may end and come back at their addresses.
final class TestBackends: Sendable {
  let keys: Keyring
  /// By process, in the order in which they began.
  private let servers = Running()

  private actor Running {
    var servers: [String: Server] = [:]
    func set(_ server: Server?, for name: String) -> Server? {
      defer { servers[name] = server }
      return servers[name]
    }
  }

  init(keys: Keyring) { self.keys = keys }

  /// - Parameters:
  ///   - place: a name for `end`; several may serve the same service.
  ///   - service: the audience of the principals that are shown to it.
  @discardableResult
  func begin(
    _ place: String, of service: String, _ services: [any RPCService],
    at address: RPC.Listener.Address
  ) async throws -> RPC.Listener.Address {
    let clock = SystemClock()
    let health = Health(services)
    health.set(serving: true)
    let server = Server(
      services: services + [health],
      interceptors: [Gate(keys.verifier(for: service, clock: clock))],
      clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let bound = try await server.listen(.betweenServices(address))
    try keepOpenFilesFromChildren()
    _ = await servers.set(server, for: place)
    return bound
  }

  /// As a rolling restart ends one: what runs goes on to its end.
  func end(_ place: String) async {
    await servers.set(nil, for: place)?.shutDown(grace: .seconds(60))
  }
}

/// `portico-gateway` as a process of its own, before services of the test.
struct GatewayProcess {
  let program: RunningProgram
  let port: Int
  let backends: TestBackends
  let identity: TestIdentity
  var folder: URL { program.folder }

  /// Begins services, and tells the addresses of those besides identity: `["ticketing": "unix:/…"]`.
  typealias Peers = (_ folder: URL, _ backends: TestBackends) async throws -> [String: String]

  /// - Parameter settings: flags, besides those that say where everything is.
  static func during(
    _ settings: [String] = [], portals: TestPortals = TestPortals(),
    peers: Peers = { _, _ in [:] },
    _ body: (GatewayProcess) async throws -> Void
  ) async throws {
    try await RunningProgram.withFolder { folder in
      let keys = try Keyring.create(in: folder.appending(path: "keys"), for: Stage.services)
      let backends = TestBackends(keys: keys)
      let identity = TestIdentity(keys: keys, clock: SystemClock())
      let socket = "\(folder.path)/identity"
      try await backends.begin(
        "identity", of: "identity", [identity, portals], at: .unix(path: socket))
      var all = try await peers(folder, backends)
      all["identity"] = "unix:\(socket)"
      let arguments = [
        "--listen", "127.0.0.1:0", "--public-port", "8080", "--log-format", "json",
        "--keys-folder", folder.appending(path: "keys").path,
        "--peers", all.map { "\($0)=\($1)" }.sorted().joined(separator: ","),
      ]
      try await RunningProgram.during("portico-gateway", arguments + settings, in: folder) {
        let port = try await listeningPort($0)
        try await body(
          GatewayProcess(program: $0, port: port, backends: backends, identity: identity))
      }
      for place in ["identity", "ticketing", "ticketing-2"] { await backends.end(place) }
    }
  }

  /// The port that the log tells once the process listens.
  private static func listeningPort(_ program: RunningProgram) async throws -> Int {
    while program.isRunning {
      if let match = try program.log.firstMatch(of: #/"address":"[^"]*:(\d+)"/#),
        let port = Int(match.1)
      {
        return port
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Status(.unavailable, "the gateway ended: \(try program.log)")
  }

  /// One request on a connection of its own.
  func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
    let text = Self.request(path, headers, closing: true)
    let port = port
    return try await onOwnThread {
      let socket = try RawSocket(port: port)
      try socket.send(Array(text.utf8))
      return Answer(String(decoding: try socket.readAll(), as: UTF8.self))
    }
  }

  static func request(
    _ path: String, _ headers: [String: String] = [:], closing: Bool = false
  ) -> String {
    let lines = headers.map { "\($0): \($1)\r\n" }.joined()
    return "GET \(path) HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n\(lines)"
      + (closing ? "Connection: close\r\n\r\n" : "\r\n")
  }

  /// Waits until new connections are refused.
  func untilItRefuses() async throws {
    while (try? await onOwnThread { [port] in _ = try RawSocket(port: port) }) != nil {
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
