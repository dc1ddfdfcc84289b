import HTTP2
import NIOCore
import PorticoAPI
import Synchronization
import Testing
import WellKnown

@testable import RPC

/// The server's rules, on the raw wire, where `RawWireTests` and `LifeOfCallTests` have not proved them.
@Suite(.timeLimit(.minutes(2))) struct ServerRuleTests {
  private static let streams = "/portico.testing.v1.Streams/"

  private func withRaw<R>(
    _ service: any RPCService = EchoStreams(), server configuration: ServerConfiguration = .init(),
    _ body: (RawClient, Server) async throws -> R
  ) async throws -> R {
    let server = Server(services: [service], configuration: configuration)
    let raw = try await RawClient(port: try await port(of: server))
    let result = try await body(raw, server)
    let after = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    #expect(after.http == "200", "the connection lives on")
    try await raw.close()
    await server.shutDown(grace: .zero)
    return result
  }

  @Test(
    "R-007 R-008 grpc-message and the details say the same, whatever is in the message",
    arguments: [
      ("plain", "plain"), ("100 %", "100 %25"), ("a\r\nb", "a%0D%0Ab"), ("a\0b", "a%00b"),
      ("Grüße", "Gr%C3%BC%C3%9Fe"), ("🎉", "%F0%9F%8E%89"), ("\u{7F}~", "%7F~"),
    ])
  func message(text: String, wire: String) async throws {
    let detail = Status.Detail(typeName: "google.rpc.ErrorInfo", value: [10, 1, 65])
    let service = EchoStreams(onUnary: { request, _ in
      guard request.text.isEmpty else { return request }
      throw Status(.outOfRange, text, details: [detail])
    })
    let answer = try await withRaw(service) { raw, _ in
      try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    }
    #expect(answer.headers["grpc-status"] == "11")
    #expect(answer.headers["grpc-message"] == wire)
    let details = try #require(answer.headers["grpc-status-details-bin"])
    #expect(!details.contains("="))
    let bytes = try #require(Base64.decode(details.utf8))
    let expected = [0x08, 11, 0x12, UInt8(text.utf8.count)] + Array(text.utf8)
    #expect(bytes.starts(with: expected), "the same code and message")
  }

  @Test("R-008 R-022 a status that no peer would take is cut, and still a status")
  func hugeStatus() async throws {
    let service = EchoStreams(onUnary: { _, _ in
      throw Status(
        .aborted, String(repeating: "ü", count: 300_000),
        details: [.init(typeName: "google.rpc.ErrorInfo", value: Array(repeating: 1, count: 9000))])
    })
    let answer = try await withRaw(service) { raw, _ in
      try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    }
    #expect(answer.grpc == "10")
    #expect(answer.headers["grpc-message"] == String(repeating: "%C3%BC", count: 1024))
    #expect(answer.headers["grpc-status-details-bin"] == nil)
  }

  @Test("R-009 one byte in each DATA frame", arguments: ["Unary", "Collect"])
  func singleBytes(method: String) async throws {
    let body = (GzipBytes.frame([0x12, 1, 65], flag: 0)).map { [$0] } + [[]]
    let answer = try await withRaw { raw, _ in
      try await raw.request(RawClient.headers(path: Self.streams + method), pieces: body)
    }
    #expect(answer.grpc == "0")
    #expect(answer.body.last == 65)
  }

  @Test("R-009 many messages in one frame")
  func manyMessages() async throws {
    let one = GzipBytes.frame([0x12, 1, 65], flag: 0)
    let body = (0..<500).flatMap { _ in one }
    let answer = try await withRaw { raw, _ in
      try await raw.request(RawClient.headers(path: Self.streams + "Chat"), body: body)
    }
    #expect(answer.body == body)
    #expect(answer.trailers?["grpc-status"] == "0")
  }

  @Test("R-013 an answer over the send limit is RESOURCE_EXHAUSTED, in one block")
  func sendLimit() async throws {
    var configuration = ServerConfiguration()
    configuration.maximumResponseBytes = 10
    let answer = try await withRaw(server: configuration) { raw, _ in
      let fits = try await raw.request(
        RawClient.headers(), body: GzipBytes.frame([0x12, 8] + "12345678".utf8, flag: 0))
      #expect(fits.grpc == "0")
      return try await raw.request(
        RawClient.headers(), body: GzipBytes.frame([0x12, 9] + "123456789".utf8, flag: 0))
    }
    #expect(answer.headers["grpc-status"] == "8")
    #expect(answer.trailers == nil)
  }

  @Test("R-013 R-216 what arrived of messages that never end counts against the memory for buffers")
  func endlessMessages() async throws {
    let budget = BufferBudget(limit: 1 << 20)
    var http2 = HTTP2Configuration()
    http2.budget = budget
    let server = Server(services: [EchoStreams()])
    let port = try await port(
      of: server, Listener(.tcp(host: "127.0.0.1", port: 0), http2: http2))
    let raw = try await RawClient(port: port)
    // Three MiB of a message of four, on eight streams; far more than the budget.
    let prefix: [UInt8] = [0, 0, 0x40, 0, 0]
    let part = prefix + [UInt8](repeating: 0, count: 3 << 20)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let ended = await status {
            let answer = try await raw.request(RawClient.headers(), body: part, finish: false)
            #expect(answer.grpc == nil)
          }
          #expect(ended.code == .ok)
        }
      }
    }
    #expect(budget.used == 0)
    let channel = try Channel("127.0.0.1:\(port)")
    #expect(try await StreamsClient(channel).unary(Node(text: "x")).text == "x")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }

  @Test("R-014 a stream cut inside a message is answered at once, while its handler reads")
  func cutStream() async throws {
    let answer = try await withRaw { raw, server in
      let answer = try await raw.request(
        RawClient.headers(path: Self.streams + "Collect"), body: [0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1])
      while server.runningHandlers > 0 { await Task.yield() }
      return answer
    }
    #expect(answer.grpc == "13")
  }

  @Test("R-015 bytes that are no protobuf are INTERNAL in a stream too")
  func badProtobuf() async throws {
    let answer = try await withRaw { raw, _ in
      try await raw.request(
        RawClient.headers(path: Self.streams + "Collect"), body: [0, 0, 0, 0, 2, 0xFF, 0xFF])
    }
    #expect(answer.grpc == "13")
  }

  @Test(
    "R-016 server streaming takes exactly one message",
    arguments: [[], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]])
  func notOne(body: [UInt8]) async throws {
    let answer = try await withRaw { raw, _ in
      try await raw.request(RawClient.headers(path: Self.streams + "Serve"), body: body)
    }
    #expect(answer.grpc == "12")
  }

  @Test("R-016 the second message is enough to refuse, the end need not come")
  func secondMessage() async throws {
    let answer = try await withRaw { raw, _ in
      try await raw.request(
        RawClient.headers(), body: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], finish: false)
    }
    #expect(answer.grpc == "12")
  }

  @Test(
    "R-017 the longest timeout is served, one of nothing is over", arguments: ["99999999H", "0n"])
  func extremeTimeouts(text: String) async throws {
    let answer = try await withRaw { raw, _ in
      try await raw.request(RawClient.headers(["grpc-timeout": text]), body: [0, 0, 0, 0, 0])
    }
    #expect(answer.grpc == (text == "0n" ? "4" : "0"))
  }

  @Test("R-021 binary metadata: padded or not, joined by commas, duplicates in order, empty ones")
  func binaryMetadata() async throws {
    let seen = Mutex<[[UInt8]]>([])
    let first = Mutex<[UInt8]?>(nil)
    let service = EchoStreams(onUnary: { request, call in
      if call.metadata["x-bin"] != nil {
        seen.withLock { $0 = call.metadata.values(binary: "x-bin") }
        first.withLock { $0 = call.metadata[binary: "x-bin"] }
      }
      return request
    })
    try await withRaw(service) { raw, _ in
      let answer = try await raw.request(
        RawClient.headers([
          "x-bin": "AQ==,Ag, Aw==", "x-bin": "BA", "x-bin": "", "x-bin": "!!", "x-bin": "BQ==",
        ]), body: [0, 0, 0, 0, 0])
      #expect(answer.grpc == "0")
    }
    #expect(seen.withLock { $0 } == [[1], [2], [3], [4], [], [5]])
    #expect(first.withLock { $0 } == [1])
  }

  @Test("R-021 what HTTP allows and gRPC does not is no error")
  func oddMetadata() async throws {
    let service = EchoStreams(onUnary: { _, call in
      Node(text: call.metadata.values("x").joined(separator: "|"))
    })
    let answer = try await withRaw(service) { raw, _ in
      try await raw.request(
        RawClient.headers(["x!$": "1", "x": "a\tb", "x": "a, b", "x": "ü", "y": ""]),
        body: [0, 0, 0, 0, 0])
    }
    #expect(answer.grpc == "0")
    #expect(answer.body.dropFirst(7).elementsEqual("a\tb|a, b|ü".utf8))
  }

  @Test("R-023 received metadata that a handler passes on leaves the protocol's fields behind")
  func passedOn() async throws {
    let service = EchoStreams(onUnary: { request, call in
      call.initialMetadata = call.metadata
      call.trailingMetadata = call.metadata
      return request
    })
    let answer = try await withRaw(service) { raw, _ in
      try await raw.request(
        RawClient.headers(["x-mine": "1", "grpc-timeout": "1H", "grpc-secret": "2"]),
        body: [0, 0, 0, 0, 0])
    }
    let trailers = try #require(answer.trailers)
    #expect(trailers.map(\.name).sorted() == ["grpc-status", "x-mine"])
    #expect(answer.headers.map(\.name).sorted() == [":status", "content-type", "x-mine"])
  }

  @Test("R-005 metadata set before an error comes in the one block there is")
  func metadataOfError() async throws {
    let service = EchoStreams(onUnary: { _, call in
      try call.initialMetadata.append("x-first", "1")
      try call.trailingMetadata.append("x-last", "2")
      throw Status(.notFound, "no")
    })
    let answer = try await withRaw(service) { raw, _ in
      try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    }
    #expect(answer.trailers == nil)
    #expect(answer.headers["x-first"] == "1")
    #expect(answer.headers["x-last"] == "2")
    #expect(answer.headers["grpc-status"] == "5")
  }

  @Test(
    "R-022 metadata over the limit is INTERNAL and not a stream that hangs",
    arguments: [true, false])
  func hugeMetadata(initial: Bool) async throws {
    let service = EchoStreams(onUnary: { request, call in
      var metadata = Metadata()
      try metadata.append("x-large", String(repeating: "a", count: 300_000))
      if initial { call.initialMetadata = metadata } else { call.trailingMetadata = metadata }
      return request
    })
    let answer = try await withRaw(service) { raw, _ in
      try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    }
    #expect(answer.grpc == "13")
    #expect(answer.trailers?["grpc-message"] ?? answer.headers["grpc-message"] == "internal error")
  }

  @Test("R-038 an error that calls itself OK is no success")
  func thrownOK() async throws {
    let service = EchoStreams(onUnary: { _, _ in throw Status(.ok, "fine") })
    let answer = try await withRaw(service) { raw, _ in
      try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    }
    #expect(answer.grpc == "13")
    #expect(answer.headers["grpc-message"] == "internal error")
  }
}
