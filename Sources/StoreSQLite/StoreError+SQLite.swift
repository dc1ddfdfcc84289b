import GRDB
import Store

extension StoreError {
  /// What SQLite said, in the store's terms. Bound values never get into the text.
  init(sqlite error: any Error) {
    if let known = error as? StoreError {
      self = known
      return
    }
    guard let error = error as? DatabaseError else {
      self = .unavailable("\(error)")
      return
    }
    let message = error.message ?? "code \(error.extendedResultCode.rawValue)"
    switch error.extendedResultCode {
    case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
      self = .duplicate(constraint: Self.constraint(in: message))
      return
    case .SQLITE_CONSTRAINT_FOREIGNKEY:
      self = .foreignKey
      return
    case .SQLITE_IOERR_SHMSIZE:
      // The index of the log could not grow: the disk is full, nothing was synced.
      self = .full
      return
    default: break
    }
    switch error.resultCode {
    case .SQLITE_CONSTRAINT: self = .constraint(message)
    case .SQLITE_READONLY: self = .readOnly
    case .SQLITE_FULL: self = .full
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_INTERRUPT: self = .busy
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(message)
    case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_NOMEM, .SQLITE_PERM:
      self = .unavailable("\(message) (\(error.extendedResultCode.rawValue))")
    default: self = .statement(error.sql.map { "\(message) in \($0)" } ?? message)
    }
  }

  /// `UNIQUE constraint failed: t.a, t.b` as `t(a, b)`; `… failed: index 'x'` as `index x`.
  private static func constraint(in message: String) -> String {
    guard let colon = message.firstIndex(of: ":") else { return message }
    let subject = message[message.index(after: colon)...].drop(while: { $0 == " " })
    if subject.hasPrefix("index ") { return String(subject.filter { $0 != "'" }) }
    let columns = subject.split(separator: ",").map { $0.drop(while: { $0 == " " }) }
    guard let table = columns.first?.split(separator: ".").first else { return message }
    let names = columns.map { $0.split(separator: ".").last.map(String.init) ?? String($0) }
    return "\(table)(\(names.joined(separator: ", ")))"
  }
}
