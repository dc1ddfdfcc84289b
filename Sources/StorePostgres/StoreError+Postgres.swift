import CPostgres
import Store
import Synchronization

/// What a unique constraint is called in the store's terms, by PostgreSQL's name for it. Row-level
/// security keeps the server from telling the columns in the error.
final class ConstraintNames: Sendable {
  private let names = Mutex<[String: String]>([:])

  func set(_ known: [String: String]) { names.withLock { $0 = known } }
  func name(_ constraint: String) -> String { names.withLock { $0[constraint] } ?? constraint }

  /// Rows of (index, name) for every unique index of the schema.
  static let query = """
    SELECT i.relname::text AS index,
      CASE WHEN bool_or(k.attnum = 0) THEN 'index ' || i.relname
      ELSE t.relname || '(' || string_agg(a.attname, ', ' ORDER BY k.n) || ')' END AS name
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY k (attnum, n)
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
    WHERE x.indisunique AND t.relnamespace = current_schema()::regnamespace
    GROUP BY i.relname, t.relname
    """
}

extension StoreError {
  /// What PostgreSQL said, in the store's terms. Bound values never get into the text: the detail,
  /// which may quote them, is left out.
  init(postgres result: PostgresResult, isLost: Bool, names: ConstraintNames) {
    // PG_DIAG_SQLSTATE and the others are character constants, which C import leaves out.
    let state = result.field(Int32(UInt8(ascii: "C"))) ?? ""
    let message = result.field(Int32(UInt8(ascii: "M"))) ?? "connection lost"
    let constraint = result.field(Int32(UInt8(ascii: "n"))) ?? message
    switch state {
    case "23505": self = .duplicate(constraint: names.name(constraint))
    case "23503": self = .foreignKey
    case "25006": self = .readOnly
    case "42501": self = .forbidden(message)
    case "57014", "55P03": self = .busy
    case "53100": self = .full
    case "22021": self = .unstorable(message)
    case "40001", "40P01": self = .conflict
    case "0A000" where message.hasPrefix("cached plan"), "26000", "42P05": self = .stalePlan
    default:
      switch state.prefix(2) {
      case "23": self = .constraint(message)
      case "08", "57", "53", "58": self = .unavailable("\(state) \(message)")
      case "XX": self = .corrupt("\(state) \(message)")
      case "": self = .unavailable(message)
      default: self = isLost ? .unavailable(message) : .statement("\(state) \(message)")
      }
    }
  }

  /// A serialization failure or a deadlock: nobody's fault, run it again. `busy` when it persists.
  static let conflict = StoreError.statement("serialization failure")
  /// A plan that a migration has overtaken, or one that is not where it was left; a new connection has none.
  static let stalePlan = StoreError.statement("stale plan")
}
