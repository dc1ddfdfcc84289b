import Access
import Bootstrap
import Foundation
import Synchronization
import TestProcesses
import TestSupport
import Testing
import Values

@testable import Gateway

@Suite("R-032 R-180 the gateway's process and its signals", .timeLimit(.minutes(3)))
struct GatewaySignalTests {
  /// Portals whose answer about `held` waits until the test lets it go.
  private final class Hold: Sendable {
    private let state = Mutex((count: 0, isOpen: false))
    var waiting: Int { state.withLock { $0.count } }
    func open() { state.withLock { $0.isOpen = true } }
    func wait() async throws {
      state.withLock { $0.count += 1 }
      while !state.withLock({ $0.isOpen }) { try await Task.sleep(for: .milliseconds(5)) }
    }
  }

  private static let held = "/v1/portal?tenant=held"

  private static func fields(_ path: String) -> [(String, String)] {
    [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", EdgeStage.host)]
  }

  @Test(
    "V-21 R-032 SIGTERM: GOAWAY and connection: close, what runs is answered, idle clients do not hold it, exit 0"
  )
  func drain() async throws {
    let hold = Hold()
    try await GatewayProcess.during(
      // Longer than any test: it is not the end of the grace that ends the process.
      ["--drain-seconds", "600"], portals: TestPortals(held: { try await hold.wait() })
    ) { gateway in
      let port = gateway.port
      let text = GatewayProcess.request(Self.held)
      let (idle, http2, idleHTTP2) = try await onOwnThread {
        (
          Unchecked(try RawSocket(port: port)), Unchecked(try RawHTTP2Client(port: port)),
          Unchecked(try RawHTTP2Client(port: port))
        )
      }
      try await onOwnThread {
        // An idle one has had a request before.
        try idle.value.send(Array(GatewayProcess.request("/healthz").utf8))
        _ = try idle.value.read(until: "ok")
        try idleHTTP2.value.request(Self.fields("/healthz"), stream: 1)
        #expect(try idleHTTP2.value.outcome(of: 1) == "200")
        try http2.value.request(Self.fields(Self.held), stream: 1)
      }
      async let answer = onOwnThread {
        let socket = try RawSocket(port: port)
        try socket.send(Array(text.utf8))
        return String(decoding: try socket.readAll(), as: UTF8.self)
      }
      while hold.waiting < 2 { try await Task.sleep(for: .milliseconds(5)) }
      gateway.program.send(SIGTERM)
      try await gateway.untilItRefuses()
      // Both are told before anything that runs has ended.
      let told = try await onOwnThread { [try goAway(http2.value), try goAway(idleHTTP2.value)] }
      #expect(told == [true, true])
      #expect(try await onOwnThread { try idle.value.readAll() }.isEmpty)
      #expect(gateway.program.isRunning)
      hold.open()
      let first = try await answer
      #expect(first.hasPrefix("HTTP/1.1 200") && first.contains("connection: close\r\n"))
      #expect(try await onOwnThread { try http2.value.outcome(of: 1) } == "200")
      #expect(try await onOwnThread { try http2.value.rest(of: 1) }.isWhole)
      #expect(await gateway.program.status() == 0)
    }
  }

  @Test(
    "V-21 what hangs is cut off at the end of the grace, which is less than 10 s, and the exit is 0"
  )
  func grace() async throws {
    let keys = Keyring(["gateway"])
    let standard = try GatewayConfiguration(Settings([:]), keys: keys).drainGrace
    #expect(standard < .seconds(10))
    let hold = Hold()
    try await GatewayProcess.during(
      ["--drain-seconds", "0"], portals: TestPortals(held: { try await hold.wait() })
    ) { gateway in
      async let answer = gateway.get(Self.held)
      while hold.waiting < 1 { try await Task.sleep(for: .milliseconds(5)) }
      gateway.program.send(SIGTERM)
      #expect(await gateway.program.status() == 0)
      let cut = try await answer
      #expect(cut.status == 0)
      hold.open()
    }
  }

  @Test("R-037 X-28 SIGHUP shows renewed certificates to new connections; an open one goes on")
  func reload() async throws {
    try await withCertificate("old.example") { tls, certificate in
      let key = certificate.replacing("edge.pem", with: "edge.key")
      try await GatewayProcess.during(
        ["--edge-certificate", certificate, "--edge-key", key]
      ) { gateway in
        func shown() async throws -> String {
          let text = try await openssl(["s_client", "-connect", "127.0.0.1:\(gateway.port)"])
          return text.firstMatch(of: #/subject=CN = (\S+)/#).map { String($0.1) } ?? ""
        }
        #expect(try await shown() == "old.example")
        let open = try OpenTLS(port: gateway.port)
        #expect(try await open.ask("/healthz").contains("200 OK"))
        try await writeCertificate("new.example", certificate, key)
        #expect(try await shown() == "old.example")
        gateway.program.send(SIGHUP)
        while try await shown() != "new.example" {}
        #expect(try await open.ask("/healthz").contains("200 OK"))
        open.end()
        // One that cannot be read is told in the log, and changes nothing.
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: certificate))
        gateway.program.send(SIGHUP)
        while try !gateway.program.log.contains("\"level\":\"error\"") {
          try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await shown() == "new.example")
      }
    }
  }
}

/// Waits for a GOAWAY; false when the connection ended without one.
private func goAway(_ client: RawHTTP2Client) throws -> Bool {
  try client.next { $0.type == 7 } != nil
}

/// A TLS connection that stays open, by openssl.
private final class OpenTLS: Sendable {
  private let process = Process()
  private let input = Pipe.ofOneChild()
  private let output = Pipe.ofOneChild()

  init(port: Int) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = ["s_client", "-quiet", "-connect", "127.0.0.1:\(port)"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.start()
  }

  /// The answer's first bytes.
  func ask(_ path: String) async throws -> String {
    try await onOwnThread { [input, output] in
      try input.fileHandleForWriting.write(contentsOf: Data(GatewayProcess.request(path).utf8))
      var text = ""
      while !text.contains("\"ok\"}") {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { break }
        text += String(decoding: data, as: UTF8.self)
      }
      return text
    }
  }

  func end() { kill(process.processIdentifier, SIGKILL) }
}
