import HTTP2
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct ClientCallTests {
  @Test("R-060 grpc-timeout is what is left, never more")
  func timeout() async throws {
    try await withScript(answering { $0.succeed() }) { channel, server in
      let options = CallOptions(deadline: .after(.seconds(50)))
      _ = try await channel.call([], Methods.Streams.unary, options)
      _ = try await channel.call()
      let sent = server.requests.map { $0.headers.bytes("grpc-timeout").flatMap(Timeout.parse) }
      let first = try #require(sent.first ?? nil)
      #expect(first <= .seconds(50))
      #expect(first > .seconds(1))
      #expect(sent.last == .some(nil), "no deadline, no header")
    }
  }

  @Test("R-060 R-062 a deadline that passes resets the stream, streams too")
  func deadlineOnStream() async throws {
    try await withScript(answering { $0.sendHeaders() }, whole: false) { channel, server in
      // On a machine so busy that the request does not leave in time there is nothing to see.
      for milliseconds in [100, 1000, 10_000, 60_000] where server.requests.isEmpty {
        let options = CallOptions(deadline: .after(.milliseconds(milliseconds)))
        let status = await status {
          try await channel.stream(Methods.Streams.chat, options) { writer, responses in
            try await writer.write([1])
            for try await _ in responses {}
          }
        }
        #expect(status.code == .deadlineExceeded)
      }
      let request = try #require(server.requests.first)
      let closure = try await request.closed.futureResult.get()
      #expect(closure == .reset(.cancel))
    }
  }

  @Test("R-062 a cancelled task resets its stream with CANCEL, whatever it waits for")
  func cancelledStream() async throws {
    let begun = Signal()
    let script: ScriptedServer.Script = {
      $0.sendHeaders()
      begun.set()
    }
    try await withScript(script, whole: false) { channel, server in
      let reading = Task {
        await status {
          try await channel.stream(Methods.Streams.chat, CallOptions()) { _, responses in
            for try await _ in responses {}
          }
        }
      }
      await begun.wait()
      reading.cancel()
      #expect(await reading.value.code == .cancelled)
      let closure = try await server.requests[0].closed.futureResult.get()
      #expect(closure == .reset(.cancel))
    }
  }

  @Test("R-062 leaving a stream's body before its end cancels the call")
  func leftEarly() async throws {
    try await withScript(
      answering {
        $0.sendHeaders()
        $0.send(message: [1])
      }, whole: false
    ) { channel, server in
      let first = try await channel.stream(Methods.Streams.chat, CallOptions()) { _, responses in
        var iterator = responses.makeAsyncIterator()
        return try await iterator.next()
      }
      #expect(first == [1])
      let closure = try await server.requests[0].closed.futureResult.get()
      #expect(closure == .reset(.cancel))
    }
  }

  @Test("an answer before the last request is an answer")
  func earlyAnswer() async throws {
    try await withScript(answering { $0.succeed([0x12, 1, 65]) }, whole: false) { channel, server in
      let answer = try await StreamsClient(channel).collect { writer in
        while true { try await writer.write(Node(text: "more")) }
      }
      #expect(answer.text == "A")
      let closure = try await server.requests[0].closed.futureResult.get()
      // The server stops the client or the client gives the rest up: whoever is first.
      #expect(closure == .reset(.noError) || closure == .reset(.cancel))
    }
  }

  @Test("R-061 a parent that is cancelled cancels calls in tasks of their own, unless they opt out")
  func parentCancels() async throws {
    let reached = Mutex(0)
    let both = Signal()
    try await withScript(
      answering { _ in
        if reached.withLock({
          $0 += 1
          return $0
        }) == 2 {
          both.set()
        }
      }
    ) { channel, server in
      let parent = Call(method: Methods.Streams.unary)
      let (child, free) = Call.$current.withValue(parent) {
        (
          Task { await channel.outcome([1]) },
          Task {
            await channel.outcome([2], Methods.Streams.unary, CallOptions(inheritsContext: false))
          }
        )
      }
      await both.wait()
      parent.cancel()
      #expect(await child.value.code == .cancelled)
      let rest = try #require(server.requests.first { $0.body == frame([2]) })
      rest.stream.eventLoop.execute { rest.succeed() }
      #expect(await free.value.code == .ok)
      let late = await Call.$current.withValue(parent) { await channel.outcome() }
      #expect(late.code == .cancelled)
      #expect(server.requests.count == 2)
    }
  }

  @Test("R-061 the earlier deadline counts: the call's own or its parent's")
  func parentDeadline() async throws {
    try await withScript(answering { $0.succeed() }) { channel, server in
      let parent = Call(method: Methods.Streams.unary, deadline: .after(.seconds(40)))
      try await Call.$current.withValue(parent) {
        for own in [Deadline?.none, .after(.seconds(4000)), .after(.seconds(20))] {
          _ = try await channel.call([], Methods.Streams.unary, CallOptions(deadline: own))
        }
        _ = try await channel.call(
          [], Methods.Streams.unary, CallOptions(inheritsContext: false))
      }
      let sent = server.requests.map { $0.headers.bytes("grpc-timeout").flatMap(Timeout.parse) }
      let limits: [Duration] = [.seconds(40), .seconds(40), .seconds(20)]
      for (timeout, limit) in zip(sent, limits) {
        let timeout = try #require(timeout)
        #expect(timeout <= limit && timeout > limit / 4)
      }
      #expect(sent.last == .some(nil))
    }
  }

  @Test("R-061 R-042 the trace goes on: same trace, a span of its own, the vendor's state")
  func trace() async throws {
    try await withScript(answering { $0.succeed() }) { channel, server in
      var received = Metadata()
      try received.append(
        "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
      try received.append("tracestate", "vendor=1")
      let parent = Call(method: Methods.Streams.unary, metadata: received)
      try await Call.$current.withValue(parent) {
        for inherits in [true, true, false] {
          _ = try await channel.call(
            [], Methods.Streams.unary, CallOptions(inheritsContext: inherits))
        }
        var own = CallOptions()
        try own.metadata.append("traceparent", "mine")
        _ = try await channel.call([], Methods.Streams.unary, own)
      }
      let headers = server.requests.map(\.headers)
      let first = try #require(
        headers[0].bytes("traceparent").flatMap { TraceContext(traceparent: $0) })
      let second = try #require(
        headers[1].bytes("traceparent").flatMap { TraceContext(traceparent: $0) })
      #expect(first.traceID.description == "0af7651916cd43dd8448eb211c80319c")
      #expect(first.traceID == second.traceID)
      #expect(first.spanID != second.spanID)
      #expect(first.spanID != 0xb7ad_6b71_6920_3331)
      #expect(first.isSampled)
      #expect(headers.map { $0["tracestate"] } == ["vendor=1", "vendor=1", nil, nil])
      #expect(headers[2]["traceparent"] == nil)
      #expect(headers[3].values("traceparent") == ["mine"])
      #expect(
        headers.map { $0[RequestID.key] } == [
          parent.requestID, parent.requestID, nil, parent.requestID,
        ])
    }
  }

  @Test("R-061 a parent whose deadline has passed costs no network")
  func parentExpired() async throws {
    let parent = Call(method: Methods.Streams.unary, deadline: .after(.zero))
    let channel = try RPC.Channel("127.0.0.1:1")
    let status = await Call.$current.withValue(parent) { await channel.outcome() }
    #expect(status.code == .deadlineExceeded)
    await channel.shutDown(grace: .zero)
  }

  @Test("R-010 R-011 requests are compressed if the call wants it; a message can be exempted")
  func compression() async throws {
    let message = [UInt8](repeating: 65, count: 1000)
    try await withScript(answering { $0.succeed() }) { channel, server in
      var options = CallOptions()
      options.compression = .gzip
      _ = try await channel.call(message, Methods.Streams.unary, options)
      try await channel.stream(Methods.Streams.collect, options) { writer, responses in
        try await writer.write(message)
        try await writer.write(message, compressed: false)
        try await writer.finish()
        _ = try await responses.single()
      }
      _ = try await channel.call(message)
      let requests = server.requests
      let short = try #require(Deflater.deflate(message))
      #expect(requests.map { $0.headers["grpc-encoding"] } == ["gzip", "gzip", nil])
      #expect(requests[0].body == frame(short, flag: 1))
      #expect(requests[1].body == frame(short, flag: 1) + frame(message))
      #expect(requests[2].body == frame(message))
      #expect(requests.allSatisfy { $0.headers["grpc-accept-encoding"] == "identity,gzip" })
    }
  }

  @Test("interceptors hear of headers and end, also of a stream that nobody reads to its end")
  func outcomes() async throws {
    let script: ScriptedServer.Script = { request in
      request.sendHeaders(["x-first": "1"])
      request.send(message: [1])
      request.sendTrailers("9", ["x-last": "2"])
    }
    try await withScript(script) { channel, _ in
      let caller = InterceptedCaller(channel, [Watching()])
      let outcomes = Outcomes()
      var options = CallOptions()
      options.onEnd { outcomes.add($0) }
      let watched = Watching.outcomes
      try await caller.stream(Methods.Streams.serve, options) { writer, responses in
        try await writer.finish()
        let headers = try await responses.initialMetadata()
        #expect(headers["x-first"] == "1")
        var iterator = responses.makeAsyncIterator()
        _ = await status { while try await iterator.next() != nil {} }
        #expect(responses.trailingMetadata["x-last"] == "2")
      }
      for outcome in [outcomes.all.first, watched.all.first] {
        let outcome = try #require(outcome)
        #expect(outcome.status.code == .failedPrecondition)
        #expect(outcome.initialMetadata["x-first"] == "1")
        #expect(outcome.trailingMetadata["x-last"] == "2")
        #expect(outcome.trailingMetadata["grpc-status"] == nil)
      }
    }
  }

  @Test("R-042 a channel counts its calls, each once, whatever attempts it took")
  func metrics() async throws {
    var configuration = ChannelConfiguration()
    let metrics = CallMetrics(.client)
    configuration.metrics = metrics
    try await withScript(
      answering {
        $0.index == 0
          ? $0.fail(.unavailable) : $0.index == 3 ? $0.fail(.notFound) : $0.succeed([1, 2])
      },
      configuration, service: retrying()
    ) { channel, _ in
      for _ in 0..<3 { _ = await channel.outcome([1, 2, 3]) }
    }
    let counted = try #require(metrics.snapshot.first)
    #expect(metrics.snapshot.count == 1)
    #expect(counted.label.name == "Unary")
    #expect(counted.started == 3)
    #expect(counted.inFlight == 0)
    #expect(counted.handled == [.ok: 2, .notFound: 1])
    #expect(counted.requestSizes.sum == 9)
    #expect(counted.responseSizes.sum == 4)
    #expect(counted.latency.count == 3)
  }

  private struct Watching: ClientInterceptor {
    static let outcomes = Outcomes()
    func intercept<Result>(
      _ method: RPC.Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
    ) async throws -> Result {
      var options = options
      options.onEnd { Self.outcomes.add($0) }
      return try await next(options)
    }
  }

  @Test("R-062 a thousand calls that are cancelled at any moment leave nothing behind")
  func cancelStorm() async throws {
    let service = EchoStreams(onUnary: { request, _ in
      await Task.yield()
      return request
    })
    try await withLoopback(service) { channel, server in
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<1000 {
          group.addTask {
            let call = Task { await status { _ = try await StreamsClient(channel).unary(Node()) } }
            for _ in 0..<(index % 7) { await Task.yield() }
            call.cancel()
            let code = await call.value.code
            #expect(code == .ok || code == .cancelled)
          }
        }
      }
      let last = try await StreamsClient(channel).unary(Node(text: "still here"))
      #expect(last.text == "still here")
      while server.runningHandlers > 0 { await Task.yield() }
    }
  }
}
