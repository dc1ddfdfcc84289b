import HTTP2
import NIOCore
import PorticoAPI
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct ClientStatusTests {
  private func outcome(
    _ method: RPC.Method = Methods.Streams.unary, _ script: @escaping ScriptedServer.Script
  ) async throws -> Status {
    try await withScript(script) { channel, _ in await channel.outcome([], method) }
  }

  /// What the reader of a server stream sees: messages and status.
  private func read(_ script: @escaping ScriptedServer.Script) async throws -> ([[UInt8]], Status) {
    try await withScript(script) { channel, _ in
      var messages: [[UInt8]] = []
      let status = await status {
        try await channel.stream(Methods.Streams.serve, CallOptions()) { writer, responses in
          try await writer.write([])
          try await writer.finish()
          for try await message in responses { messages.append(message) }
        }
      }
      return (messages, status)
    }
  }

  @Test(
    "R-063 RST_STREAM codes",
    arguments: [
      (0, .internal), (1, .internal), (2, .internal), (3, .internal), (4, .internal),
      (5, .internal), (6, .internal), (8, .cancelled), (9, .internal), (10, .internal),
      (11, .resourceExhausted), (12, .permissionDenied), (13, .internal), (77, .unknown),
    ] as [(UInt32, Status.Code)])
  func resets(code: UInt32, expected: Status.Code) async throws {
    let status = try await outcome { $0.stream.reset(HTTP2ErrorCode(rawValue: code)) }
    #expect(status.code == expected)
  }

  @Test("R-063 a reset in the middle of an answer")
  func resetLater() async throws {
    let (messages, status) = try await read { request in
      request.sendHeaders()
      request.send(message: [1])
      request.stream.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(50)) {
        request.stream.reset(.enhanceYourCalm)
      }
    }
    #expect(messages == [[1]])
    #expect(status.code == .resourceExhausted)
  }

  @Test(
    "R-063 HTTP statuses",
    arguments: [
      ("400", .internal), ("401", .unauthenticated), ("403", .permissionDenied),
      ("404", .unimplemented), ("429", .unavailable), ("502", .unavailable),
      ("503", .unavailable), ("504", .unavailable), ("431", .resourceExhausted),
      ("500", .unknown), ("302", .unknown), ("204", .unknown), ("418", .unknown),
    ] as [(String, Status.Code)])
  func httpStatus(http: String, expected: Status.Code) async throws {
    for ends in [true, false] {
      let status = try await outcome {
        $0.stream.respond(
          HeaderFields([":status": http, "content-type": "text/html"]), endStream: ends)
        if !ends { $0.send(Array("<html>".utf8)) }
      }
      #expect(status.code == expected)
    }
  }

  @Test("R-063 grpc-status wins where there is one, except for an OK in an HTTP error")
  func grpcStatusWins() async throws {
    let said = try await outcome {
      $0.stream.respond(
        HeaderFields([":status": "503", "grpc-status": "7", "grpc-message": "no"]),
        endStream: true)
    }
    #expect(said == Status(.permissionDenied, "no"))
    let untyped = try await outcome {
      $0.stream.respond(HeaderFields([":status": "200", "grpc-status": "5"]), endStream: true)
    }
    #expect(untyped.code == .notFound)
    let (_, lie) = try await read {
      $0.stream.respond(HeaderFields([":status": "500", "grpc-status": "0"]), endStream: true)
    }
    #expect(lie.code == .unknown)
  }

  @Test(
    "R-063 an answer that is not gRPC is UNKNOWN",
    arguments: ["text/html", "application/json", "application/grpcx", "application/grp", ""])
  func contentType(type: String) async throws {
    let (messages, status) = try await read { request in
      var fields = HeaderFields([":status": "200"])
      if !type.isEmpty { fields.append("content-type", type) }
      request.stream.respond(fields)
      request.send(message: [1])
      request.sendTrailers("0")
    }
    #expect(messages.isEmpty)
    #expect(status.code == .unknown)
  }

  @Test(
    "R-063 subtypes and parameters of gRPC's content type are",
    arguments: ["application/grpc+proto", "application/grpc;charset=utf-8"])
  func subtype(type: String) async throws {
    let (messages, status) = try await read { request in
      request.stream.respond(HeaderFields([":status": "200", "content-type": type]))
      request.send(message: [1])
      request.sendTrailers("0")
    }
    #expect(messages == [[1]])
    #expect(status.code == .ok)
  }

  @Test("R-064 no status is INTERNAL")
  func noStatus() async throws {
    let scripts: [ScriptedServer.Script] = [
      {
        $0.sendHeaders()
        $0.send(message: [])
        $0.stream.finish()
      },
      {
        $0.sendHeaders()
        $0.send(message: [])
        $0.sendTrailers(nil, ["x-other": "1"])
      },
      {
        $0.stream.respond(
          HeaderFields([":status": "200", "content-type": "application/grpc"]), endStream: true)
      },
    ]
    for script in scripts {
      let unary = try await outcome(Methods.Streams.unary, script)
      #expect(unary.code == .internal)
      let (_, stream) = try await read(script)
      #expect(stream.code == .internal)
    }
  }

  @Test(
    "R-064 a status that is none is UNKNOWN and keeps the message",
    arguments: ["17", "99", "-1", "+5", "x", "", "0x0", "4294967296", "99999999999999999999"])
  func badStatus(text: String) async throws {
    let (_, status) = try await read {
      $0.sendHeaders()
      $0.sendTrailers(text, ["grpc-message": "so%20there"])
    }
    #expect(status == Status(.unknown, "so there"))
  }

  @Test(
    "R-064 broken percent-encoding keeps the message",
    arguments: [("50%", "50%"), ("%zz %41", "%zz A"), ("%4", "%4"), ("%FF", "\u{FFFD}")])
  func percent(sent: String, read: String) async throws {
    let status = try await outcome { $0.fail(.aborted, ["grpc-message": sent]) }
    #expect(status == Status(.aborted, read))
  }

  @Test("R-064 details that are none cost the details, not the status")
  func badDetails() async throws {
    let status = try await outcome {
      $0.fail(.aborted, ["grpc-message": "m", "grpc-status-details-bin": "!!!"])
    }
    #expect(status == Status(.aborted, "m"))
  }

  @Test(
    "R-065 broken messages are INTERNAL",
    arguments: [
      [0], [0, 0, 0], [0, 0, 0, 0, 5, 1, 2], [0, 0, 0, 0, 1],  // cut
      [1, 0, 0, 0, 0], [2, 0, 0, 0, 0], [255, 0, 0, 0, 0],  // flags
    ] as [[UInt8]])
  func broken(body: [UInt8]) async throws {
    let script: ScriptedServer.Script = {
      $0.sendHeaders()
      $0.send(body)
      $0.sendTrailers("0")
    }
    let unary = try await outcome(Methods.Streams.unary, script)
    #expect(unary.code == .internal)
    let (messages, status) = try await read(script)
    #expect(messages.isEmpty)
    #expect(status.code == .internal)
  }

  @Test("R-065 unknown encodings and bad gzip are INTERNAL, and the call is given up")
  func encodings() async throws {
    let snappy = try await outcome {
      $0.sendHeaders(["grpc-encoding": "snappy"])
      $0.send(message: [1], flag: 1)
      $0.sendTrailers("0")
    }
    #expect(snappy.code == .internal)
    let corrupt: ScriptedServer.Script = {
      $0.sendHeaders(["grpc-encoding": "gzip"])
      $0.send(message: [1, 2, 3], flag: 1)
      $0.sendTrailers("0")
    }
    let unary = try await outcome(Methods.Streams.unary, corrupt)
    #expect(unary.code == .internal)
    let (messages, status) = try await read(corrupt)
    #expect(messages.isEmpty)
    #expect(status.code == .internal)
  }

  @Test("R-065 bad protobuf is INTERNAL")
  func badProtobuf() async throws {
    try await withScript(answering { $0.succeed([0xFF, 0xFF]) }) { channel, _ in
      let status = await status { _ = try await StreamsClient(channel).unary(Node()) }
      #expect(status.code == .internal)
    }
  }

  @Test("R-065 too large is RESOURCE_EXHAUSTED: by its prefix, once inflated, and in headers")
  func tooLarge() async throws {
    var configuration = ChannelConfiguration()
    configuration.maximumResponseBytes = 1000
    let plain: ScriptedServer.Script = {
      $0.sendHeaders()
      $0.send([0, 0xFF, 0xFF, 0xFF, 0xFF])
    }
    try await withScript(plain, configuration) { channel, server in
      #expect(await channel.outcome().code == .resourceExhausted)
      let closure = try await server.requests[0].closed.futureResult.get()
      #expect(closure == .reset(.cancel))
    }
    let bomb = try #require(Deflater.deflate([UInt8](repeating: 0, count: 1001)))
    let inflated: ScriptedServer.Script = {
      $0.sendHeaders(["grpc-encoding": "gzip"])
      $0.send(message: bomb, flag: 1)
      $0.sendTrailers("0")
    }
    try await withScript(inflated, configuration) { channel, _ in
      #expect(await channel.outcome().code == .resourceExhausted)
      var larger = CallOptions()
      larger.maximumResponseBytes = 1001
      let answer = try await channel.call([], Methods.Streams.unary, larger)
      #expect(answer.count == 1001)
    }
    let headers: ScriptedServer.Script = {
      var fields = HeaderFields([":status": "200", "content-type": "application/grpc"])
      for index in 0..<20 { fields.append("x-\(index)", String(repeating: "a", count: 2000)) }
      $0.stream.respond(fields)
      $0.send(message: [])
      $0.sendTrailers("0")
    }
    try await withScript(headers) { channel, _ in
      #expect(await channel.outcome().code == .resourceExhausted)
    }
  }

  @Test("R-065 OK with no message, or with two, is no success", arguments: [0, 2, 3])
  func cardinality(count: Int) async throws {
    let script: ScriptedServer.Script = { request in
      request.sendHeaders()
      for _ in 0..<count { request.send(message: [1]) }
      request.sendTrailers("0")
    }
    let unary = try await outcome(Methods.Streams.unary, script)
    #expect(unary.code == .internal)
    try await withScript(script) { channel, _ in
      let collected = await status {
        _ = try await StreamsClient(channel).collect { _ in }
      }
      #expect(collected.code == .internal)
    }
  }

  @Test("R-065 OK in one block is no success of a unary call, and the end of an empty stream")
  func emptyOK() async throws {
    let unary = try await outcome { $0.fail(.ok) }
    #expect(unary.code == .internal)
    let (messages, status) = try await read { $0.fail(.ok) }
    #expect(messages.isEmpty)
    #expect(status.code == .ok)
  }

  @Test("R-065 messages before a failure reach the reader of a stream")
  func messagesBeforeFailure() async throws {
    let (messages, status) = try await read {
      $0.sendHeaders()
      for byte in UInt8(0)..<5 { $0.send(message: [byte]) }
      $0.stream.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { [request = $0] in
        request.sendTrailers("10", ["grpc-message": "enough"])
      }
    }
    #expect(messages == (UInt8(0)..<5).map { [$0] })
    #expect(status == Status(.aborted, "enough"))
  }

  @Test("R-066 a connection that is lost is UNAVAILABLE")
  func lost() async throws {
    let status = try await outcome { $0.connection.close(.internalError) }
    #expect(status.code == .unavailable)
  }

  @Test("R-066 a drain that resets with NO_ERROR is UNAVAILABLE, not INTERNAL")
  func drainReset() async throws {
    let closure = StreamClosure.reset(.noError)
    #expect(Status(closure: closure).code == .internal)
    #expect(Status(closure: closure, isDraining: true).code == .unavailable)
  }

  @Test("R-060 R-063 a server that gives an expired call up first")
  func serverWasFaster() async throws {
    let closure = StreamClosure.reset(.cancel)
    #expect(Status(closure: closure, deadline: .after(.zero)).code == .deadlineExceeded)
    #expect(Status(closure: closure, deadline: .after(.seconds(60))).code == .cancelled)
  }
}
