import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// Serves `portico.ticketing.v1.TicketAdministration`.
struct TicketSettingsHandlers: TicketAdministrationService {
  let store: any Store
  let directory: Directory
  let maxFileBytes: Int64

  func getTicketSettings(
    _ request: Ticketing.GetTicketSettingsRequest, _ call: Call
  ) async throws -> Ticketing.TicketSettings {
    let isStaff = try call.principal.isStaff
    let settings = try await call.read(in: store) { db in try TicketSettingsStore(db).settings() }
    return .init(settings, maxFileBytes: maxFileBytes, isStaff: isStaff)
  }

  func updateTicketSettings(
    _ request: Ticketing.UpdateTicketSettingsRequest, _ call: Call
  ) async throws -> Ticketing.TicketSettings {
    let message = request.ticketSettings ?? .init()
    var check = Violations()
    let text = check.text(
      message.addTicketText, "ticket_settings.add_ticket_text", limit: 2000, required: false,
      multiline: true)
    check.require(
      (0...365).contains(message.reopenDays), "ticket_settings.reopen_days",
      "must be between 0 and 365")
    var addresses: [String] = []
    for text in message.submissionNotificationEmails {
      let address = check.text(
        text, "ticket_settings.submission_notification_emails", limit: 254)
      let isKnown = addresses.contains { $0.lowercased() == address.lowercased() }
      if !isKnown { addresses.append(address) }
    }
    check.require(
      addresses.count <= 50
        && addresses.allSatisfy { $0.contains("@") && !$0.contains(where: \.isWhitespace) },
      "ticket_settings.submission_notification_emails", "must be at most 50 e-mail addresses")
    try check.end()
    if !message.defaultAssignee.isEmpty {
      _ = try ResourceName(
        message.defaultAssignee, "users/*", field: "ticket_settings.default_assignee")
      guard try await directory.staff(message.defaultAssignee, for: call.principal) != nil else {
        throw Status.invalid("ticket_settings.default_assignee", "is not a member of the staff")
      }
    }
    let actor = try call.auditActor
    let (limit, emails) = (maxFileBytes, addresses)
    return try await call.write(in: store) { db in
      let store = TicketSettingsStore(db)
      var settings = try store.settings()
      try Etag(version: settings.version).require(message.etag)
      settings.submissionAllowed = message.submissionAllowed
      settings.showTimeEntries = message.showTimeEntries
      settings.submissionNotificationEmails = emails
      settings.addTicketText = text
      settings.addTicketTextActive = message.addTicketTextActive
      settings.defaultAssignee = message.defaultAssignee.isEmpty ? nil : message.defaultAssignee
      settings.reopenDays = Int(message.reopenDays)
      let saved = try store.save(settings)
      try db.audit(
        "ticket_settings.updated", on: "ticketSettings", by: actor,
        after: [
          "show_time_entries": "\(saved.showTimeEntries)",
          "submission_allowed": "\(saved.submissionAllowed)",
        ])
      try db.emit("ticket_settings.updated", on: "ticketSettings")
      return .init(saved, maxFileBytes: limit, isStaff: true)
    }
  }
}

extension Ticketing.TicketSettings {
  /// Customers get what the forms need: whom staff are told by and who gets tickets is not theirs.
  fileprivate init(_ settings: TicketSettings, maxFileBytes: Int64, isStaff: Bool) {
    self.init(
      name: "ticketSettings", submissionAllowed: settings.submissionAllowed,
      showTimeEntries: settings.showTimeEntries,
      submissionNotificationEmails: isStaff ? settings.submissionNotificationEmails : [],
      addTicketText: isStaff || settings.addTicketTextActive ? settings.addTicketText : "",
      addTicketTextActive: settings.addTicketTextActive,
      defaultAssignee: isStaff ? settings.defaultAssignee ?? "" : "",
      reopenDays: Int32(clamping: settings.reopenDays), maxFileBytes: maxFileBytes,
      etag: "\(Etag(version: settings.version))")
  }
}
