/// SQL in which every interpolated value is bound, so that text from outside cannot become syntax.
///
///     "SELECT * FROM tickets WHERE tenant = \(db.tenant) AND state IN \(states) AND \(scope)"
///
/// Values bind; values of type `SQL` splice; arrays become a parenthesised list. Raw text comes only
/// from literals, for example `SQL(verbatim: "created_at")`.
public struct SQL: Sendable, Hashable, ExpressibleByStringInterpolation {
  enum Part: Sendable, Hashable {
    case text(String)
    case bound(SQLValue, SQLKind)
    case engine(sqlite: String, postgres: String)
  }

  var parts: [Part]

  init(parts: [Part]) { self.parts = parts }

  public init(stringLiteral value: String) { parts = [.text(value)] }

  public init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  /// Text of the program, as a column name chosen by a `switch`.
  public init(verbatim text: StaticString) { parts = [.text(text.description)] }

  /// The few words in which the engines differ.
  public init(sqlite: StaticString, postgres: StaticString) {
    parts = [.engine(sqlite: sqlite.description, postgres: postgres.description)]
  }

  /// A bound value whose type is known only at run time, as a column of a page token.
  public init(binding value: SQLValue, as kind: SQLKind) { parts = [.bound(value, kind)] }

  public static func + (a: SQL, b: SQL) -> SQL { SQL(parts: a.parts + b.parts) }
  public static func += (a: inout SQL, b: SQL) { a.parts += b.parts }

  /// Every condition holds; no condition is TRUE.
  public static func all(_ conditions: [SQL]) -> SQL {
    joined(conditions, by: " AND ", whenEmpty: "TRUE")
  }

  /// At least one condition holds; no condition is FALSE.
  public static func any(_ conditions: [SQL]) -> SQL {
    joined(conditions, by: " OR ", whenEmpty: "FALSE")
  }

  /// Fragments with commas between, as the columns of an INSERT.
  public static func list(_ fragments: [SQL]) -> SQL {
    var result = SQL(parts: [])
    for (index, fragment) in fragments.enumerated() {
      if index > 0 { result.parts.append(.text(", ")) }
      result += fragment
    }
    return result
  }

  private static func joined(_ terms: [SQL], by word: String, whenEmpty: String) -> SQL {
    guard !terms.isEmpty else { return SQL(parts: [.text(whenEmpty)]) }
    var result = SQL(parts: [.text("(")])
    for (index, term) in terms.enumerated() {
      if index > 0 { result.parts.append(.text(word)) }
      result += term
    }
    result.parts.append(.text(")"))
    return result
  }
}

extension SQL {
  public struct StringInterpolation: StringInterpolationProtocol {
    var parts: [Part] = []

    public init(literalCapacity: Int, interpolationCount: Int) {
      parts.reserveCapacity(interpolationCount * 2 + 1)
    }

    public mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { parts.append(.text(literal)) }
    }

    public mutating func appendInterpolation(_ fragment: SQL) { parts += fragment.parts }

    public mutating func appendInterpolation<T: ColumnValue>(_ value: T) {
      parts.append(.bound(value.sqlValue, T.sqlKind))
    }

    /// Spelled out for Optionals: NULL keeps the kind of what is absent.
    public mutating func appendInterpolation<T: ColumnValue>(_ value: T?) {
      parts.append(.bound(value?.sqlValue ?? .null, T.sqlKind))
    }

    public mutating func appendInterpolation<T: RawRepresentable>(_ value: T)
    where T.RawValue: ColumnValue {
      appendInterpolation(value.rawValue)
    }

    public mutating func appendInterpolation<T: RawRepresentable>(_ value: T?)
    where T.RawValue: ColumnValue {
      appendInterpolation(value?.rawValue)
    }

    public mutating func appendInterpolation<T: RawRepresentable & ColumnValue>(_ value: T) {
      parts.append(.bound(value.sqlValue, T.sqlKind))
    }

    public mutating func appendInterpolation<T: RawRepresentable & ColumnValue>(_ value: T?) {
      parts.append(.bound(value?.sqlValue ?? .null, T.sqlKind))
    }

    public mutating func appendInterpolation<T: ColumnValue>(_ list: [T]) {
      // A closure: in generic code a key path is put together anew each time, which cost 3 % of reading a ticket.
      appendList(list.map { $0.sqlValue }, T.sqlKind)
    }

    public mutating func appendInterpolation<T: RawRepresentable>(_ list: [T])
    where T.RawValue: ColumnValue {
      appendList(list.map { $0.rawValue.sqlValue }, T.RawValue.sqlKind)
    }

    /// A list of nothing is a subquery without rows, so that `IN` is false and `NOT IN` is true.
    private mutating func appendList(_ values: [SQLValue], _ kind: SQLKind) {
      guard !values.isEmpty else {
        parts.append(.text("(SELECT \(kind.nullLiteral) WHERE FALSE)"))
        return
      }
      for (index, value) in values.enumerated() {
        parts.append(.text(index == 0 ? "(" : ", "))
        parts.append(.bound(value, kind))
      }
      parts.append(.text(")"))
    }
  }
}

/// SQL as one engine reads it: text with placeholders, and what is bound to them.
public struct Statement: Sendable, Hashable {
  public let text: String
  public let values: [SQLValue]
  /// The declared kind of each value, also of a NULL.
  public let kinds: [SQLKind]
}

extension SQL {
  /// Renders `?` for SQLite and `$1` for PostgreSQL.
  public func statement(for engine: Engine) -> Statement {
    var text = ""
    var values: [SQLValue] = []
    var kinds: [SQLKind] = []
    // At once, for what they come to: statements are rendered for each of their runs.
    text.reserveCapacity(
      parts.reduce(into: 0) {
        if case .text(let literal) = $1 { $0 += literal.utf8.count } else { $0 += 4 }
      })
    values.reserveCapacity(parts.count / 2 + 1)
    kinds.reserveCapacity(parts.count / 2 + 1)
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .engine(let sqlite, let postgres): text += engine == .sqlite ? sqlite : postgres
      case .bound(let value, let kind):
        values.append(value)
        kinds.append(kind)
        text += engine == .sqlite ? "?" : "$\(values.count)"
      }
    }
    return Statement(text: text, values: values, kinds: kinds)
  }
}
