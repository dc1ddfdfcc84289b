import GRPCServices
import Logging

/// Keeps what gRPC's health service says in step with the readiness of the process: who balances over several processes
/// leaves out one whose store takes no more writes (R-033, R-180).
struct HealthKeeper: Sendable {
  let health: Health
  let readiness: ReadinessBoard
  /// The part whose needs count: `ticketing`.
  let part: String
  let logger: Logger
  var pause = Duration.seconds(1)

  /// Until the task is cancelled. Begins with a service that serves.
  func run() async {
    var serves = true
    while !Task.isCancelled {
      do { try await Task.sleep(for: pause) } catch { return }
      let missing = await readiness.findings(of: part + "/", localOnly: true)
        .filter { $0.isNeeded && $0.reason != nil }
      guard missing.isEmpty != serves, !Task.isCancelled else { continue }
      serves = missing.isEmpty
      health.set(serving: serves)
      logger.log(
        level: serves ? .notice : .error, serves ? "ready again" : "not ready",
        metadata: ["missing": "\(missing.map { "\($0.name): \($0.reason ?? "")" })"])
    }
  }
}
