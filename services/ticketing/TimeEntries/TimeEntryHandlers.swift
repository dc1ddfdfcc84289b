import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

extension Ticketing.ListTimeEntriesRequest: PagedRequest {}

/// Time spent on a ticket.
extension TicketHandlers {
  func listTimeEntries(
    _ request: Ticketing.ListTimeEntriesRequest, _ call: Call
  ) async throws -> Ticketing.ListTimeEntriesResponse {
    let name = try ResourceName(request.parent, "accounts/*/tickets/*", field: "parent")
    let viewer = try Viewer(call)
    let page = try request.page([request.parent], in: viewer.scope)
    return try await call.read(in: store) { db in
      let ticket = try self.ticket(name, for: viewer, in: db)
      let settings = try TicketSettingsStore(db).settings()
      let visible = TimeEntry.visible(to: viewer.side, settings: settings)
      let entries = TimeEntryStore(db)
      let found = try entries.entries(of: ticket, visible, page: page)
      let total = try entries.totalMinutes(of: ticket, visible)
      return Ticketing.ListTimeEntriesResponse(
        timeEntries: found.items.map { .init($0, of: ticket) }, nextPageToken: found.nextToken,
        totalMinutes: Int32(clamping: total))
    }
  }

  func createTimeEntry(
    _ request: Ticketing.CreateTimeEntryRequest, _ call: Call
  ) async throws -> Ticketing.TimeEntry {
    let name = try ResourceName(request.parent, "accounts/*/tickets/*", field: "parent")
    let viewer = try Viewer(call)
    let message = request.timeEntry ?? .init()
    var check = Violations()
    let note = check.text(
      message.note, "time_entry.note", limit: 2000, required: false, multiline: true)
    check.require(
      (1...1440).contains(message.minutes), "time_entry.minutes", "must be between 1 and 1,440")
    try check.end()
    let started = try message.startTime.map { try Instant($0, field: "time_entry.start_time") }
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      let ticket = try self.ticket(name, for: viewer, in: db)
      let minutes = Int64(message.minutes)
      let entry = TimeEntry(
        id: "\(ids.next())", author: viewer.principal.user,
        authorDisplayName: viewer.principal.displayName,
        started: started ?? db.now - .minutes(Int(minutes)), minutes: minutes, note: note,
        billable: message.billable, isPublic: message.public, created: db.now)
      try TimeEntryStore(db).insert(entry, for: ticket)
      try db.audit(
        EventType.timeLogged.name, on: ticket.name, by: viewer.actor,
        after: ["minutes": "\(minutes)", "public": "\(message.public)"])
      try db.emit(.timeLogged, on: ticket.name, at: ticket.place)
      return .init(entry, of: ticket)
    }
  }
}

extension Ticketing.TimeEntry {
  fileprivate init(_ entry: TimeEntry, of ticket: Ticket) {
    self.init(
      name: "\(ticket.name)/timeEntries/\(entry.id)", author: entry.author,
      authorDisplayName: entry.authorDisplayName, startTime: .init(entry.started),
      minutes: Int32(clamping: entry.minutes), note: entry.note, billable: entry.billable,
      public: entry.isPublic, createTime: .init(entry.created))
  }
}
