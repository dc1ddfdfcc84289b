import Foundation
import Store
import Values

/// Time entries of tickets, the latest first. The ticket must have been read in the caller's scope.
struct TimeEntryStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func entries(
    of ticket: Ticket, _ visible: TimeEntry.Visible, page: PageRequest
  ) throws -> Page<TimeEntry> {
    let rows = try db.all(
      """
      SELECT * FROM time_entries WHERE \(condition(ticket, visible))
        AND \(page.after("started", "id", order: .descending))
      ORDER BY started DESC, id DESC \(page.limit)
      """)
    return try page.page(rows.map(TimeEntry.init)) { [$0.started.sqlValue, $0.id.sqlValue] }
  }

  func totalMinutes(of ticket: Ticket, _ visible: TimeEntry.Visible) throws -> Int64 {
    let row = try db.first(
      """
      SELECT CAST(COALESCE(SUM(minutes), 0) AS BIGINT) AS total FROM time_entries
      WHERE \(condition(ticket, visible))
      """, else: .corrupt("sum"))
    return try row["total"]
  }

  func insert(_ entry: TimeEntry, for ticket: Ticket) throws {
    try db.run(
      """
      INSERT INTO time_entries (tenant, ticket, id, author, author_display_name, started, minutes,
        note, billable, is_public, created)
      VALUES (\(db.tenant), \(ticket.number), \(entry.id), \(entry.author),
        \(entry.authorDisplayName), \(entry.started), \(entry.minutes), \(entry.note),
        \(entry.billable), \(entry.isPublic), \(entry.created))
      """)
  }

  private func condition(_ ticket: Ticket, _ visible: TimeEntry.Visible) -> SQL {
    let ofTicket: SQL = "tenant = \(db.tenant) AND ticket = \(ticket.number)"
    return switch visible {
    case .all: ofTicket
    case .publicOnly: ofTicket + " AND is_public = \(true)"
    case .none: "FALSE"
    }
  }
}

extension TimeEntry {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], author: try row["author"],
      authorDisplayName: try row["author_display_name"], started: try row["started"],
      minutes: try row["minutes"], note: try row["note"], billable: try row["billable"],
      isPublic: try row["is_public"], created: try row["created"])
  }
}
