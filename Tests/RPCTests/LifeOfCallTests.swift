import Logging
import PorticoAPI
import Synchronization
import Testing
import Values

@testable import RPC

@Suite struct LifeOfCallTests {
  private struct Secret: Error {}
  private struct Domain: StatusConvertible {
    var status: Status {
      Status(
        .failedPrecondition, "closed already",
        details: [.init(typeName: "google.rpc.ErrorInfo", value: [10, 1, 65])], because: "secret")
    }
  }

  @Test("R-005 R-008 a status with details reaches the caller; the operator's reason does not")
  func statusWithDetails() async throws {
    let service = EchoStreams(onUnary: { _, _ in throw Domain() })
    try await withLoopback(service) { channel, _ in
      let status = await status { _ = try await StreamsClient(channel).unary(Node()) }
      #expect(status.code == .failedPrecondition)
      #expect(status.message == "closed already")
      #expect(status.details == Domain().status.details)
      #expect(status.internalReason == nil)
    }
  }

  @Test("R-038 an error that is no status says nothing")
  func neutral() async throws {
    let service = EchoStreams(onUnary: { _, _ in throw Secret() })
    try await withLoopback(service) { channel, _ in
      let status = await status { _ = try await StreamsClient(channel).unary(Node()) }
      #expect(status == Status(.unknown, "internal error"))
    }
  }

  @Test("R-003 an unknown method is UNIMPLEMENTED")
  func unknownMethod() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      let status = await status { _ = try await NestingClient(channel).echo(Node()) }
      #expect(status.code == .unimplemented)
    }
  }

  @Test("R-018 the server ends an expired call by itself and cancels its handler")
  func serverDeadline() async throws {
    let service = EchoStreams(onUnary: { request, _ in
      try await Task.sleep(for: .seconds(600))
      return request
    })
    let server = Server(services: [service])
    let raw = try await RawClient(port: try await port(of: server))
    let answer = try await raw.request(
      RawClient.headers(["grpc-timeout": "200m"]), body: [0, 0, 0, 0, 0])
    #expect(answer.grpc == "4")
    while server.runningHandlers > 0 { await Task.yield() }
    try await raw.close()
    await server.shutDown(grace: .zero)
  }

  @Test("R-060 the client ends an expired call by itself")
  func clientDeadline() async throws {
    let service = EchoStreams(onUnary: { request, _ in
      try await Task.sleep(for: .seconds(600))
      return request
    })
    try await withLoopback(service) { channel, _ in
      let options = CallOptions(deadline: .after(.milliseconds(100)))
      let status = await status { _ = try await StreamsClient(channel).unary(Node(), options) }
      #expect(status.code == .deadlineExceeded)
    }
  }

  @Test("R-060 a call whose deadline has passed costs no network")
  func expired() async throws {
    let channel = try Channel("127.0.0.1:1")
    let status = await status {
      _ = try await StreamsClient(channel).unary(Node(), CallOptions(deadline: .after(.zero)))
    }
    #expect(status.code == .deadlineExceeded)
    await channel.shutDown(grace: .zero)
  }

  @Test("R-062 R-019 a cancelled task is CANCELLED at once and the handler hears of it")
  func cancellation() async throws {
    let started = Signal()
    let cancelled = Signal()
    let service = EchoStreams(onUnary: { request, call in
      call.onCancel { cancelled.set() }
      started.set()
      await cancelled.wait()
      #expect(call.isCancelled)
      #expect(Task.isCancelled)
      return request
    })
    try await withLoopback(service) { channel, server in
      let task = Task { await status { _ = try await StreamsClient(channel).unary(Node()) } }
      await started.wait()
      task.cancel()
      #expect(await task.value.code == .cancelled)
      await cancelled.wait()
    }
  }

  @Test("R-061 a call inside a handler inherits deadline, cancellation and request id")
  func propagation() async throws {
    let seen = Mutex<[String]>([])
    let inner = EchoStreams(onUnary: { request, call in
      seen.withLock { $0.append(call.requestID) }
      #expect(call.deadline != nil)
      return request
    })
    try await withLoopback(inner) { innerChannel, _ in
      let outer = EchoStreams(onUnary: { request, call in
        #expect(Call.current === call)
        return try await StreamsClient(innerChannel).unary(request)
      })
      try await withLoopback(outer) { channel, _ in
        var options = CallOptions(deadline: .after(.seconds(60)))
        try options.metadata.append(RequestID.key, "request-0001")
        _ = try await StreamsClient(channel).unary(Node(), options)
      }
    }
    #expect(seen.withLock { $0 } == ["request-0001"])
  }

  @Test("R-021 metadata travels both ways")
  func metadata() async throws {
    let service = EchoStreams(onUnary: { request, call in
      #expect(call.metadata["x-text"] == "hello")
      #expect(call.metadata[binary: "x-bin"] == [0, 1, 255])
      #expect(call.metadata["grpc-timeout"] == nil)
      #expect(call.metadata[":path"] == nil)
      var headers = Metadata()
      try headers.append("x-first", "1")
      call.initialMetadata = headers
      var trailers = Metadata()
      try trailers.append("x-last-bin", binary: [9])
      call.trailingMetadata = trailers
      return request
    })
    try await withLoopback(service) { channel, _ in
      var options = CallOptions()
      try options.metadata.append("x-text", "hello")
      try options.metadata.append("x-bin", binary: [0, 1, 255])
      let answer = try await channel.unaryResponse(
        Methods.Streams.unary, Node(), options, as: Node.self)
      #expect(answer.initialMetadata["x-first"] == "1")
      #expect(answer.trailingMetadata[binary: "x-last-bin"] == [9])
    }
  }

  private struct Recording: ServerInterceptor {
    let name: String
    let log: Log
    func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws {
      log.add("\(name) in")
      do { try await next(call) } catch {
        log.add("\(name) failed")
        throw error
      }
      log.add("\(name) out")
    }
  }

  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test("R-039 server interceptors stand around unary calls and streams, in order")
  func serverInterceptors() async throws {
    let log = Log()
    let interceptors = [Recording(name: "a", log: log), Recording(name: "b", log: log)]
    try await withLoopback(EchoStreams(), interceptors: interceptors) { channel, _ in
      let client = StreamsClient(channel)
      _ = try await client.unary(Node())
      let request = Node(text: EchoStreams.fails)
      let status = await status { try await client.serve(request) { for try await _ in $0 {} } }
      #expect(status.code == .aborted)
    }
    #expect(
      log.all == ["a in", "b in", "b out", "a out", "a in", "b in", "b failed", "a failed"])
  }

  private struct Refusing: ServerInterceptor {
    func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws {
      throw Status(.permissionDenied, "no")
    }
  }

  @Test("R-039 an interceptor can refuse, streams too")
  func refusal() async throws {
    try await withLoopback(EchoStreams(), interceptors: [Refusing()]) { channel, _ in
      let client = StreamsClient(channel)
      #expect(await status { _ = try await client.unary(Node()) }.code == .permissionDenied)
      let collected = await status { _ = try await client.collect { _ in } }
      #expect(collected.code == .permissionDenied)
    }
  }

  private struct Adding: ClientInterceptor {
    func intercept<Result>(
      _ method: Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
    ) async throws -> Result {
      var options = options
      try options.metadata.append("x-added", method.name)
      return try await next(options)
    }
  }

  /// Adds its name behind those of the interceptors around it, before the call.
  private struct Naming: CallPreparation {
    let name: String

    func prepare(_ options: inout CallOptions, for method: Method) throws {
      guard name != "refusing" else { throw Status(.permissionDenied, "no") }
      let before = options.metadata["x-added"].map { $0 + " " } ?? ""
      try options.metadata.set("x-added", before + name)
    }
  }

  /// The same, and stands around the call.
  private struct Around: ClientInterceptor {
    let name: String

    func intercept<Result>(
      _ method: Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
    ) async throws -> Result {
      var options = options
      try Naming(name: name).prepare(&options, for: method)
      return try await next(options)
    }
  }

  @Test("client interceptors change the options")
  func clientInterceptors() async throws {
    let service = EchoStreams(onUnary: { request, call in
      Node(text: call.metadata["x-added"] ?? "nothing")
    })
    try await withLoopback(service) { channel, _ in
      let client = StreamsClient(InterceptedCaller(channel, [Adding()]))
      let answer = try await client.unary(Node())
      #expect(answer.text == "Unary")
    }
  }

  @Test("client interceptors stand around each other in their order, whatever their kind")
  func orderOfInterceptors() async throws {
    let service = EchoStreams(onUnary: { request, call in
      Node(text: call.metadata.values("x-added").joined(separator: ", "))
    })
    try await withLoopback(service) { channel, _ in
      let first: [any ClientInterceptor] = [Naming(name: "a"), Naming(name: "b")]
      let last: [any ClientInterceptor] = [Around(name: "c"), Naming(name: "d")]
      for (order, expected) in [(first + last, "a b c d"), (last + first, "c d a b")] {
        let client = StreamsClient(InterceptedCaller(channel, order))
        let answer = try await client.unary(Node())
        #expect(answer.text == expected)
      }
      let refusing = StreamsClient(InterceptedCaller(channel, first + [Naming(name: "refusing")]))
      #expect(await status { _ = try await refusing.unary(Node()) }.code == .permissionDenied)
      #expect(
        await status { _ = try await refusing.collect { _ in } }.code == .permissionDenied)
    }
  }

  @Test(
    "R-059 without a server a call fails at once; R-057 later ones too, until the back-off ends")
  func unavailable() async throws {
    let channel = try Channel("127.0.0.1:1")
    for _ in 0..<3 {
      let status = await status { _ = try await StreamsClient(channel).unary(Node()) }
      #expect(status.code == .unavailable)
    }
    await channel.shutDown(grace: .zero)
    let after = await status { _ = try await StreamsClient(channel).unary(Node()) }
    #expect(after.code == .unavailable)
  }

  @Test("R-059 a call that waits for ready is answered once the server is there")
  func waitsForReady() async throws {
    let path = "/tmp/portico-rpc-\(RequestID.make()).sock"
    var configuration = ChannelConfiguration()
    configuration.firstBackoff = .milliseconds(10)
    let channel = try Channel("unix:\(path)", configuration)
    let task = Task {
      try await StreamsClient(channel).unary(Node(text: "x"), CallOptions(waitsForReady: true))
    }
    let failed = await status { _ = try await StreamsClient(channel).unary(Node()) }
    #expect(failed.code == .unavailable)
    let server = Server(services: [EchoStreams()])
    try await server.listen(Listener(.unix(path: path)))
    #expect(try await task.value.text == "x")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }

  @Test("the channel connects again after the server went away")
  func reconnects() async throws {
    let path = "/tmp/portico-rpc-\(RequestID.make()).sock"
    let channel = try Channel("unix:\(path)")
    for round in 0..<3 {
      let server = Server(services: [EchoStreams()])
      try await server.listen(Listener(.unix(path: path)))
      let options = CallOptions(waitsForReady: true)
      #expect(
        try await StreamsClient(channel).unary(Node(text: "\(round)"), options).text == "\(round)")
      await server.shutDown(grace: .zero)
    }
    await channel.shutDown(grace: .zero)
  }

  @Test("R-032 R-066 a drain lets running calls finish, also with an idle client connected")
  func drain() async throws {
    let started = Signal()
    let release = Signal()
    let service = EchoStreams.held(started, until: release)
    let server = Server(services: [service])
    let port = try await port(of: server)
    let channel = try Channel("127.0.0.1:\(port)")
    let idle = try Channel("127.0.0.1:\(port)")
    _ = await status { _ = try await NestingClient(idle).echo(Node()) }
    let running = Task { try await StreamsClient(channel).unary(Node(text: "x")) }
    await started.wait()
    let draining = Task { await server.shutDown(grace: .seconds(60)) }
    release.set()
    #expect(try await running.value.text == "x")
    await draining.value
    #expect(server.runningHandlers == 0)
    await channel.shutDown(grace: .zero)
    await idle.shutDown(grace: .zero)
  }

  @Test("R-032 the end of the grace cancels what is left")
  func graceEnds() async throws {
    let started = Signal()
    let cancelled = Signal()
    let service = EchoStreams(onUnary: { request, call in
      call.onCancel { cancelled.set() }
      started.set()
      await cancelled.wait()
      return request
    })
    let server = Server(services: [service])
    let channel = try await open(server)
    let running = Task { await status { _ = try await StreamsClient(channel).unary(Node()) } }
    await started.wait()
    await server.shutDown(grace: .milliseconds(50))
    await cancelled.wait()
    #expect([.unavailable, .cancelled].contains(await running.value.code))
    await channel.shutDown(grace: .zero)
  }

  @Test("R-027 R-215 handlers beyond the bound are refused")
  func handlerBound() async throws {
    let started = Signal()
    let release = Signal()
    let service = EchoStreams.held(started, until: release)
    var configuration = ServerConfiguration()
    configuration.handlersPerConnection = 1
    try await withLoopback(service, server: configuration) { channel, _ in
      let first = Task { try await StreamsClient(channel).unary(Node()) }
      await started.wait()
      let second = await status { _ = try await StreamsClient(channel).unary(Node()) }
      #expect(second.code == .resourceExhausted)
      release.set()
      _ = try await first.value
    }
  }

  @Test("N-07 the handler's time is the injected clock")
  func clock() async throws {
    let clock = ManualClock(Instant(seconds: 1_000_000))
    let service = EchoStreams(onUnary: { _, call in
      Node(text: "\(call.now.microseconds)")
    })
    let server = Server(services: [service], clock: clock)
    let channel = try await open(server)
    #expect(try await StreamsClient(channel).unary(Node()).text == "1000000000000")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }
}
