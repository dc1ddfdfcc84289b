import PorticoAPI
import RPC
import Synchronization
import WellKnown

/// grpc.health.v1 for one server: the empty name stands for the process, others for its services.
///
/// Nothing serves until `set(serving:)` says so.
public final class Health: HealthService {
  public typealias State = GrpcHealth.HealthCheckResponse.ServingStatus

  private struct Watcher {
    let service: String
    let states: AsyncStream<State>.Continuation
  }

  private struct Board {
    var states: [String: State]
    var watchers: [Int: Watcher] = [:]
    var next = 0
    var hasEnded = false

    func state(of service: String) -> State { states[service] ?? .serviceUnknown }
  }

  private let board: Mutex<Board>

  /// - Parameter services: those of the server; health itself is added.
  public init(_ services: [any RPCService]) {
    let names = Set(services.map { type(of: $0).name } + ["", Self.name])
    board = Mutex(Board(states: Dictionary(uniqueKeysWithValues: names.map { ($0, .notServing) })))
  }

  /// The state of every known service and of the process; tells those who watch.
  public func set(serving: Bool) {
    board.withLock { board in
      for name in board.states.keys { board.states[name] = serving ? .serving : .notServing }
      Self.tell(board.watchers.values, board)
    }
  }

  /// The state of one service, which becomes known by it; tells those who watch it.
  public func set(_ state: State, of service: String) {
    board.withLock { board in
      board.states[service] = state
      Self.tell(board.watchers.values.filter { $0.service == service }, board)
    }
  }

  private static func tell(_ watchers: some Sequence<Watcher>, _ board: Board) {
    for watcher in watchers { watcher.states.yield(board.state(of: watcher.service)) }
  }

  /// Ends every watch, those still to come too, so that no connection stays open for one.
  public func end() {
    let watchers = board.withLock { board in
      board.hasEnded = true
      defer { board.watchers = [:] }
      return board.watchers.values
    }
    for watcher in watchers { watcher.states.finish() }
  }

  public func check(
    _ request: GrpcHealth.HealthCheckRequest, _ call: Call
  ) async throws -> GrpcHealth.HealthCheckResponse {
    guard let state = board.withLock({ $0.states[request.service] }) else {
      throw Status(.notFound, "unknown service")
    }
    return .init(status: state)
  }

  public func list(
    _ request: GrpcHealth.HealthListRequest, _ call: Call
  ) async throws -> GrpcHealth.HealthListResponse {
    .init(statuses: board.withLock { $0.states }.mapValues { .init(status: $0) })
  }

  public func watch(
    _ request: GrpcHealth.HealthCheckRequest, _ call: Call,
    _ responses: ResponseWriter<GrpcHealth.HealthCheckResponse>
  ) async throws {
    let (states, number) = subscribe(request.service)
    defer { board.withLock { _ = $0.watchers.removeValue(forKey: number) } }
    var last: State?
    for await state in states where state != last {
      try await responses.write(.init(status: state))
      last = state
    }
  }

  /// The state now and the later ones; one that nobody took yet gives way to the next.
  private func subscribe(_ service: String) -> (AsyncStream<State>, Int) {
    let (states, continuation) = AsyncStream<State>.makeStream(
      bufferingPolicy: .bufferingNewest(1))
    return board.withLock { board in
      board.next += 1
      continuation.yield(board.state(of: service))
      if board.hasEnded {
        continuation.finish()
      } else {
        board.watchers[board.next] = Watcher(service: service, states: continuation)
      }
      return (states, board.next)
    }
  }
}
