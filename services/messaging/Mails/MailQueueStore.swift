import Foundation
import Store
import Values

/// The queue as the delivery job walks it: over all tenants, the one that has waited longest first.
struct MailQueueStore {
  let db: AcrossTenants

  init(_ db: AcrossTenants) { self.db = db }

  struct Claim: Sendable, Hashable {
    var tenant: TenantID
    var mail: OutgoingMail
  }

  /// Whether a mail is due: a read, so that an idle queue writes nothing.
  func hasDue() throws -> Bool {
    try db.first(
      "SELECT 1 AS due FROM mails WHERE state = 'queued' AND due <= \(db.now) LIMIT 1") != nil
  }

  /// How much there is to send, and what the server would not take.
  func depth() throws -> QueueDepth {
    let queued = try db.first(
      "SELECT COUNT(*) AS count, MIN(due) AS oldest FROM mails WHERE state = 'queued'")
    let failed = try db.first("SELECT COUNT(*) AS count FROM mails WHERE state = 'failed'")
    let oldest: Instant? = try queued?["oldest"]
    return QueueDepth(
      "mail", waiting: try queued?["count"] ?? 0, dead: try failed?["count"] ?? 0,
      oldestDue: oldest.flatMap { $0 <= db.now ? $0 : nil })
  }

  /// Takes a due mail and counts the attempt. Until the claim runs out nobody else gets it.
  func claim() throws -> Claim? {
    guard
      let row = try db.first(
        """
        UPDATE mails SET attempts = attempts + 1, due = \(db.now + OutgoingMail.claimTime)
        WHERE (tenant, id) = (
          SELECT tenant, id FROM mails WHERE state = 'queued' AND due <= \(db.now)
          ORDER BY due, id LIMIT 1)
        RETURNING *
        """)
    else { return nil }
    return Claim(tenant: try row["tenant"], mail: try OutgoingMail(row))
  }

  /// Writes what came of an attempt; throws `stale` when another has taken the mail over.
  func report(_ mail: OutgoingMail, of claim: Claim) throws {
    try OutgoingMailStore(db.acting(for: claim.tenant)).save(
      mail, was: claim.mail, in: Scope(tenant: claim.tenant, reach: .tenant))
  }

  /// Keeps mails that were queued while there was a mail server; says how many.
  func keepQueued(limit: Int) throws -> Int {
    try db.change(
      """
      UPDATE mails SET state = 'kept' WHERE state = 'queued' AND (tenant, id) IN (
        SELECT tenant, id FROM mails WHERE state = 'queued' AND due <= \(db.now) LIMIT \(limit))
      """)
  }
}
