// Store: what a service remembers, told once for both engines. `SQL` binds what it interpolates;
// a `Transaction` is the only way to a row, and a tenant is the only way to a transaction. Audit row,
// event and outbox row ride in the transaction of the change they belong to.
// It is not an ORM, knows no engine (StoreSQLite and StorePostgres do) and no product table.

import Values

/// Which SQL dialect a statement is rendered for.
public enum Engine: String, Sendable, Hashable, CaseIterable {
  case sqlite, postgres
}

/// A transactional store. Bodies are synchronous, so nothing can be awaited inside a transaction;
/// they run on the store's own threads, never on an event loop, and may be run again after a
/// serialization failure: no effect but the database's may happen in one.
///
/// When a body throws, nothing of its transaction remains and the error comes out as it was thrown.
/// Everything else that is thrown is a `StoreError`. A write that returned has reached the disk.
public protocol Store: Sendable {
  var engine: Engine { get }
  var clock: any WallClock { get }
  /// Rings when a commit has appended events.
  var bell: EventBell { get }
  /// How the engine is doing.
  var condition: StoreCondition { get }

  /// Reads one consistent state. A statement that writes throws `StoreError.readOnly`.
  func read<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T

  /// Changes rows; atomic, isolated per statement (READ COMMITTED) and durable.
  @discardableResult
  func write<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T

  /// For jobs that walk every tenant: the outbox relay, retention, platform operators. Never with a
  /// caller's request behind it.
  func readAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T

  @discardableResult
  func writeAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T

  /// Calls `body` once, with the reason, when no write is taken any more until the process starts anew, because a sync
  /// failed; at once when that is so already. Reads go on.
  func whenWritesStop(_ body: @escaping @Sendable (StoreError) -> Void)

  /// Waits for what is under way and closes every connection. Later calls throw `.unavailable`.
  func close() async
}

extension Store {
  /// Nothing: an engine across the network finds out with the next connection.
  public func whenWritesStop(_ body: @escaping @Sendable (StoreError) -> Void) {}
}
