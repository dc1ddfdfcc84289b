import Foundation
import Store
import Values

/// The settings of a tenant, one row; before the first change, what `TicketSettings()` says.
struct TicketSettingsStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func settings() throws -> TicketSettings {
    guard
      let row = try db.first("SELECT * FROM ticket_settings WHERE tenant = \(db.tenant)")
    else { return TicketSettings() }
    let addresses: String = try row["submission_notification_emails"]
    let days: Int64 = try row["reopen_days"]
    return TicketSettings(
      submissionAllowed: try row["submission_allowed"],
      showTimeEntries: try row["show_time_entries"],
      submissionNotificationEmails: addresses.split(separator: "\n").map(String.init),
      addTicketText: try row["add_ticket_text"],
      addTicketTextActive: try row["add_ticket_text_active"],
      defaultAssignee: try row["default_assignee"], reopenDays: Int(clamping: days),
      version: try row["version"])
  }

  /// `settings.version` is the one that was read; the row must still have it.
  func save(_ settings: TicketSettings) throws -> TicketSettings {
    try db.run(
      """
      INSERT INTO ticket_settings (tenant, submission_allowed, show_time_entries,
        submission_notification_emails, add_ticket_text, add_ticket_text_active, default_assignee,
        reopen_days, version)
      VALUES (\(db.tenant), \(settings.submissionAllowed), \(settings.showTimeEntries),
        \(settings.submissionNotificationEmails.joined(separator: "\n")), \(settings.addTicketText),
        \(settings.addTicketTextActive), \(settings.defaultAssignee),
        \(Int64(settings.reopenDays)), \(Int64(1)))
      ON CONFLICT (tenant) DO UPDATE SET submission_allowed = excluded.submission_allowed,
        show_time_entries = excluded.show_time_entries,
        submission_notification_emails = excluded.submission_notification_emails,
        add_ticket_text = excluded.add_ticket_text,
        add_ticket_text_active = excluded.add_ticket_text_active,
        default_assignee = excluded.default_assignee, reopen_days = excluded.reopen_days,
        version = ticket_settings.version + 1
      WHERE ticket_settings.version = \(settings.version)
      """, else: .stale)
    var saved = settings
    saved.version += 1
    return saved
  }
}
