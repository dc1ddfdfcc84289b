import PorticoAPI
import RPC
import Synchronization
import WellKnown

/// grpc.health.v1 for one server: the empty name stands for the process, others for the services it answers.
final class Health: HealthService {
  typealias State = GrpcHealth.HealthCheckResponse.ServingStatus

  private struct Board {
    var isServing = false
    var watchers: [Int: AsyncStream<Bool>.Continuation] = [:]
    var next = 0
  }

  private let names: Set<String>
  private let board = Mutex(Board())

  init(_ services: [any RPCService]) {
    names = Set(services.map { type(of: $0).name } + ["", Self.name])
  }

  /// Tells everybody who asks or watches.
  func set(serving: Bool) {
    let watchers = board.withLock { board in
      board.isServing = serving
      return Array(board.watchers.values)
    }
    for watcher in watchers { watcher.yield(serving) }
  }

  /// Ends every watch, so that no connection stays open for one.
  func end() {
    let watchers = board.withLock { board in
      defer { board.watchers = [:] }
      return Array(board.watchers.values)
    }
    for watcher in watchers { watcher.finish() }
  }

  func check(
    _ request: GrpcHealth.HealthCheckRequest, _ call: Call
  ) async throws -> GrpcHealth.HealthCheckResponse {
    guard names.contains(request.service) else { throw Status(.notFound, "unknown service") }
    return .init(status: state(board.withLock { $0.isServing }))
  }

  func list(
    _ request: GrpcHealth.HealthListRequest, _ call: Call
  ) async throws -> GrpcHealth.HealthListResponse {
    let state = state(board.withLock { $0.isServing })
    return .init(
      statuses: Dictionary(uniqueKeysWithValues: names.map { ($0, .init(status: state)) }))
  }

  func watch(
    _ request: GrpcHealth.HealthCheckRequest, _ call: Call,
    _ responses: ResponseWriter<GrpcHealth.HealthCheckResponse>
  ) async throws {
    let isKnown = names.contains(request.service)
    let (changes, number, now) = subscribe()
    defer { board.withLock { _ = $0.watchers.removeValue(forKey: number) } }
    try await responses.write(.init(status: isKnown ? state(now) : .serviceUnknown))
    for await isServing in changes where isKnown {
      try await responses.write(.init(status: state(isServing)))
    }
  }

  private func subscribe() -> (AsyncStream<Bool>, Int, Bool) {
    let (changes, continuation) = AsyncStream<Bool>.makeStream(
      bufferingPolicy: .bufferingNewest(1))
    return board.withLock { board in
      board.next += 1
      board.watchers[board.next] = continuation
      return (changes, board.next, board.isServing)
    }
  }

  private func state(_ isServing: Bool) -> State { isServing ? .serving : .notServing }
}
