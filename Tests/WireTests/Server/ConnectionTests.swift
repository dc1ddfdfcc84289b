import Foundation
import HTTP2
import PorticoAPI
import RPC
import TestProcesses
import Testing

/// Connections that are no calls: half-open, silent, slow, too many, of another protocol.
@Suite(.serialized) struct ConnectionTests {
  private struct Nesting: NestingService {
    func echo(_ request: PorticoTesting.Node, _ call: Call) async throws -> PorticoTesting.Node {
      request
    }
  }

  /// A server in this process, which is quick to lose patience.
  private func withServer(
    tls: TLSConfiguration? = nil, http2 given: HTTP2Configuration? = nil,
    _ body: (Int) async throws -> Void
  ) async throws {
    var impatient = HTTP2Configuration()
    impatient.handshakeTimeout = .milliseconds(300)
    let http2 = given ?? impatient
    let server = Server(services: [Nesting()])
    let listener = Listener(.tcp(host: "127.0.0.1", port: 0), tls: tls, http2: http2)
    guard case .tcp(_, let port) = try await server.listen(listener) else {
      throw WireError.unexpected("no TCP port")
    }
    try await body(port)
    await server.shutDown(grace: .zero)
    #expect(server.runningHandlers == 0)
  }

  private static let beginnings: [[UInt8]] = [
    [], Array(RawFrame.preface.prefix(1)), Array(RawFrame.preface.dropLast()), RawFrame.preface,
    RawFrame.preface + RawFrame.settings().bytes.dropLast(),
    [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
  ]

  @Test("R-040 who does not say hello is hung up on", arguments: beginnings)
  func silent(_ beginning: [UInt8]) async throws {
    try await withServer { port in
      try await onThread {
        let sockets = try (0..<20).map { _ in try Socket(port: port) }
        for socket in sockets { try socket.write(beginning) }
        // An answer may come first (our SETTINGS); the end of the connection must.
        for socket in sockets { while !(try socket.read()).isEmpty {} }
        try Self.expectService(at: port)
      }
    }
  }

  /// An honest client is served. On a busy machine it may itself be slower than the server's short patience, so it tries
  /// again as people do.
  private static func expectService(at port: Int) throws {
    for _ in 0..<50 {
      do {
        if try RawClient(port: port).answer().grpc == "0" { return }
      } catch WireError.closed {
        continue
      }
    }
    throw WireError.unexpected("no service")
  }

  @Test("R-040 a preface that drips is no hello either")
  func drip() async throws {
    try await withServer { port in
      try await onThread {
        let socket = try Socket(port: port)
        do {
          // A byte whenever the last one is long through; the server's patience ends before the preface.
          for byte in RawFrame.preface {
            try socket.write([byte])
            Thread.sleep(forTimeInterval: 0.1)
          }
          while !(try socket.read()).isEmpty {}
        } catch WireError.closed {
          return
        }
      }
    }
  }

  @Test(
    "R-041 R-219 no other protocol, no upgrade, no proxying",
    arguments: [
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST \(RawClient.echo) HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
      "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
      "PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", "\r\n\r\n\r\n\r\n", "SSH-2.0-x\r\n",
    ])
  func otherProtocols(_ text: String) async throws {
    try await withServer { port in
      let answer = try await onThread {
        let socket = try Socket(port: port)
        try socket.write(Array(text.utf8))
        var answer: [UInt8] = []
        while true {
          let bytes = try socket.read()
          if bytes.isEmpty { return answer }
          answer += bytes
        }
      }
      let said = String(decoding: answer, as: UTF8.self)
      #expect(!said.contains("101") && !said.contains("HTTP/1.1 2"))
    }
  }

  @Test("R-040 a TLS listener hangs up on who does not shake hands, and serves meanwhile")
  func handshakes() async throws {
    let folder = try Credentials()
    defer { folder.remove() }
    let tls = TLSConfiguration.server(
      certificateChainFile: folder.certificate, privateKeyFile: folder.key)
    try await withServer(tls: tls) { port in
      let beginnings = Self.beginnings
      let stalled = Task {
        try await onThread {
          let sockets = try (0..<200).map { _ in try Socket(port: port) }
          for (index, socket) in sockets.enumerated() {
            // Some are hung up on for what they said before all are through.
            do { try socket.write(beginnings[index % beginnings.count]) } catch WireError.closed {}
          }
          for socket in sockets { while !(try socket.read()).isEmpty {} }
        }
      }
      let configuration = ChannelConfiguration(
        tls: .client(trustRootsFile: folder.certificate))
      let channel = try Channel("localhost:\(port)", configuration)
      // On a busy machine an honest handshake may be too slow for this server as well; the next one is not.
      let options = CallOptions(
        deadline: .after(.seconds(HangGuard.seconds)), waitsForReady: true)
      for _ in 0..<20 {
        let answer = try await NestingClient(channel).echo(.init(text: "x"), options)
        #expect(answer.text == "x")
      }
      try await stalled.value
      await channel.shutDown(grace: .zero)
    }
  }

  @Test("R-211 R-224 a public listener loses patience as it is configured")
  func publicListener() async throws {
    var used = HTTP2Configuration.publicListener
    used.handshakeTimeout = .seconds(10)
    #expect(used.resetBurst == 1_000)
    #expect(used.maximumConcurrentStreams == 128)
    let configuration = used
    try await withServer(http2: configuration) { port in
      let resets = try await onThread {
        let client = try RawClient(port: port)
        var resets = 0
        do {
          while resets < 3000 {
            let id = client.takeStream()
            try client.wire.send(
              .headers(id, RawClient.headers()), .reset(id, RawError.cancel))
            resets += 1
            if resets % 50 == 0, try client.answer().grpc != "0" { break }
          }
        } catch WireError.closed {}
        guard client.settings[RawFrame.Setting.streams] == 128 else {
          throw WireError.unexpected("\(client.settings)")
        }
        return resets
      }
      #expect((1_000..<3000).contains(resets))
    }
  }

  @Test("R-030 too many PINGs end in GOAWAY(ENHANCE_YOUR_CALM, too_many_pings)")
  func pings() async throws {
    try await withServer { port in
      let goAway = try await onThread {
        let client = try RawClient(port: port)
        do {
          while true { try client.synchronize() }
        } catch WireError.closed {}
        return client.goAway
      }
      #expect(goAway?.errorCode == RawError.calm)
      let text = String(decoding: goAway?.payload.dropFirst(8) ?? [], as: UTF8.self)
      #expect(text == "too_many_pings")
    }
  }
}

/// A self-signed certificate for `localhost`, made by the openssl command.
struct Credentials {
  let folder: URL
  var certificate: String { folder.appendingPathComponent("certificate.pem").path }
  var key: String { folder.appendingPathComponent("key.pem").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("wire-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
      + ["-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=localhost"]
      + ["-addext", "subjectAltName=DNS:localhost"]
    process.standardError = FileHandle.nullDevice
    try process.start()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw WireError.unexpected("openssl req") }
  }

  func remove() {
    do { try FileManager.default.removeItem(at: folder) } catch {
      Issue.record("\(folder.path): \(error)")
    }
  }
}
