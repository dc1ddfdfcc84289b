/// How a store call failed. Texts in here are for the operator's log, never for a caller.
public enum StoreError: Error, Hashable, Sendable {
  /// The row is absent or out of scope; the two look the same.
  case notFound
  /// The row changed since the caller read it: `UPDATE … WHERE version = …` met no row.
  case stale
  /// A unique constraint: `table(column, column)` on both engines, or `index name` when it is over
  /// expressions.
  case duplicate(constraint: String)
  /// A row refers to one that is absent, or is still referred to.
  case foreignKey
  /// A CHECK or NOT NULL constraint, as the engine words it.
  case constraint(String)
  /// A statement that writes, in a read transaction.
  case readOnly
  /// PostgreSQL's row-level security refused a row of another tenant, or a right is missing.
  case forbidden(String)
  /// The disk is full; reads go on and writes work again once there is room.
  case full
  /// Too many calls wait already, or a statement ran into its time limit.
  case busy
  /// No connection, a lost one, a closed store, or one that stopped after a failed sync. Whether a
  /// write that was being committed took place is unknown.
  case unavailable(String)
  /// The database is damaged; stop and restore.
  case corrupt(String)
  /// A column that is absent, NULL or of another type than the one read.
  case column(String, expected: String)
  /// A value no engine can hold, as a text with a NUL character.
  case unstorable(String)
  /// SQL that the engine refused. A defect in the program.
  case statement(String)
  /// A page token that was not made for this query.
  case invalidPageToken
  /// A request id that came before with another body (AIP-155).
  case requestIDReused
  /// The lease ran out or went to another owner.
  case leaseLost(String)
  /// A migration that may not or could not be applied.
  case migration(String)
}
