import HTTP2
import PorticoAPI
import Testing

@testable import RPC

/// gzip on the raw wire, against the server.
@Suite struct CompressedCallTests {
  private static let gzip: KeyValuePairs = ["grpc-encoding": "gzip"]

  private func ask(
    _ headers: HeaderFields, _ body: [UInt8], service: EchoStreams = EchoStreams(),
    server configuration: ServerConfiguration = .init()
  ) async throws -> RawAnswer {
    let server = Server(services: [service], configuration: configuration)
    let raw = try await RawClient(port: try await port(of: server))
    let answer = try await raw.request(headers, body: body)
    let after = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    #expect(after.grpc == "0", "the connection lives on")
    try await raw.close()
    await server.shutDown(grace: .zero)
    return answer
  }

  @Test("R-010 R-011 compressed and plain messages of a gzip call are read, the answer stays plain")
  func request() async throws {
    for body in [GzipBytes.frame(GzipBytes.hello), [0, 0, 0, 0, 7, 0x12, 5] + "hello".utf8] {
      let answer = try await ask(RawClient.headers(Self.gzip), body)
      #expect(answer.grpc == "0")
      #expect(answer.headers["grpc-encoding"] == nil)
      #expect(answer.body == [0, 0, 0, 0, 7, 0x12, 5] + "hello".utf8)
    }
  }

  @Test("R-010 a handler knows whether a request came compressed", arguments: [true, false])
  func knows(compressed: Bool) async throws {
    let service = EchoStreams(onUnary: { _, call in Node(text: "\(call.isRequestCompressed)") })
    let body = compressed ? GzipBytes.frame(GzipBytes.hello) : [0, 0, 0, 0, 0]
    let answer = try await ask(RawClient.headers(Self.gzip), body, service: service)
    #expect(answer.body.suffix(from: 7).elementsEqual("\(compressed)".utf8))
  }

  @Test(
    "R-010 bad flags and bad gzip have their statuses",
    arguments: [
      (nil, GzipBytes.frame(GzipBytes.hello), "13"),
      ("identity", GzipBytes.frame(GzipBytes.hello), "13"),
      ("gzip", GzipBytes.frame(GzipBytes.hello, flag: 2), "13"),
      ("gzip", GzipBytes.frame(GzipBytes.hello, flag: 129), "13"),
      ("gzip", GzipBytes.frame(Array(GzipBytes.hello.dropLast())), "13"),
      ("gzip", GzipBytes.frame(GzipBytes.hello + [0]), "13"),
      ("gzip", GzipBytes.frame([]), "13"),
      ("gzip", GzipBytes.frame(GzipBytes.hello).dropLast(), "13"),
      ("GZIP", GzipBytes.frame(GzipBytes.hello), "12"),
      ("deflate", GzipBytes.frame(GzipBytes.hello), "12"),
      ("", GzipBytes.frame(GzipBytes.hello), "12"),
      ("gzip", GzipBytes.frame(GzipBytes.hello) + GzipBytes.frame(GzipBytes.hello), "12"),
    ] as [(String?, [UInt8], String)])
  func statuses(encoding: String?, body: [UInt8], expected: String) async throws {
    var headers = RawClient.headers()
    if let encoding { headers.append("grpc-encoding", encoding) }
    let answer = try await ask(headers, body)
    #expect(answer.grpc == expected)
    if expected == "12", encoding != "gzip" {
      #expect(answer.headers["grpc-accept-encoding"] == "identity,gzip")
    }
  }

  @Test(
    "R-012 X-20 bombs of 1 GiB are RESOURCE_EXHAUSTED, unary and in a stream",
    arguments: [true, false])
  func bomb(unary: Bool) async throws {
    let path = "/portico.testing.v1.Streams/" + (unary ? "Unary" : "Collect")
    let body = GzipBytes.frame(GzipBytes.zeros(mebibytes: 1024))
    let answer = try await ask(RawClient.headers(path: path, Self.gzip), body)
    #expect(answer.grpc == "8")
  }

  @Test("R-012 the budget of the process refuses what would be over it")
  func budget() async throws {
    var configuration = ServerConfiguration()
    configuration.inflatedBytesInAll = 6
    let answer = try await ask(
      RawClient.headers(Self.gzip), GzipBytes.frame(GzipBytes.hello), server: configuration)
    #expect(answer.grpc == "8")
  }

  private static let long = EchoStreams(onUnary: { _, call in
    call.compressesResponses = true
    return Node(text: String(repeating: "x", count: 1000))
  })

  @Test("R-011 an answer is compressed when the handler asks for it and the client reads gzip")
  func response() async throws {
    let answer = try await ask(
      RawClient.headers(["grpc-accept-encoding": "identity,gzip"]), [0, 0, 0, 0, 0],
      service: Self.long)
    #expect(answer.headers["grpc-encoding"] == "gzip")
    #expect(answer.body.first == 1)
    let message = try Decompressor(
      limit: 4096, maximumRatio: 1032, budget: InflationBudget(limit: .max)
    ).inflate(Array(answer.body.dropFirst(5)))
    #expect(try Node(serialized: message).text.count == 1000)
  }

  @Test(
    "R-011 R-217 never for a client that does not read gzip, and not unasked",
    arguments: [(nil, true), ("identity", true), ("deflate,br", true), ("gzip", false)]
      as [(String?, Bool)])
  func plainResponse(accepted: String?, asks: Bool) async throws {
    var headers = RawClient.headers()
    if let accepted { headers.append("grpc-accept-encoding", accepted) }
    let service = EchoStreams(onUnary: { _, call in
      if asks { call.compressesResponses = true }
      return Node(text: String(repeating: "x", count: 1000))
    })
    let answer = try await ask(headers, [0, 0, 0, 0, 0], service: service)
    #expect(answer.headers["grpc-encoding"] == nil)
    #expect(answer.body.first == 0)
  }

  @Test("R-011 a server that compresses leaves out what a handler excludes")
  func optOut() async throws {
    var configuration = ServerConfiguration()
    configuration.compressesResponses = true
    let headers = RawClient.headers(["grpc-accept-encoding": "gzip"])
    let text = Node(text: String(repeating: "x", count: 1000))
    let compressed = EchoStreams(onUnary: { _, _ in text })
    let one = try await ask(
      headers, [0, 0, 0, 0, 0], service: compressed, server: configuration)
    #expect(one.body.first == 1)
    let secret = EchoStreams(onUnary: { _, call in
      call.compressesResponses = false
      return text
    })
    let other = try await ask(headers, [0, 0, 0, 0, 0], service: secret, server: configuration)
    #expect(other.body.first == 0)
    #expect(other.headers["grpc-encoding"] == nil)
  }

  /// Sends each message twice, once as it is.
  private struct Mixed: StreamsService {
    func unary(_ request: Node, _ call: Call) async throws -> Node { request }
    func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {
      call.compressesResponses = true
      let text = Node(text: String(repeating: "x", count: 1000))
      try await responses.write(text)
      try await responses.write(text, compressed: false)
      try await responses.write(Node(text: "y"))
    }
    func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node { Node() }
    func chat(
      _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
    ) async throws {}
  }

  @Test("R-011 each message is compressed alone, or not: opt-out, and what would not get shorter")
  func perMessage() async throws {
    let server = Server(services: [Mixed()])
    let raw = try await RawClient(port: try await port(of: server))
    let headers = RawClient.headers(
      path: "/portico.testing.v1.Streams/Serve", ["grpc-accept-encoding": "gzip"])
    let answer = try await raw.request(headers, body: [0, 0, 0, 0, 0])
    var flags: [Bool] = []
    var deframer = Deframer(limit: 4096, acceptsCompressed: true)
    try answer.body.withUnsafeBytes { try deframer.append($0) { flags.append($0.isCompressed) } }
    #expect(flags == [true, false, false])
    try await raw.close()
    await server.shutDown(grace: .zero)
  }
}
