import Store
import Values

/// Who guessed how often lately. A subject is a name or an address, known or not.
struct GuessStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// Counts a guess before it is looked at. The row is locked first, so that guesses made at the same moment are
  /// counted one after the other.
  func admit(_ subject: String, _ limits: GuessRecord.Limits) throws -> GuessRecord.Verdict {
    var record = try locked(subject)
    let verdict = record.admit(at: db.now, limits)
    try save(record, subject)
    return verdict
  }

  /// The guess was right: it does not count.
  func takeBack(_ subject: String) throws {
    var record = try locked(subject)
    record.takeBack()
    try save(record, subject)
  }

  /// The subject starts over: a good login, or a new password.
  func clear(_ subject: String) throws {
    try db.run("DELETE FROM guesses WHERE tenant = \(db.tenant) AND subject = \(subject)")
  }

  private func locked(_ subject: String) throws -> GuessRecord {
    let row = try db.first(
      """
      INSERT INTO guesses (tenant, subject, recent, in_row, blocked_until, touched_at)
      VALUES (\(db.tenant), \(subject), \(""), \(0), \(Instant?.none), \(db.now))
      ON CONFLICT (tenant, subject) DO UPDATE SET touched_at = excluded.touched_at
      RETURNING recent, in_row, blocked_until
      """, else: .notFound)
    let recent: String = try row["recent"]
    return GuessRecord(
      recent: recent.split(separator: " ").compactMap {
        Int64($0).map(Instant.init(microseconds:))
      },
      inRow: try row["in_row"], blockedUntil: try row["blocked_until"])
  }

  private func save(_ record: GuessRecord, _ subject: String) throws {
    let recent = record.recent.map { String($0.microseconds) }.joined(separator: " ")
    try db.run(
      """
      UPDATE guesses SET recent = \(recent), in_row = \(record.inRow),
        blocked_until = \(record.blockedUntil)
      WHERE tenant = \(db.tenant) AND subject = \(subject)
      """)
  }
}

extension GuessStore {
  /// Subjects that are long quiet, in every tenant. For a job.
  @discardableResult
  static func prune(in db: AcrossTenants) throws -> Int {
    try db.change("DELETE FROM guesses WHERE touched_at < \(db.now - .days(30))")
  }
}
