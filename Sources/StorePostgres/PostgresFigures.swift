import Store
import Synchronization
import Telemetry

/// What the connections of one store do, counted by their threads.
final class PostgresFigures: Sendable {
  private let connections: Int
  private let busy = Atomic<Int>(0)
  private let retries = Counter(
    "portico_postgres_retries_total", help: "Transactions begun again after a conflict.")
  private let connects = Counter(
    "portico_postgres_connects_total", help: "Connections opened.", labels: ["outcome"],
    known: [["opened"], ["failed"]])
  /// Why the last connection could not be opened; nil once one could.
  private let outage = Mutex<StoreError?>(nil)

  init(connections: Int) { self.connections = connections }

  func began() { busy.wrappingAdd(1, ordering: .relaxed) }
  func ended() { busy.wrappingSubtract(1, ordering: .relaxed) }
  func retried() { retries.add() }

  /// - Parameter failure: why there is no connection; nil for a new one.
  func connected(_ failure: StoreError?) {
    connects.add(1, failure == nil ? "opened" : "failed")
    outage.withLock { $0 = failure }
  }

  func condition(waiting: Int) -> StoreCondition {
    StoreCondition(
      waiting: waiting, retries: retries.total, refusal: outage.withLock { $0 },
      families: [
        .gauge(
          "portico_postgres_connections", Double(connections),
          help: "Connections that there may be."),
        .gauge(
          "portico_postgres_connections_busy", Double(busy.load(ordering: .relaxed)),
          help: "Connections with a transaction."),
        .gauge(
          "portico_postgres_waiting", Double(waiting),
          help: "Transactions that wait for a connection."),
        retries.family, connects.family,
      ])
  }
}
