import Foundation
import PorticoAPI
import RPC
import Testing

/// Requests of every legal and illegal shape, frame by frame, and the exact answer to each.
@Suite struct FrameTests {
  private struct Nesting: NestingService {
    func echo(_ request: PorticoTesting.Node, _ call: Call) async throws -> PorticoTesting.Node {
      request
    }
  }

  private func withClient(_ body: @escaping @Sendable (RawClient) throws -> Void) async throws {
    let server = Server(services: [Nesting()])
    guard
      case .tcp(_, let port) = try await server.listen(Listener(.tcp(host: "127.0.0.1", port: 0)))
    else { throw WireError.unexpected("no TCP port") }
    try await onThread {
      let client = try RawClient(port: port)
      try body(client)
      // Whatever came before: the connection serves on.
      guard try client.answer().grpc == "0" else { throw WireError.unexpected("no service") }
      client.close()
    }
    await server.shutDown(grace: .zero)
  }

  private static let text = [UInt8](repeating: 0x61, count: 90)
  private static let message = RawMessage.frame([0x12, 90] + text)

  private static func expect(
    _ answer: RawAnswer, http: String? = "200", grpc: String?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(answer.http == http, sourceLocation: sourceLocation)
    #expect(answer.grpc == grpc, sourceLocation: sourceLocation)
  }

  /// Ways to cut one message into DATA frames.
  private static let cuts: [(String, @Sendable (UInt32) -> [RawFrame])] = [
    ("one frame", { [.data($0, message, end: true)] }),
    ("an empty frame at the end", { [.data($0, message), .data($0, [], end: true)] }),
    ("a frame a byte", { id in message.map { .data(id, [$0]) } + [.data(id, [], end: true)] }),
    (
      "empty frames between",
      { id in
        message.flatMap { [.data(id, []), .data(id, [$0])] } + [.data(id, [], end: true)]
      }
    ),
    ("padding of nothing", { [.padded($0, message, padding: 0, end: true)] }),
    ("padding of 255", { [.padded($0, message, padding: 255, end: true)] }),
    (
      "padded frames a byte",
      { id in
        message.enumerated().map { .padded(id, [$1], padding: UInt8($0)) }
          + [.padded(id, [], padding: 200, end: true)]
      }
    ),
    ("trailers at the end", { [.data($0, message), .headers($0, ["x": "y"], end: true)] }),
  ]

  @Test(
    "R-009 DATA frames of every cut, padded and empty ones, are the same call",
    arguments: cuts.indices)
  func data(_ index: Int) async throws {
    try await withClient { client in
      let id = try client.open()
      try client.wire.send(Self.cuts[index].1(id))
      let answer = try client.answer(to: id)
      Self.expect(answer, grpc: "0")
      #expect(answer.body == Self.message)
    }
  }

  @Test("R-009 headers in pieces, padded and with a priority, are the same call")
  func headers() async throws {
    try await withClient { client in
      let padding = [UInt8](repeating: 0, count: 40)
      for cut in [0, 1, 30] {
        let id = client.takeStream()
        let block = RawClient.headers().encoded
        let flags = RawFrame.Flag.padded | RawFrame.Flag.priority
        try client.wire.send(
          RawFrame(
            kind: .headers, flags: flags, stream: id,
            payload: [40] + RawFrame.big(0) + [15] + block.prefix(cut) + padding),
          .continuation(id, Array(block.dropFirst(cut)), endHeaders: true),
          .data(id, Self.message, end: true))
        Self.expect(try client.answer(to: id), grpc: "0")
      }
    }
  }

  @Test("R-009 R-216 padding, and what comes for a stream that has ended, uses up no window")
  func windows() async throws {
    try await withClient { client in
      try client.synchronize()
      // Three times what the connection's window holds, nearly all of it padding.
      for _ in 0..<150 {
        let id = try client.open()
        for byte in Self.message { try Self.sendPadded(client, id, [byte]) }
        try client.wire.send(.data(id, [], end: true))
        Self.expect(try client.answer(to: id), grpc: "0")
      }
      // And what a client sends on because it has not heard yet that its call was refused.
      for _ in 0..<300 {
        let id = try client.open(RawClient.headers("/no.such/Method"))
        let answer = try client.answer(to: id)
        Self.expect(answer, grpc: "12")
        try Self.wait(client, id, 16_384)
        try client.wire.send(.data(id, [UInt8](repeating: 7, count: 16_384)))
      }
    }
  }

  private static func sendPadded(_ client: RawClient, _ id: UInt32, _ bytes: [UInt8]) throws {
    try wait(client, id, bytes.count + 256)
    try client.wire.send(.padded(id, bytes, padding: 255))
  }

  private static func wait(_ client: RawClient, _ id: UInt32, _ count: Int) throws {
    while !client.takeWindow(id, count) {
      guard let frame = try client.wire.next() else { throw WireError.closed }
      try client.note(frame)
    }
  }

  @Test("R-004 R-005 success is headers, data and trailers, an error one block")
  func shapes() async throws {
    try await withClient { client in
      let good = try client.answer(RawClient.headers(), Self.message)
      #expect(
        good.headers.list.map { $0.name } == [":status", "content-type"].map { Array($0.utf8) })
      #expect(good.headers["content-type"] == "application/grpc")
      #expect(good.trailers?["grpc-status"] == "0")
      let bad = try client.answer(RawClient.headers("/no.such/Method"))
      #expect(bad.trailers == nil && bad.body.isEmpty)
      Self.expect(bad, grpc: "12")
    }
  }

  @Test(
    "R-001 R-002 only POST with the content type of gRPC is a call",
    arguments: [
      ("POST", "application/grpc", "200"), ("POST", "application/grpc+proto", "200"),
      ("POST", "application/grpc;charset=utf-8", "200"),
      ("POST", "application/grpc+proto ; a=b", "200"),
      ("POST", "application/grpcx", "415"), ("POST", "application/grpc+json", "415"),
      ("POST", "application/grpc-web", "415"), ("POST", "application/json", "415"),
      ("POST", "", "415"), ("POST", "application/gRPC", "415"), ("GET", "application/grpc", "405"),
      ("PUT", "application/grpc", "405"), ("post", "application/grpc", "405"),
      ("OPTIONS", "application/grpc", "405"),
    ])
  func requests(_ method: String, _ type: String, _ status: String) async throws {
    try await withClient { client in
      let fields: RawFields = [
        ":method": method, ":scheme": "http", ":path": RawClient.echo, ":authority": "localhost",
        "te": "trailers", "content-type": type,
      ]
      let answer = try client.answer(fields, Self.message)
      Self.expect(answer, http: status, grpc: status == "200" ? "0" : nil)
    }
  }

  private static let packed = Gzip.pack([0x12, 1, 0x61])

  /// `grpc-encoding`, the body and the code.
  private static let bodies: [(String?, [UInt8], String)] =
    [
      (nil, RawMessage.frame(packed, flag: 1), "13"),
      ("identity", RawMessage.frame(packed, flag: 1), "13"),
      ("identity", message, "0"), ("gzip", message, "0"),
      ("gzip", RawMessage.frame(packed, flag: 1), "0"),
      ("gzip", RawMessage.frame(Gzip.spoiled([1, 2, 3]), flag: 1), "13"),
      ("gzip", RawMessage.frame(packed.dropLast(), flag: 1), "13"),
      ("gzip", RawMessage.frame([], flag: 1), "13"),
      ("gzip", RawMessage.frame(packed, flag: 3), "13"),
      ("deflate", message, "12"), ("GZIP", message, "12"), ("gzip,gzip", message, "12"),
      //
      (nil, Array(message.dropLast()), "13"), (nil, Array(message.prefix(4)), "13"),
      (nil, RawMessage.frame([0x12, 90]), "13"), (nil, [], "12"), (nil, message + message, "12"),
    ] + [2, 3, 0x80, 0xFF].map { (nil, RawMessage.frame([], flag: $0), "13") }

  @Test(
    "R-010 R-014 R-015 R-016 bodies that are wrong in one way have their status, and others none",
    arguments: bodies.indices)
  func body(_ index: Int) async throws {
    try await withClient { client in
      let (encoding, body, code) = Self.bodies[index]
      let more = encoding.map { ["grpc-encoding": $0] as RawFields } ?? [:]
      let answer = try client.answer(RawClient.headers() + more, body)
      Self.expect(answer, grpc: code)
      if encoding != nil, code == "12" {
        #expect(answer.headers["grpc-accept-encoding"] == "identity,gzip")
      }
    }
  }

  @Test("R-020 R-013 an answer before the end of the request is followed by RST_STREAM(NO_ERROR)")
  func early() async throws {
    try await withClient { client in
      let id = try client.open()
      try client.wire.send(.data(id, RawMessage.frame([], length: .max)))
      var kinds: [RawFrame.Kind] = []
      var code: UInt32?
      try client.wire.until { frame in
        if frame.stream == id { kinds.append(frame.kind) }
        if frame.kind == .headers { _ = Result { try client.note(frame) } }
        code = frame.kind == .reset ? frame.errorCode : nil
        return frame.kind == .reset
      }
      #expect(kinds == [.headers, .reset])
      #expect(code == RawError.none)
    }
  }
}
