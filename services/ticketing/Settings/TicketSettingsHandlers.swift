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
    let mask = try UpdateMask(
      request.updateMask ?? .init(paths: ["*"]), of: message, allowing: Self.fields)
    let (text, addresses) = try checked(message, mask)
    if mask.contains("default_assignee"), !message.defaultAssignee.isEmpty {
      _ = try ResourceName(
        message.defaultAssignee, "users/*", field: "ticket_settings.default_assignee")
      guard try await directory.staff(message.defaultAssignee, for: call.principal) != nil else {
        throw Status.invalid("ticket_settings.default_assignee", "is not a member of the staff")
      }
    }
    let actor = try call.auditActor
    let limit = maxFileBytes
    return try await call.write(in: store) { db in
      let store = TicketSettingsStore(db)
      var settings = try store.settings()
      try Etag(version: settings.version).require(message.etag)
      settings.take(message, text: text, addresses: addresses) { mask.contains($0) }
      let saved = try store.save(settings)
      try db.audit(
        "ticket_settings.updated", on: "ticketSettings", by: actor,
        after: [
          "show_time_entries": "\(saved.showTimeEntries)",
          "submission_allowed": "\(saved.submissionAllowed)",
        ])
      try db.emit(.ticketSettingsUpdated, on: "ticketSettings")
      return .init(saved, maxFileBytes: limit, isStaff: true)
    }
  }
}

extension TicketSettingsHandlers {
  /// What a mask may name. The last two are read only: given back as they were read, they change nothing.
  private static let fields = [
    "submission_allowed", "show_time_entries", "submission_notification_emails", "add_ticket_text",
    "add_ticket_text_active", "default_assignee", "reopen_days", "name", "max_file_bytes",
  ]

  /// The text above the form and the addresses, each once.
  private func checked(
    _ message: Ticketing.TicketSettings, _ mask: UpdateMask
  ) throws -> (text: String, addresses: [String]) {
    var check = Violations()
    let text = check.text(
      message.addTicketText, "ticket_settings.add_ticket_text", limit: 2000, required: false,
      multiline: true)
    check.require(
      !mask.contains("reopen_days") || (0...365).contains(message.reopenDays),
      "ticket_settings.reopen_days", "must be between 0 and 365")
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
    return (text, addresses)
  }
}

extension TicketSettings {
  /// - Parameters:
  ///   - text: of the message, checked; `addresses` as well.
  fileprivate mutating func take(
    _ message: Ticketing.TicketSettings, text: String, addresses: [String],
    _ isWanted: (String) -> Bool
  ) {
    if isWanted("submission_allowed") { submissionAllowed = message.submissionAllowed }
    if isWanted("show_time_entries") { showTimeEntries = message.showTimeEntries }
    if isWanted("submission_notification_emails") { submissionNotificationEmails = addresses }
    if isWanted("add_ticket_text") { addTicketText = text }
    if isWanted("add_ticket_text_active") { addTicketTextActive = message.addTicketTextActive }
    if isWanted("default_assignee") {
      defaultAssignee = message.defaultAssignee.isEmpty ? nil : message.defaultAssignee
    }
    if isWanted("reopen_days") { reopenDays = Int(message.reopenDays) }
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
