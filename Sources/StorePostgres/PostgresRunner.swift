import Store
import Values

import struct Store.Row
import struct Store.Statement

/// Statements of one transaction, which begins with the first of them. What nobody waits for travels with what somebody
/// does wait for; the commit with the last of them.
final class PostgresRunner: StatementRunner {
  private static let asksAtOnce = 200

  private let connection: PostgresConnection
  private let kind: TransactionKind
  private let readOnly: Bool
  private let limits: PostgresStore.Limits
  private var hasBegun = false
  /// Whether the server was sent anything, and so whether it has a transaction to end.
  private var isKnown = false
  /// Whether COMMIT went out: what became of it is not known before its answer.
  private(set) var mayBeCommitted = false
  /// The first error of the server in this transaction.
  private(set) var failure: StoreError?

  init(
    _ connection: PostgresConnection, _ kind: TransactionKind, readOnly: Bool,
    limits: PostgresStore.Limits
  ) {
    self.connection = connection
    self.kind = kind
    self.readOnly = readOnly
    self.limits = limits
  }

  func run(_ statement: Statement) throws(StoreError) -> Int {
    try perform(statement).changedRows
  }

  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row] {
    try perform(statement).rows(limit: limit)
  }

  func rows(_ statements: [Statement]) throws(StoreError) -> [[Row]] {
    var rows: [[Row]] = []
    var rest = statements[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.asksAtOnce)
      rest = rest.dropFirst(Self.asksAtOnce)
      let results = try noting { () throws(StoreError) in
        try begin()
        for statement in part { try connection.enqueue(Command(statement, isAsked: true)) }
        isKnown = true
        return try connection.flush()
      }
      guard results.count == part.count else { throw .unavailable("results are missing") }
      for result in results { rows.append(try result.rows(limit: nil)) }
    }
    return rows
  }

  func enqueue(_ statement: Statement, else error: StoreError?) throws(StoreError) {
    try noting { () throws(StoreError) in
      try begin()
      if connection.isFull { isKnown = true }
      try connection.enqueue(Command(statement, else: error))
    }
  }

  private func perform(_ statement: Statement) throws(StoreError) -> PostgresResult {
    try noting { () throws(StoreError) in
      try begin()
      isKnown = true
      return try connection.perform(Command(statement))
    }
  }

  private func begin() throws(StoreError) {
    guard !hasBegun else { return }
    hasBegun = true
    try connection.enqueue(readOnly ? .beginReading : .begin)
    // Behind a pooler no session keeps the limits for us.
    try connection.enqueue(kind.prelude(connection.isPooled ? limits.settings : []))
  }

  func commit() throws(StoreError) {
    guard hasBegun else { return }
    try noting { () throws(StoreError) in
      // What was read is known, and nobody's work depends on the end of the transaction that read it.
      if readOnly && !connection.hasQueued { return try connection.post(.commit) }
      if connection.hasConditions {
        isKnown = true
        _ = try connection.flush()
      }
      isKnown = true
      mayBeCommitted = !readOnly
      let tag = try connection.perform(.commit).tag
      guard tag == "COMMIT" else { throw .statement("the transaction had failed: \(tag)") }
    }
    hasBegun = false
  }

  /// Undoes what was sent. Nobody waits for the answer.
  func rollback() throws(StoreError) {
    guard hasBegun else { return }
    hasBegun = false
    connection.dropQueued()
    if isKnown { try connection.post(.rollback) }
  }

  private func noting<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
    do throws(StoreError) { return try body() } catch {
      failure = failure ?? error
      throw error
    }
  }
}
