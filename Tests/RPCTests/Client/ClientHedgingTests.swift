import HTTP2
import NIOCore
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

func hedging(
  attempts: Int = 3, delay: String = "0s", nonFatal: String = "[]", throttling: String = ""
) -> String {
  """
  {"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": \(attempts), "hedgingDelay": "\(delay)",
    "nonFatalStatusCodes": \(nonFatal)}}]\(throttling)}
  """
}

@Suite(.timeLimit(.minutes(2))) struct ClientHedgingTests {
  private let idempotent = Methods.Nesting.echo

  @Test("R-071 the first answer wins and the losers are cancelled")
  func winner() async throws {
    try await withScript(
      answering { if $0.headers["grpc-previous-rpc-attempts"] == "2" { $0.succeed([5]) } },
      service: hedging()
    ) { channel, server in
      let answer = try await channel.call([1], idempotent)
      #expect(answer == [5])
      let requests = server.requests
      #expect(requests.map { $0.headers["grpc-previous-rpc-attempts"] } == [nil, "1", "2"])
      #expect(requests.allSatisfy { $0.body == frame([1]) })
      for loser in requests.dropLast() {
        let closure = try await loser.closed.futureResult.get()
        #expect(closure == .reset(.cancel))
      }
    }
  }

  @Test("R-071 the delay is between attempts: an answer in time needs no second one")
  func delay() async throws {
    try await withScript(answering { $0.succeed() }, service: hedging(delay: "600s")) {
      channel, server in
      for _ in 0..<5 { _ = try await channel.call([], idempotent) }
      #expect(server.requests.count == 5)
    }
  }

  @Test("R-071 a delay that passes starts the next attempt")
  func delayPasses() async throws {
    try await withScript(
      answering { if $0.index == 1 { $0.succeed() } }, service: hedging(delay: "0.02s")
    ) { channel, server in
      _ = try await channel.call([], idempotent)
      #expect(server.requests.count >= 2)
    }
  }

  @Test("R-071 methods that are not idempotent are not hedged")
  func notIdempotent() async throws {
    try await withScript(answering { $0.succeed() }, service: hedging()) { channel, server in
      _ = try await channel.call()
      #expect(server.requests.count == 1)
    }
  }

  @Test("R-071 a non-fatal failure starts the next attempt at once")
  func nonFatal() async throws {
    try await withScript(
      answering { $0.index < 2 ? $0.fail(.unavailable) : $0.succeed() },
      service: hedging(delay: "600s", nonFatal: #"["UNAVAILABLE"]"#)
    ) { channel, server in
      _ = try await channel.call([], idempotent)
      #expect(server.requests.count == 3)
    }
  }

  @Test("R-071 when all fail, the last failure is the call's")
  func allFail() async throws {
    try await withScript(
      answering { $0.fail(.unavailable, ["x-last": "1"]) },
      service: hedging(delay: "600s", nonFatal: #"["UNAVAILABLE"]"#)
    ) { channel, server in
      let ended = Outcomes()
      var options = CallOptions()
      options.onEnd { ended.add($0) }
      #expect(await channel.outcome([], idempotent, options).code == .unavailable)
      #expect(server.requests.count == 3)
      #expect(ended.all.first?.trailingMetadata["x-last"] == "1")
    }
  }

  @Test("R-071 any other failure ends the call and cancels the others")
  func fatal() async throws {
    try await withScript(
      answering { if $0.headers["grpc-previous-rpc-attempts"] == "1" { $0.fail(.notFound) } },
      service: hedging(attempts: 2)
    ) { channel, server in
      #expect(await channel.outcome([], idempotent).code == .notFound)
      let first = try #require(server.requests.first)
      let closure = try await first.closed.futureResult.get()
      #expect(closure == .reset(.cancel))
    }
  }

  @Test("R-071 R-069 pushback decides over the next attempt")
  func pushback() async throws {
    try await withScript(
      answering { $0.fail(.unavailable, ["grpc-retry-pushback-ms": "-1"]) },
      service: hedging(delay: "600s", nonFatal: #"["UNAVAILABLE"]"#)
    ) { channel, server in
      #expect(await channel.outcome([], idempotent).code == .unavailable)
      #expect(server.requests.count == 1)
    }
    try await withScript(
      answering {
        $0.index == 0 ? $0.fail(.unavailable, ["grpc-retry-pushback-ms": "5"]) : $0.succeed()
      }, service: hedging(delay: "600s", nonFatal: #"["UNAVAILABLE"]"#)
    ) { channel, server in
      _ = try await channel.call([], idempotent)
      #expect(server.requests.count == 2)
    }
  }

  @Test("R-071 R-070 an empty bucket leaves one attempt")
  func throttled() async throws {
    let throttling = #", "retryThrottling": {"maxTokens": 2, "tokenRatio": 0.001}"#
    try await withScript(
      answering { $0.fail(.unavailable) },
      service: hedging(delay: "600s", nonFatal: "[14]", throttling: throttling)
    ) { channel, server in
      #expect(await channel.outcome([], idempotent).code == .unavailable)
      #expect(server.requests.count == 1, "one token of two is half")
    }
  }

  @Test("R-071 R-067 refused attempts are repeated and do not count")
  func refused() async throws {
    try await withScript(
      answering { $0.index == 0 ? $0.stream.reset(.refusedStream) : $0.succeed() },
      service: hedging(attempts: 2, delay: "600s")
    ) { channel, server in
      _ = try await channel.call([], idempotent)
      #expect(server.requests.count == 2)
      #expect(server.requests[1].headers["grpc-previous-rpc-attempts"] == nil)
    }
  }

  /// Streams that may be repeated.
  private let chat = RPC.Method(
    service: "portico.testing.v1.Streams", name: "Chat", input: Node.descriptor,
    output: Node.descriptor, streaming: .bidirectional, idempotency: .idempotent,
    access: AccessRule(.anyone))

  @Test("R-071 streams: every attempt gets all messages until one answers, and that one the rest")
  func streams() async throws {
    let script: ScriptedServer.Script = { request in
      guard request.headers["grpc-previous-rpc-attempts"] == "1" else { return }
      request.sendHeaders()
      request.onEnd {
        $0.send(message: $0.body)
        $0.sendTrailers("0")
      }
    }
    try await withScript(script, whole: false, service: hedging(attempts: 2)) {
      channel, server in
      let answer = try await channel.stream(chat, CallOptions()) { writer, responses in
        for byte in UInt8(0)..<5 { try await writer.write([byte]) }
        _ = try await responses.initialMetadata()
        for byte in UInt8(5)..<10 { try await writer.write([byte]) }
        try await writer.finish()
        return try await responses.single()
      }
      #expect(answer == (UInt8(0)..<10).flatMap { frame([$0]) })
      let loser = try #require(
        server.requests.first { $0.headers["grpc-previous-rpc-attempts"] == nil })
      let closure = try await loser.closed.futureResult.get()
      #expect(closure == .reset(.cancel))
    }
  }

  @Test("R-071 R-068 a stream that outgrows the buffer goes on with one attempt")
  func overflow() async throws {
    let script: ScriptedServer.Script = { request in
      request.onEnd { $0.succeed(Array("\($0.body.count)".utf8)) }
    }
    let piece = [UInt8](repeating: 3, count: 100_000)
    try await withScript(script, whole: false, service: hedging(attempts: 3, delay: "0.01s")) {
      channel, server in
      let answer = try await channel.stream(chat, CallOptions()) { writer, responses in
        for _ in 0..<8 { try await writer.write(piece) }
        try await writer.finish()
        return try await responses.single()
      }
      #expect(answer == Array("\(8 * frame(piece).count)".utf8))
      #expect(server.requests.filter { $0.stream.hasReceivedEnd }.count == 1)
    }
  }

  @Test("R-071 R-062 a cancelled call cancels all its attempts")
  func cancelled() async throws {
    let second = Signal()
    try await withScript(
      answering { if $0.index == 1 { second.set() } }, service: hedging(attempts: 2)
    ) {
      channel, server in
      let call = Task { await channel.outcome([], idempotent) }
      await second.wait()
      call.cancel()
      #expect(await call.value.code == .cancelled)
      for request in server.requests {
        let closure = try await request.closed.futureResult.get()
        #expect(closure == .reset(.cancel))
      }
    }
  }

  @Test(
    "R-079 R-071 a hedged call that runs when its channel closes finishes, with no further attempt")
  func gracefulEnd() async throws {
    let begun = Signal()
    let waiting = Mutex<[ScriptedRequest]>([])
    let script: ScriptedServer.Script = { request in
      waiting.withLock { $0.append(request) }
      begun.set()
    }
    try await withScript(script, service: hedging(attempts: 2, delay: "0.05s")) {
      channel, server in
      let call = Task { await channel.outcome([], idempotent) }
      await begun.wait()
      let closing = Task { await channel.shutDown(grace: .seconds(600)) }
      await channel.until(.shutDown)
      // On the loop that has the timer of the second attempt, and later than that.
      try await channel.connections.eventLoop.scheduleTask(in: .milliseconds(60)) {}
        .futureResult.get()
      let first = try #require(waiting.withLock { $0.first })
      try await first.stream.eventLoop.submit { first.succeed([1]) }.get()
      #expect(await call.value.code == .ok)
      await closing.value
    }
  }
}
