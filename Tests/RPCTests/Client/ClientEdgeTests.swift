import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

/// Calls that end before they have begun, or in an answer that only looks like one.
@Suite(.timeLimit(.minutes(2))) struct ClientEdgeTests {
  /// The two ways to make a call.
  enum Kind: CaseIterable {
    case unary, stream

    func call(_ channel: RPC.Channel, _ options: CallOptions) async -> Status {
      await status {
        switch self {
        case .unary: _ = try await channel.unary(Methods.Streams.unary, [], options)
        case .stream:
          try await channel.stream(Methods.Streams.unary, options) { writer, responses in
            try await writer.finish()
            for try await _ in responses {}
          }
        }
      }
    }
  }

  @Test(
    "R-042 R-060 R-082 R-083 a call that fails before it begins is counted and told of like any other",
    arguments: Kind.allCases)
  func neverBegun(kind: Kind) async throws {
    var configuration = ChannelConfiguration()
    let metrics = CallMetrics(.client)
    configuration.metrics = metrics
    configuration.maximumRequestHeaderBytes = 2000
    try await withScript(answering { $0.succeed() }, configuration) { channel, server in
      var large = Metadata()
      try large.append("x-large", String(repeating: "x", count: 2000))
      var secret = CallOptions()
      secret.credentials = .bearer("token")
      let cases: [(CallOptions, Status.Code)] = [
        (CallOptions(deadline: .after(.zero)), .deadlineExceeded),
        (CallOptions(metadata: large), .internal), (secret, .unauthenticated),
      ]
      for (options, code) in cases {
        let outcomes = Outcomes()
        var options = options
        options.onEnd { outcomes.add($0) }
        let status = await kind.call(channel, options)
        #expect(status.code == code)
        #expect(outcomes.all.map(\.status) == [status])
      }
      let cancelled = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await kind.call(channel, CallOptions())
      }
      #expect(await cancelled.value.code == .cancelled)
      #expect(server.requests.isEmpty)
    }
    let counted = try #require(metrics.snapshot.first)
    #expect(counted.started == 4)
    #expect(
      counted.handled == [.deadlineExceeded: 1, .internal: 1, .unauthenticated: 1, .cancelled: 1])
    #expect(counted.inFlight == 0)
  }

  @Test("R-065 R-042 a message that cannot be inflated fails the call for those who watch it, too")
  func badGzip() async throws {
    var configuration = ChannelConfiguration()
    let metrics = CallMetrics(.client)
    configuration.metrics = metrics
    let script: ScriptedServer.Script = {
      $0.sendHeaders(["grpc-encoding": "gzip"])
      $0.send(message: [1, 2, 3], flag: 1)
      $0.sendTrailers("0")
    }
    try await withScript(script, configuration) { channel, _ in
      let outcomes = Outcomes()
      var options = CallOptions()
      options.onEnd { outcomes.add($0) }
      let status = await channel.outcome([], Methods.Streams.unary, options)
      #expect(status.code == .internal)
      #expect(outcomes.all.map(\.status.code) == [.internal])
    }
    #expect(metrics.snapshot.first?.handled == [.internal: 1])
  }

  @Test(
    "R-064 R-065 an OK in the headers is none when messages follow and no trailers",
    arguments: Kind.allCases)
  func earlyOK(kind: Kind) async throws {
    let script: ScriptedServer.Script = {
      $0.sendHeaders(["grpc-status": "0"])
      $0.send(message: [1])
      $0.stream.finish()
    }
    try await withScript(script) { channel, _ in
      #expect(await kind.call(channel, CallOptions()).code == .internal)
    }
  }

  @Test("R-059 a connection that fails as it is asked for fails the call, not its successor")
  func failsAtOnce() async throws {
    // Connecting to a socket that is not there needs no turn of the loop.
    let configuration = ChannelConfiguration.testing {
      $0.firstBackoff = .seconds(3600)
      $0.longestBackoff = .seconds(3600)
    }
    for path in ["/nonexistent/portico.sock", "/" + String(repeating: "x", count: 300)] {
      try await withChannel("unix:\(path)", configuration) { channel in
        #expect(await status { _ = try await channel.ask(CallOptions()) }.code == .unavailable)
      }
    }
  }

  @Test("R-060 a channel's deadlines keep nothing of it alive")
  func deadlinesEnd() async throws {
    final class Item: Expiring {
      var placeInQueue: Int?
      func expire() {}
    }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let isGone = try await loop.submit {
      var queue: DeadlineQueue<Item>? = DeadlineQueue(loop)
      weak let kept = queue
      let item = Item()
      queue?.insert(item, .after(.seconds(3600)))
      queue?.remove(item)
      queue = nil
      return kept == nil
    }.get()
    #expect(isGone)
  }

  @Test("R-061 calls of a handler on the channel's own loop neither wait for it nor leave it")
  func oneLoop() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let upstream = Mutex<RPC.Channel?>(nil)
    let strayed = Mutex(0)
    let service = EchoStreams(onUnary: { request, _ in
      guard request.text == "outer", let channel = upstream.withLock({ $0 }) else { return request }
      if !loop.inEventLoop { strayed.withLock { $0 += 1 } }
      let answer = try await StreamsClient(channel).unary(Node(text: "inner"))
      if !loop.inEventLoop { strayed.withLock { $0 += 1 } }
      return answer
    })
    let server = Server(services: [service], group: group)
    let port = try await port(of: server)
    let channel = try RPC.Channel("127.0.0.1:\(port)", group: group)
    upstream.withLock { $0 = channel }
    await withTaskGroup(of: Status.self) { calls in
      for _ in 0..<200 {
        calls.addTask {
          await status { _ = try await StreamsClient(channel).unary(Node(text: "outer")) }
        }
      }
      for await status in calls { #expect(status.code == .ok) }
    }
    #expect(strayed.withLock { $0 } == 0)
    upstream.withLock { $0 = nil }
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    try await group.shutdownGracefully()
  }
}
