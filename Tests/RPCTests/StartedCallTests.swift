import PorticoAPI
import Protobuf
import Synchronization
import Testing

@testable import RPC

@Suite("R-050 calls that nobody waits for in a task", .timeLimit(.minutes(2)))
struct StartedCallTests {
  private typealias Outcome = Result<UnaryResponse<[UInt8]>, any Error>

  /// How calls ended, in their order.
  private final class Outcomes: Sendable {
    private let all: AsyncStream<Outcome>
    let adding: AsyncStream<Outcome>.Continuation
    init() { (all, adding) = AsyncStream.makeStream() }

    func next() async -> Outcome? {
      for await outcome in all { return outcome }
      return nil
    }

    /// What the answer says, or the code of the failure.
    func text() async throws -> String {
      switch await next() {
      case .success(let answer): try Node(serialized: answer.message).text
      case .failure(let status as Status): "\(status.code)"
      case .failure(let error): "\(error)"
      case nil: "nothing"
      }
    }
  }

  private static let method = Methods.Streams.unary

  private static func start(
    _ caller: any Caller, _ options: CallOptions = CallOptions(), text: String = "hello"
  ) throws -> (outcomes: Outcomes, call: any StartedCall) {
    let outcomes = Outcomes()
    let call = try caller.start(method, Node(text: text).serialized(), options) {
      outcomes.adding.yield($0)
    }
    return (outcomes, call)
  }

  private static func service(
    _ answer: @escaping @Sendable (Node, Call) async throws -> Node = { request, _ in request }
  ) -> EchoStreams { EchoStreams(onUnary: answer) }

  @Test("R-050 R-065 the answer with its metadata, or the status, once")
  func outcomes() async throws {
    let service = Self.service { request, call in
      guard request.text != "no" else { throw Status(.notFound, "gone") }
      try call.initialMetadata.set("x-first", "a")
      return request
    }
    try await withLoopback(service) { channel, _ in
      let (good, call) = try Self.start(channel)
      guard case .success(let answer) = await good.next() else {
        Issue.record("no answer")
        return
      }
      #expect(try Node(serialized: answer.message).text == "hello")
      #expect(answer.initialMetadata["x-first"] == "a")
      // Over is over.
      call.cancel()
      #expect(try await Self.start(channel, text: "no").outcomes.text() == "notFound")
      good.adding.finish()
      #expect(await good.next() == nil)
    }
  }

  @Test("R-060 R-064 the deadline and the caller end it, and so does a channel that is shut down")
  func ends() async throws {
    let (began, beginning) = AsyncStream<Void>.makeStream()
    let service = Self.service { _, _ in
      beginning.yield()
      try await Task.sleep(for: .seconds(600))
      return Node()
    }
    try await withLoopback(service) { channel, _ in
      let late = try Self.start(channel, CallOptions(deadline: .after(.milliseconds(50))))
      #expect(try await late.outcomes.text() == "deadlineExceeded")
      let past = try Self.start(channel, CallOptions(deadline: .after(.zero)))
      #expect(try await past.outcomes.text() == "deadlineExceeded")
      var calls = began.makeAsyncIterator()
      let (given, call) = try Self.start(channel)
      _ = await calls.next()
      call.cancel()
      #expect(try await given.text() == "cancelled")
      await channel.shutDown(grace: .zero)
      #expect(try await Self.start(channel).outcomes.text() == "unavailable")
    }
  }

  /// Stands around calls and counts how they end.
  private final class Counting: ClientInterceptor {
    let ended = Mutex<[String]>([])

    func intercept<Result>(
      _ method: Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
    ) async throws -> Result {
      do {
        let result = try await next(options)
        ended.withLock { $0.append("ok") }
        return result
      } catch {
        ended.withLock { $0.append("\((error as? Status)?.code as Any)") }
        throw error
      }
    }
  }

  /// Adds a name, or refuses.
  private struct Naming: CallPreparation {
    let name: String?

    func prepare(_ options: inout CallOptions, for method: Method) throws {
      guard let name else { throw Status(.permissionDenied, "no") }
      try options.metadata.set("x-added", name)
    }
  }

  @Test("R-039 interceptors see it as any other call, whether they decide or stand around it")
  func interceptors() async throws {
    let service = Self.service { _, call in Node(text: call.metadata["x-added"] ?? "nothing") }
    try await withLoopback(service) { channel, _ in
      let counting = Counting()
      for interceptors in [[Naming(name: "a")], [Naming(name: "a"), counting]]
        as [[any ClientInterceptor]]
      {
        let caller = InterceptedCaller(channel, interceptors)
        #expect(try await Self.start(caller).outcomes.text() == "a")
      }
      #expect(counting.ended.withLock { $0 } == ["ok"])
      #expect(throws: Status.self) {
        try Self.start(InterceptedCaller(channel, [Naming(name: nil)]))
      }
      let late = try Self.start(InterceptedCaller(channel, [counting, Naming(name: nil)]))
      #expect(try await late.outcomes.text() == "permissionDenied")
    }
  }

  @Test("R-083 credentials that have to be waited for are, and the caller can give up meanwhile")
  func credentials() async throws {
    let service = Self.service { _, call in Node(text: call.metadata["x-token"] ?? "nothing") }
    try await withLoopback(service) { channel, _ in
      var options = CallOptions()
      options.credentials = CallCredentials(allowingPlaintextOnLoopback: true) { _ in
        var metadata = Metadata()
        try metadata.set("x-token", "t")
        return metadata
      }
      #expect(try await Self.start(channel, options).outcomes.text() == "t")
      let (asked, asking) = AsyncStream<Void>.makeStream()
      options.credentials = CallCredentials(allowingPlaintextOnLoopback: true) { _ in
        asking.yield()
        try await Task.sleep(for: .seconds(600))
        return Metadata()
      }
      let (outcomes, call) = try Self.start(channel, options)
      for await _ in asked { break }
      call.cancel()
      #expect(try await outcomes.text() != "nothing")
    }
  }

  @Test("R-042 what is refused before it begins is counted as any other call")
  func counted() async throws {
    let metrics = CallMetrics(.client)
    try await withLoopback(Self.service()) { _, server in
      var configuration = ChannelConfiguration()
      configuration.metrics = metrics
      let channel = try Channel("127.0.0.1:\(try await port(of: server))", configuration)
      let past = try Self.start(channel, CallOptions(deadline: .after(.zero)))
      #expect(try await past.outcomes.text() == "deadlineExceeded")
      #expect(try await Self.start(channel).outcomes.text() == "hello")
      await channel.shutDown(grace: .zero)
    }
    let unary = try #require(metrics.snapshot.first { $0.label.name == Self.method.name })
    #expect(unary.handled == [.ok: 1, .deadlineExceeded: 1] && unary.inFlight == 0)
  }
}
