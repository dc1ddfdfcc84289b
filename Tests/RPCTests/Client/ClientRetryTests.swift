import HTTP2
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

/// A service configuration with one retry policy for everything.
func retrying(
  attempts: Int = 3, codes: String = #"["UNAVAILABLE"]"#, backoff: String = "0.001s",
  throttling: String = ""
) -> String {
  """
  {"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": \(attempts), "initialBackoff": "\(backoff)",
    "maxBackoff": "600s", "backoffMultiplier": 2, "retryableStatusCodes": \(codes)}}]\(throttling)}
  """
}

@Suite(.timeLimit(.minutes(2))) struct ClientRetryTests {
  @Test("R-068 a retryable status is tried again with the same request until it succeeds")
  func retries() async throws {
    try await withScript(
      answering { $0.index < 2 ? $0.fail(.unavailable) : $0.succeed([9]) }, service: retrying()
    ) { channel, server in
      let answer = try await channel.call([1, 2, 3])
      #expect(answer == [9])
      let requests = server.requests
      #expect(requests.map(\.body) == Array(repeating: frame([1, 2, 3]), count: 3))
      #expect(requests.map { $0.headers["grpc-previous-rpc-attempts"] } == [nil, "1", "2"])
    }
  }

  @Test("R-068 after maxAttempts the last status is the call's; more than 5 are 5")
  func attempts() async throws {
    try await withScript(
      answering { $0.fail(.unavailable, ["grpc-message": "\($0.index)"]) },
      service: retrying(attempts: 50)
    ) { channel, server in
      let outcomes = Outcomes()
      var options = CallOptions()
      options.onEnd { outcomes.add($0) }
      let status = await channel.outcome([], Methods.Streams.unary, options)
      #expect(status == Status(.unavailable, "4"))
      #expect(server.requests.count == 5)
      #expect(outcomes.all.map(\.previousAttempts) == [4])
    }
  }

  @Test("R-068 other statuses are final")
  func otherStatus() async throws {
    try await withScript(answering { $0.fail(.aborted) }, service: retrying()) { channel, server in
      #expect(await channel.outcome().code == .aborted)
      #expect(server.requests.count == 1)
    }
  }

  @Test("R-068 a channel can do without retries")
  func switchedOff() async throws {
    var configuration = ChannelConfiguration()
    configuration.retries = false
    try await withScript(answering { $0.fail(.unavailable) }, configuration, service: retrying()) {
      #expect(await $0.outcome().code == .unavailable)
      #expect($1.requests.count == 1)
    }
  }

  @Test("R-068 the headers of an answer commit the call")
  func committedByHeaders() async throws {
    let script: ScriptedServer.Script = {
      $0.sendHeaders()
      $0.sendTrailers("14")
    }
    try await withScript(script, service: retrying()) { channel, server in
      #expect(await channel.outcome().code == .unavailable)
      #expect(server.requests.count == 1)
    }
  }

  @Test("R-068 an answer of one block and an HTTP error without gRPC are no commitment")
  func notCommitted() async throws {
    let script: ScriptedServer.Script = { request in
      if request.index == 0 {
        request.stream.respond(HeaderFields([":status": "503"]), endStream: true)
      } else {
        request.succeed()
      }
    }
    try await withScript(script, service: retrying()) { channel, server in
      _ = try await channel.call()
      #expect(server.requests.count == 2)
    }
  }

  @Test(
    "R-068 a request over the call's or the channel's buffer is sent once",
    arguments: [(1000, 1 << 20), (1 << 20, 1000)])
  func overflow(perCall: Int, inAll: Int) async throws {
    var configuration = ChannelConfiguration()
    configuration.retryBufferBytes = perCall
    configuration.retryBufferBytesInAll = inAll
    try await withScript(answering { $0.fail(.unavailable) }, configuration, service: retrying()) {
      channel, server in
      let large = [UInt8](repeating: 1, count: 1001)
      #expect(await channel.outcome(large).code == .unavailable)
      #expect(server.requests.count == 1)
      #expect(server.requests[0].body == frame(large))
      #expect(await channel.outcome([1]).code == .unavailable)
      #expect(server.requests.count == 4, "what was kept is given back")
    }
  }

  @Test("R-068 streams are tried again with all that was written, before and after the failure")
  func streams() async throws {
    let script: ScriptedServer.Script = { request in
      if request.index == 0 {
        request.fail(.unavailable)
      } else {
        request.onEnd { $0.succeed([7]) }
      }
    }
    try await withScript(script, whole: false, service: retrying()) { channel, server in
      let answer = try await channel.stream(Methods.Streams.collect, CallOptions()) {
        writer, responses in
        for byte in UInt8(0)..<100 { try await writer.write([byte]) }
        try await writer.finish()
        return try await responses.single()
      }
      #expect(answer == [7])
      #expect(server.requests.last?.body == (UInt8(0)..<100).flatMap { frame([$0]) })
    }
  }

  @Test("R-068 a stream that outgrows the buffer is committed and goes on")
  func largeStream() async throws {
    let script: ScriptedServer.Script = { request in request.onEnd { $0.fail(.unavailable) } }
    try await withScript(script, whole: false, service: retrying()) { channel, server in
      let piece = [UInt8](repeating: 5, count: 100_000)
      let status = await status {
        try await channel.stream(Methods.Streams.collect, CallOptions()) { writer, responses in
          for _ in 0..<10 { try await writer.write(piece) }
          try await writer.finish()
          _ = try await responses.single()
        }
      }
      #expect(status.code == .unavailable)
      #expect(server.requests.map(\.body.count) == [10 * frame(piece).count])
    }
  }

  @Test("R-068 R-060 the deadline spans the attempts")
  func deadline() async throws {
    try await withScript(answering { $0.fail(.unavailable) }, service: retrying(backoff: "600s")) {
      channel, server in
      let options = CallOptions(deadline: .after(.milliseconds(150)))
      #expect(await channel.outcome([], Methods.Streams.unary, options).code == .deadlineExceeded)
      #expect(server.requests.count <= 1)
    }
  }

  @Test("R-068 the wait grows by the multiplier to its maximum, each ±20 %")
  func backoff() throws {
    let policy = try RetryPolicy(
      maximumAttempts: 5, initialBackoff: .seconds(1), maximumBackoff: .seconds(3), multiplier: 2,
      retryableCodes: [.unavailable])
    for _ in 0..<200 {
      let state = RetryState(policy)
      for expected in [1.0, 2, 3, 3] {
        let wait = try #require(state.next(after: .none))
        let seconds = Double(wait.nanoseconds) / 1e9
        #expect((expected * 0.8...expected * 1.2).contains(seconds))
      }
      #expect(state.next(after: .none) == nil)
    }
  }

  @Test("R-068 R-223 waits longer than a clock holds are long waits")
  func hugeBackoff() throws {
    let policy = try RetryPolicy(
      maximumAttempts: 5, initialBackoff: .seconds(315_576_000_000),
      maximumBackoff: .seconds(315_576_000_000), multiplier: .greatestFiniteMagnitude,
      retryableCodes: [.unavailable])
    let state = RetryState(policy)
    for _ in 0..<4 {
      let wait = try #require(state.next(after: .none))
      #expect(wait > .hours(24 * 365 * 50))
    }
  }

  @Test("R-069 pushback is kept to exactly and begins the back-off anew")
  func pushback() throws {
    let policy = try RetryPolicy(
      maximumAttempts: 4, initialBackoff: .seconds(1), maximumBackoff: .seconds(100),
      multiplier: 10, retryableCodes: [.unavailable])
    let state = RetryState(policy)
    _ = state.next(after: .none)
    #expect(state.next(after: .after(.milliseconds(7))) == .milliseconds(7))
    let wait = try #require(state.next(after: .none))
    #expect(wait <= .milliseconds(1200))
  }

  @Test("R-069 a pushback overrides a back-off of ten minutes")
  func pushbackOnWire() async throws {
    try await withScript(
      answering {
        $0.index == 0 ? $0.fail(.unavailable, ["grpc-retry-pushback-ms": "1"]) : $0.succeed()
      },
      service: retrying(backoff: "600s")
    ) { channel, server in
      _ = try await channel.call()
      #expect(server.requests.count == 2)
    }
  }

  @Test("R-069 a negative or unreadable pushback ends it", arguments: ["-1", "x", "", "1.5", "+3"])
  func noPushback(value: String) async throws {
    try await withScript(
      answering { $0.fail(.unavailable, ["grpc-retry-pushback-ms": value]) }, service: retrying()
    ) { channel, server in
      #expect(await channel.outcome().code == .unavailable)
      #expect(server.requests.count == 1)
    }
  }

  @Test("R-070 tokens: failures take one, successes give the ratio, half or less stops")
  func tokens() throws {
    let throttle = RetryThrottle(try RetryThrottling(maximumTokens: 4, tokenRatio: 0.1239))
    #expect(throttle.tokens == 4000)
    #expect(throttle.recordFailure())
    #expect(!throttle.recordFailure(), "half is not enough")
    throttle.recordSuccess()
    #expect(throttle.tokens == 2123, "three decimals")
    #expect(throttle.allowsRetry)
    for _ in 0..<9 { _ = throttle.recordFailure() }
    #expect(throttle.tokens == 0)
    for _ in 0..<100 { throttle.recordSuccess() }
    #expect(throttle.tokens == 4000)
  }

  @Test("R-070 on the wire: the budget is the channel's, and other statuses cost nothing")
  func budget() async throws {
    let throttling = #", "retryThrottling": {"maxTokens": 4, "tokenRatio": 1}"#
    let script: ScriptedServer.Script = { request in
      let body = request.body.last ?? 0
      if body == 0 { request.succeed() } else { request.fail(body == 1 ? .unavailable : .notFound) }
    }
    try await withScript(script, service: retrying(attempts: 5, throttling: throttling)) {
      channel, server in
      // 4 → 3, again → 2, which is half.
      #expect(await channel.outcome([1]).code == .unavailable)
      #expect(server.requests.count == 2)
      for _ in 0..<5 { #expect(await channel.outcome([2]).code == .notFound) }
      #expect(server.requests.count == 7)
      #expect(await channel.outcome([1]).code == .unavailable)
      #expect(server.requests.count == 8, "one left: no retry")
      for _ in 0..<3 { _ = try await channel.call([0]) }
      #expect(await channel.outcome([1]).code == .unavailable)
      #expect(server.requests.count == 13, "four again")
    }
  }

  @Test("R-067 a refused stream is repeated once without being asked for, and is no attempt")
  func refusedOnce() async throws {
    try await withScript(
      answering {
        $0.index == 0 ? $0.stream.reset(.refusedStream) : $0.succeed([1])
      }
    ) { channel, server in
      let answer = try await channel.call()
      #expect(answer == [1])
      #expect(server.requests.count == 2)
      #expect(server.requests[1].headers["grpc-previous-rpc-attempts"] == nil)
    }
  }

  @Test("R-067 refused twice is UNAVAILABLE; a policy then counts from one")
  func refusedTwice() async throws {
    try await withScript(answering { $0.stream.reset(.refusedStream) }) { channel, server in
      #expect(await channel.outcome().code == .unavailable)
      #expect(server.requests.count == 2)
    }
    try await withScript(
      answering { $0.index < 2 ? $0.stream.reset(.refusedStream) : $0.succeed() },
      service: retrying(attempts: 2)
    ) { channel, server in
      _ = try await channel.call()
      #expect(server.requests.map { $0.headers["grpc-previous-rpc-attempts"] } == [nil, nil, "1"])
    }
  }

  @Test("R-066 R-067 servers that drain again and again cost no call")
  func rollingDrain() async throws {
    let script: ScriptedServer.Script = { request in
      request.succeed(Array(request.body.dropFirst(5)))
      if request.index % 10 == 9 { request.connection.shutDown() }
    }
    try await withScript(script) { channel, _ in
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for index in 0..<500 {
          group.addTask { try await channel.call([UInt8(index % 251)]) }
        }
        var sum = 0
        for try await answer in group { sum += Int(answer.first ?? 0) }
        #expect(sum == (0..<500).reduce(0) { $0 + $1 % 251 })
      }
    }
  }

  @Test(
    "R-079 a call that waits for its next attempt ends with the channel, not minutes later",
    arguments: [Methods.Streams.unary, Methods.Nesting.echo])
  func shutDown(method: RPC.Method) async throws {
    let server = try await ScriptedServer {
      $0.fail(.unavailable, ["grpc-retry-pushback-ms": "3600000"])
    }
    let json =
      method.idempotency == .unknown
      ? retrying() : hedging(delay: "3600s", nonFatal: #"["UNAVAILABLE"]"#)
    var configuration = ChannelConfiguration()
    configuration.serviceConfiguration = try ServiceConfiguration(json: Array(json.utf8))
    let channel = try RPC.Channel("127.0.0.1:\(server.port)", configuration)
    let call = Task { await channel.outcome([], method) }
    while try await channel.pausing() == 0 { await Task.yield() }
    await channel.shutDown(grace: .zero)
    #expect(await call.value.code == .unavailable)
    let left = try await channel.pausing()
    #expect(left == 0)
    try await server.stop()
  }
}

extension RPC.Channel {
  /// Calls between two attempts.
  fileprivate func pausing() async throws -> Int {
    try await connections.eventLoop.submit { self.core.pausingCount }.get()
  }
}
