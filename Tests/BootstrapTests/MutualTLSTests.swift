import Access
import Bootstrap
import Crypto
import Foundation
import GRPCServices
import Logging
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values
import WellKnown

/// An installation's authority, and files as its processes have them.
private struct Files {
  let folder = FileManager.default.temporaryDirectory.appending(path: "pm-\(UUID())")
  let authority: CertificateAuthority

  init() throws {
    authority = try CertificateAuthority(
      named: "test", at: SystemClock().now - .days(20), validFor: .days(40))
    for name in ["ticketing", "gateway", "cms"] { try issue(name, to: name) }
    _ = try Keyring.create(
      in: folder.appending(path: "keys"), for: ["ticketing", "identity", "gateway", "cms"])
  }

  /// - Parameters:
  ///   - ago: so long before now it began; it is good for two days.
  ///   - stranger: another authority signs it, and is the one that its holder trusts.
  func issue(
    _ name: String, to process: String, ago: Duration = .zero, stranger: Bool = false
  ) throws {
    let now = SystemClock().now
    let other = try CertificateAuthority(named: "test", at: now, validFor: .days(9))
    let (leaf, key) = try (stranger ? other : authority).issue(
      for: [name], at: now - ago, validFor: .days(2))
    let own = folder.appending(path: process)
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    try PEMFile.replace(key.pem(), at: own.appending(path: "tls.key").path, mode: 0o600)
    try PEMFile.replace(leaf.pem, at: own.appending(path: "tls.crt").path, mode: 0o644)
    try PEMFile.replace(
      authority.certificate.pem, at: own.appending(path: "ca.crt").path, mode: 0o644)
  }

  func settings(_ process: String, _ more: [String: String] = [:]) -> Settings {
    func path(_ name: String) -> String { folder.appending(path: "\(process)/\(name)").path }
    return Settings(
      [
        "listen": "127.0.0.1:0", "database.url": "sqlite::memory:", "log.level": "critical",
        "blobs.folder": path("blobs"), "keys.folder": folder.appending(path: "keys").path,
        "tls.certificate": path("tls.crt"), "tls.key": path("tls.key"),
        "tls.roots": path("ca.crt"), "tls.reload.seconds": "0",
      ].merging(more) { $1 })
  }
}

@Suite("Mutual TLS between processes", .timeLimit(.minutes(3)))
struct MutualTLSTests {
  private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// What a process with the files of `client` hears from the service that it knows as `service`.
  private func expect(
    _ expected: Status.Code, _ address: String, from client: Settings,
    as service: String = "ticketing", _ what: String = ""
  ) async throws {
    let peers = Peers(
      [service: address], identity: nil, configuration: try HostConfiguration.channel(client),
      logger: silent)
    var code = Status.Code.ok
    do {
      let answer = try await HealthClient(peers.caller(service)).check(
        .init(), CallOptions(deadline: .after(.seconds(60))))
      #expect(answer.status == .serving)
    } catch let status as Status { code = status.code }
    await peers.shutDown(grace: .zero)
    #expect(code == expected, "\(what)")
  }

  private func serving(
    _ files: Files, _ more: [String: String] = [:], _ body: (String) async throws -> Void
  ) async throws {
    let host = ServiceHost(
      BoardService.self,
      try HostConfiguration(service: "ticketing", files.settings("ticketing", more)))
    try await host.start()
    guard case .tcp(_, let port)? = await host.address else {
      throw Status(.internal, "it has no port")
    }
    do { try await body("127.0.0.1:\(port)") } catch {
      await host.stop()
      throw error
    }
    await host.stop()
    try FileManager.default.removeItem(at: files.folder)
  }

  @Test("X-28 R-036 each is who its certificate names, at whatever address; others are refused")
  func names() async throws {
    let files = try Files()
    try await serving(files) { address in
      try await expect(.ok, address, from: files.settings("gateway"))
      try await expect(.ok, address, from: files.settings("cms"))
      // Ticketing answers where identity should be.
      try await expect(.unavailable, address, from: files.settings("gateway"), as: "identity")
      // Of our authority, and nobody of this installation's processes.
      try files.issue("printer", to: "printer")
      try await expect(.unavailable, address, from: files.settings("printer"))
    }
  }

  @Test("X-28 the list of who may call can be narrower")
  func narrow() async throws {
    let files = try Files()
    try await serving(files, ["tls.clients": "gateway,identity"]) { address in
      try await expect(.ok, address, from: files.settings("gateway"))
      try await expect(.unavailable, address, from: files.settings("cms"))
    }
    #expect(throws: SettingError.self) {
      try HostConfiguration(
        service: "ticketing", try Files().settings("ticketing", ["tls.clients": ","]))
    }
  }

  @Test("X-28 expired, not yet valid, of another authority, or none: refused, from both ends")
  func wrong() async throws {
    let files = try Files()
    try await serving(files) { address in
      try files.issue("gateway", to: "expired", ago: .days(3))
      try files.issue("gateway", to: "early", ago: .zero - .days(1))
      try files.issue("gateway", to: "stranger", stranger: true)
      for client in ["expired", "early", "stranger"] {
        try await expect(.unavailable, address, from: files.settings(client), "\(client)")
      }
      try await expect(.unavailable, address, from: Settings([:]), "no TLS")
      // The server's own: the same process, each time with other files.
      let gateway = files.settings("gateway")
      try files.issue("ticketing", to: "ticketing", ago: .days(3))
      try await expect(.unavailable, address, from: gateway, "expired")
      try files.issue("ticketing", to: "ticketing", stranger: true)
      try await expect(.unavailable, address, from: gateway, "another authority")
      try files.issue("cms", to: "ticketing")
      try await expect(.unavailable, address, from: gateway, "another's name")
    }
  }

  @Test("X-28 R-037 renewed certificates count without a restart, and open connections go on")
  func renewal() async throws {
    let files = try Files()
    try files.issue("ticketing", to: "ticketing", ago: .days(3))
    try await serving(files) { address in
      let gateway = files.settings("gateway")
      try await expect(.unavailable, address, from: gateway)
      try files.issue("ticketing", to: "ticketing")
      try await expect(.ok, address, from: gateway)

      let open = Peers(
        ["ticketing": address], identity: nil,
        configuration: try HostConfiguration.channel(gateway), logger: silent)
      let client = HealthClient(open.caller("ticketing"))
      _ = try await client.check(.init())
      try files.issue("ticketing", to: "ticketing", stranger: true)
      try await expect(.unavailable, address, from: gateway)
      let answer = try await client.check(.init())
      #expect(answer.status == .serving)
      await open.shutDown(grace: .zero)
    }
  }
}
