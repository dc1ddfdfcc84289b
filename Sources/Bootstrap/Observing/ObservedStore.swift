import RPC
import Store
import Telemetry
import Values

/// A store whose transactions are counted, timed and traced, whichever engine it has.
struct ObservedStore: Store {
  let base: any Store
  let figures: StoreFigures
  /// Nil where nothing is traced.
  let tracing: StoreTracing?

  var engine: Engine { base.engine }
  var clock: any WallClock { base.clock }
  var bell: EventBell { base.bell }
  var condition: StoreCondition { base.condition }

  func read<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await figures.counting(.read) {
      try await traced(.read) { _ in try await base.read(as: tenant, body) }
    }
  }

  func write<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await figures.counting(.write) {
      try await traced(.write) { trace in
        guard let trace else { return try await base.write(as: tenant, body) }
        return try await base.write(as: tenant) { db in
          db.belongs(toTrace: trace)
          return try body(db)
        }
      }
    }
  }

  func readAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T {
    try await figures.counting(.read) {
      try await traced(.read) { _ in try await base.readAcrossTenants(body) }
    }
  }

  func writeAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T {
    try await figures.counting(.write) {
      try await traced(.write) { trace in
        guard let trace else { return try await base.writeAcrossTenants(body) }
        return try await base.writeAcrossTenants { db in
          db.belongs(toTrace: trace)
          return try body(db)
        }
      }
    }
  }

  /// - Parameter body: is given the `traceparent` of the transaction; nil when nobody records it.
  private func traced<T>(
    _ kind: StoreFigures.Kind, _ body: (String?) async throws -> T
  ) async throws -> T {
    guard let tracing, let around = TraceScope.recorded else { return try await body(nil) }
    return try await tracing.recording(kind, in: around, body)
  }

  func whenWritesStop(_ body: @escaping @Sendable (StoreError) -> Void) {
    base.whenWritesStop(body)
  }

  func close() async { await base.close() }
}

/// The transactions of one store.
final class StoreFigures: Sendable {
  enum Kind: String { case read, write }

  private let reads = Distribution()
  private let writes = Distribution()
  /// Those whose body, or whose caller's request, was wrong.
  private let refused = Counter(
    "portico_store_refused_total", help: "Transactions that were undone because of what was asked.",
    labels: ["kind"], known: [["read"], ["write"]])
  /// Those that the engine could not carry out.
  private let failed = Counter(
    "portico_store_failed_total", help: "Transactions that the engine could not carry out.",
    labels: ["kind", "reason"],
    known: ["read", "write"].flatMap { kind in
      ["unavailable", "busy", "full", "corrupt", "statement"].map { [kind, $0] }
    })

  var transactions: UInt64 { reads.count &+ writes.count }
  var failures: UInt64 { failed.total }
  /// Seconds.
  var typicalTime: Double? { writes.median ?? reads.median }

  func counting<T>(_ kind: Kind, _ body: () async throws -> T) async throws -> T {
    let began = ContinuousClock.now
    do {
      let value = try await body()
      (kind == .read ? reads : writes).record(ContinuousClock.now - began)
      return value
    } catch {
      (kind == .read ? reads : writes).record(ContinuousClock.now - began)
      if let reason = (error as? StoreError)?.outage {
        failed.add(1, kind.rawValue, reason)
      } else {
        refused.add(1, kind.rawValue)
      }
      throw error
    }
  }

  func families(_ condition: StoreCondition) -> [MetricFamily] {
    var times = MetricFamily(
      "portico_store_transaction_seconds", .histogram,
      help: "Time of a transaction, with the wait for its turn.")
    reads.add(to: &times, [.init("kind", "read")])
    writes.add(to: &times, [.init("kind", "write")])
    return [
      times, refused.family, failed.family,
      .gauge(
        "portico_store_waiting", Double(condition.waiting),
        help: "Transactions that wait for their turn."),
      .gauge(
        "portico_store_writable", condition.refusal == nil ? 1 : 0,
        help: "Whether the store takes writes."),
    ] + condition.families
  }
}

extension StoreError {
  /// What of the machine, not of the request, was wrong; nil for what the caller could have known.
  var outage: String? {
    switch self {
    case .unavailable: "unavailable"
    case .busy: "busy"
    case .full: "full"
    case .corrupt: "corrupt"
    case .statement: "statement"
    default: nil
    }
  }
}
