import Store

import struct Store.Statement

/// One statement on its way to the server, and what is wanted of its result.
struct Command {
  let text: String
  let values: [SQLValue]
  let kinds: [SQLKind]
  /// Whether it comes again and is worth a plan that the server keeps.
  let recurs: Bool
  /// Whether somebody waits for its result.
  var isAsked = false
  /// What it fails with when it changed no row.
  var error: StoreError?

  /// Beyond so many values a statement is one of a family (`IN` lists) and not worth keeping.
  private static let keptValues = 48

  init(_ statement: Statement, else error: StoreError? = nil, isAsked: Bool = false) {
    text = statement.text
    values = statement.values
    kinds = statement.kinds
    recurs = values.count <= Self.keptValues
    self.error = error
    self.isAsked = isAsked
  }

  /// Without parameters.
  init(text: String, recurs: Bool) {
    self.text = text
    self.recurs = recurs
    (values, kinds) = ([], [])
  }

  static let begin = Command(text: "BEGIN", recurs: true)
  static let beginReading = Command(
    text: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", recurs: true)
  static let commit = Command(text: "COMMIT", recurs: true)
  static let rollback = Command(text: "ROLLBACK", recurs: true)

  var asked: Command {
    var command = self
    command.isAsked = true
    return command
  }
}
