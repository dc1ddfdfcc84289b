import GRDB
import Store
import Synchronization
import Values

/// Reads, by turns of their tenants.
///
/// So many run at once as there are readers. A reader is borrowed from GRDB for a stint and performs one read after the other,
/// each in a transaction of its own: with a queue of GRDB's for each read they would be served in the order in which they came.
final class ReadQueue: Sendable {
  /// Performs a read and returns what answers it, for when its transaction has ended.
  private typealias Read = @Sendable (Result<Database, any Error>) -> @Sendable () -> Void

  private struct State {
    var waiting = TenantLine<Read>()
    /// Readers that are borrowed, or asked for. While anything waits all are.
    var borrowed = 0
    /// Reads that wait or are under way.
    var count = 0
    var isClosed = false
    var onFree: CheckedContinuation<Void, Never>?
  }

  /// Reads that a reader performs at most before it is given back: GRDB looks then whether a migration has changed the tables,
  /// and whoever else waits for the connection gets it.
  static let stint = 64

  private let database: any DatabaseReader
  private let clock: any WallClock
  private let limits: SQLiteStore.Limits
  private let state = Mutex(State())

  init(_ database: any DatabaseReader, clock: any WallClock, limits: SQLiteStore.Limits) {
    self.database = database
    self.clock = clock
    self.limits = limits
  }

  /// Reads that wait or are under way.
  var count: Int { state.withLock { $0.count } }

  func perform<T: Sendable>(
    as tenant: TenantID?, _ body: @escaping @Sendable (TransactionState) throws -> T
  ) async throws -> T {
    let clock = clock
    return try await withCheckedThrowingContinuation { continuation in
      do throws(StoreError) {
        try add(of: tenant) { access in
          let result = Result { try Self.read(try access.get(), clock, body) }
            .mapError { ($0 as? DatabaseError).map { StoreError(sqlite: $0) } ?? $0 }
          return { continuation.resume(with: result) }
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Refuses new reads; false when that was so already.
  func refuse() -> Bool {
    state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
  }

  /// Returns when every read is answered and every reader given back. Once, after new ones are refused.
  func finish() async {
    await withCheckedContinuation { done in
      let isFree = state.withLock { state in
        guard state.borrowed > 0 else { return true }
        state.onFree = done
        return false
      }
      if isFree { done.resume() }
    }
  }

  private func add(of tenant: TenantID?, _ read: @escaping Read) throws(StoreError) {
    let mustBorrow = try state.withLock { state throws(StoreError) in
      guard !state.isClosed else { throw .unavailable("the store is closed") }
      guard state.count < limits.waiting else { throw .busy }
      state.count += 1
      guard state.borrowed < limits.readers else {
        state.waiting.append(read, of: tenant)
        return false
      }
      state.borrowed += 1
      return true
    }
    // Where a reader is free nobody stands in line before it.
    if mustBorrow { borrow(for: read) }
  }

  /// - Parameter first: what the stint begins with; nil for the first of the line.
  private func borrow(for first: Read? = nil) {
    database.asyncUnsafeRead { access in
      var next = first
      for _ in 0..<Self.stint {
        guard let read = next ?? self.state.withLock({ $0.waiting.popFirst() }) else { break }
        next = nil
        let answer = read(access)
        self.state.withLock { $0.count -= 1 }
        answer()
      }
      self.giveBack()
    }
  }

  /// At the end of a stint, on the reader's thread.
  private func giveBack() {
    let (goesOn, onFree) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      guard state.waiting.isEmpty else { return (true, nil) }
      state.borrowed -= 1
      guard state.borrowed == 0 else { return (false, nil) }
      defer { state.onFree = nil }
      return (false, state.onFree)
    }
    // Asked for while this one is not given back yet, so that a closing database is never asked.
    if goesOn { borrow() }
    onFree?.resume()
  }

  private static func read<T>(
    _ db: Database, _ clock: any WallClock, _ body: (TransactionState) throws -> T
  ) throws -> T {
    // Nothing on a reader of a pool, which cannot write; where one connection does both it is told not to.
    try db.readOnly {
      try db.cachedStatement(sql: "BEGIN DEFERRED TRANSACTION").execute()
      do {
        let state = TransactionState(
          engine: .sqlite, runner: SQLiteRunner(db), now: clock.now, isReadOnly: true)
        let value = try body(state)
        try state.finish()
        try db.cachedStatement(sql: "COMMIT").execute()
        return value
      } catch {
        try db.rollback()
        throw error
      }
    }
  }
}
