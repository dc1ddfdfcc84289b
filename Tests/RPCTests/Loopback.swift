import Logging
import PorticoAPI
import RPC
import Synchronization

typealias Node = PorticoTesting.Node

/// A server and a channel to it on a loopback port, for the length of `body`.
func withLoopback<R>(
  _ service: any RPCService, interceptors: [any ServerInterceptor] = [],
  server configuration: ServerConfiguration = .init(),
  _ body: (Channel, Server) async throws -> R
) async throws -> R {
  let server = Server(
    services: [service], interceptors: interceptors, configuration: configuration)
  let channel = try await open(server)
  do {
    let result = try await body(channel, server)
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    return result
  } catch {
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    throw error
  }
}

func port(of server: Server, _ listener: Listener = Listener(.tcp(host: "127.0.0.1", port: 0)))
  async throws -> Int
{
  guard case .tcp(_, let port) = try await server.listen(listener) else {
    throw Status(.internal, "not a TCP listener")
  }
  return port
}

func open(_ server: Server) async throws -> Channel {
  try Channel("127.0.0.1:\(try await port(of: server))")
}

/// The status that `body` throws; OK when it throws none.
func status(_ body: () async throws -> Void) async -> Status {
  do {
    try await body()
    return Status(.ok, "")
  } catch let status as Status {
    return status
  } catch {
    return Status(.unknown, "not a status: \(error)")
  }
}

/// Lets a test and a handler wait for each other.
final class Signal: Sendable {
  private let state = Mutex<(isSet: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

  func set() {
    let waiters = state.withLock { state in
      state.isSet = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isSet = state.withLock { state in
        if !state.isSet { state.waiters.append(continuation) }
        return state.isSet
      }
      if isSet { continuation.resume() }
    }
  }
}

/// `grpc.testing` in small: answers what it is asked, in the four kinds.
struct EchoStreams: StreamsService {
  /// Text of a request that makes the unary method fail with a status of its own.
  static let fails = "fail"

  var onUnary: @Sendable (Node, Call) async throws -> Node = { request, _ in request }

  /// Says that a unary call has come, and answers it when told to.
  static func held(_ started: Signal, until release: Signal) -> EchoStreams {
    EchoStreams(onUnary: { request, _ in
      started.set()
      await release.wait()
      return request
    })
  }

  func unary(_ request: Node, _ call: Call) async throws -> Node {
    try await onUnary(request, call)
  }

  func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {
    for child in request.children { try await responses.write(child) }
    if request.text == Self.fails { throw Status(.aborted, "after \(request.children.count)") }
  }

  func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node {
    var all = Node()
    for try await request in requests { all.children.append(request) }
    return all
  }

  func chat(
    _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
  ) async throws {
    for try await request in requests { try await responses.write(request) }
  }
}
