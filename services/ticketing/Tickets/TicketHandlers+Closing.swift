import Store
import Values

/// What happens to resolved tickets by itself: once their customers cannot reopen them any more, they are
/// closed (D-30, F-14). An answer to one of them opens a ticket that follows it.
extension TicketHandlers {
  /// How many a run closes: an installation that comes from a version without this has years of them.
  static let closedAtOnce = 500

  func hasTicketsToClose() async throws -> Bool {
    try await store.readAcrossTenants { db in
      try !ResolvedTicketStore(db: db).beyondReopening(limit: 1).isEmpty
    }
  }

  func closeResolvedTickets() async throws {
    let found = try await store.readAcrossTenants { db in
      try ResolvedTicketStore(db: db).beyondReopening(limit: Self.closedAtOnce)
    }
    for one in found {
      do {
        try await store.write(as: one.tenant) { db in try close(one, in: db) }
      } catch StoreError.stale {
        // Somebody else has just changed it; what is still to be closed is found by the next run.
        continue
      }
    }
  }

  private func close(_ found: ResolvedTicketStore.Found, in db: Transaction) throws {
    let scope = Scope(tenant: db.tenant, reach: .tenant)
    var ticket = try TicketStore(db).ticket(
      account: found.account, number: found.number, in: scope)
    let days = try TicketSettingsStore(db).settings().reopenDays
    guard ticket.isBeyondReopening(reopenDays: days, at: db.now) else { return }
    let before = ticket
    try ticket.close(at: db.now)
    try NoteStore(db).insert(
      Note(
        id: "\(ids.next())", kind: .event, visibility: .public,
        body: "The ticket was closed, since nobody opened it again.", author: Self.itself,
        authorDisplayName: "", created: db.now), for: ticket)
    let saved = try TicketStore(db).save(ticket, in: scope)
    try db.record(.ticketClosed, saved, was: before, by: Actor(Self.itself))
  }

  /// Nobody's name: the service acts by itself.
  private static let itself = "services/ticketing"
}
