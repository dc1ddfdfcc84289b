import PorticoAPI
import RPC
import Synchronization
import WellKnown

/// Remembers which services let a part of a page wait until its time was up. Until such a one answers when it is asked for
/// its health, pages do without it at once instead of waiting one after the other (V-05, N-10). Whoever wants the service
/// itself is not refused: their call ends by its own deadline.
final class SilentServices: Caller {
  /// Whether the call at hand is for a part that the page can do without.
  @TaskLocal static var isAskedForPart = false

  private let base: any Caller
  private let backends: Backends
  private let silent = Mutex<Set<String>>([])
  private static let pause = Duration.milliseconds(250)

  /// - Parameters:
  ///   - base: performs the calls.
  ///   - backends: the same services, to be asked for their health.
  init(_ base: any Caller, _ backends: Backends) {
    self.base = base
    self.backends = backends
  }

  func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    guard Self.isAskedForPart else { return try await base.unary(method, request, options) }
    guard !silent.withLock({ $0.contains(method.owner) }) else {
      throw Status(.unavailable, "the service does not answer at the moment")
    }
    do {
      return try await base.unary(method, request, options)
    } catch let status as Status where status.code == .deadlineExceeded {
      watch(method.owner)
      throw status
    }
  }

  /// Whoever waits in no task asks for the whole answer, not for a part of a page.
  func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    try base.start(method, request, options, completion)
  }

  func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await base.stream(method, options, body)
  }

  /// Asks a service for its health, again and again until it answers anything.
  private func watch(_ service: String) {
    guard silent.withLock({ $0.insert(service).inserted }) else { return }
    Task.detached { [weak self] in
      while let self, await !self.answers(service) {
        do { try await Task.sleep(for: Self.pause) } catch { return }
      }
      self?.silent.withLock { _ = $0.remove(service) }
    }
  }

  private func answers(_ service: String) async -> Bool {
    guard let caller = backends[service] else { return true }
    do {
      _ = try await HealthClient(caller).check(
        .init(), CallOptions(deadline: .after(.seconds(1)), inheritsContext: false))
      return true
    } catch let status as Status {
      return status.code != .deadlineExceeded
    } catch { return true }
  }
}
