import Foundation
import Store
import Values

/// Outgoing mails by id; lists: latest first. They are the provider's own, with links in them that open
/// doors: a scope that is less than the whole tenant reaches none of them.
struct OutgoingMailStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  struct Filter: Sendable, Hashable {
    var state: OutgoingMail.State?
    var query = ""
  }

  func mail(_ id: String, in scope: Scope) throws -> OutgoingMail {
    let row = try db.first(
      """
      SELECT * FROM mails WHERE tenant = \(db.tenant) AND id = \(id) AND \(Self.reach(scope))
      """, else: .notFound)
    return try OutgoingMail(row)
  }

  func mails(
    _ filter: Filter, page: PageRequest, in scope: Scope
  ) throws -> Page<OutgoingMail> {
    var conditions: [SQL] = ["tenant = \(db.tenant)", Self.reach(scope)]
    if let state = filter.state { conditions.append("state = \(state)") }
    for word in SearchText.words(filter.query) {
      conditions.append("search_text \(containing: word)")
    }
    conditions.append(try page.after("created", "id", order: .descending))
    let rows = try db.all(
      """
      SELECT * FROM mails WHERE \(.all(conditions)) ORDER BY created DESC, id DESC \(page.limit)
      """)
    return try page.page(rows.map(OutgoingMail.init)) { [$0.created.sqlValue, $0.id.sqlValue] }
  }

  /// The mail as it was queued, now or by the same request before; and whether it is new.
  func queue(_ mail: OutgoingMail, in scope: Scope) throws -> (mail: OutgoingMail, isNew: Bool) {
    guard scope.reach == .tenant else { throw StoreError.notFound }
    let added = try db.change(
      """
      INSERT INTO mails (tenant, id, sender, request_id, recipients, from_display_name, subject,
        text_body, html_body, template, search_text, state, created, due, attempts, last_error)
      VALUES (\(db.tenant), \(mail.id), \(mail.sender), \(mail.requestID), \(mail.recipientLines),
        \(mail.fromDisplayName), \(mail.subject), \(mail.text), \(mail.html), \(mail.template),
        \(mail.searchText), \(mail.state), \(mail.created), \(mail.due), \(mail.attempts),
        \(mail.lastError))
      ON CONFLICT (tenant, sender, request_id) DO NOTHING
      """)
    guard added == 0 else { return (mail, true) }
    let row = try db.first(
      """
      SELECT * FROM mails WHERE tenant = \(db.tenant) AND sender = \(mail.sender)
        AND request_id = \(mail.requestID)
      """, else: .notFound)
    return (try OutgoingMail(row), false)
  }

  /// Writes what became of a mail, unless it has changed since it was read.
  /// - Parameter before: as it was read; its state and attempts are the fence.
  func save(_ mail: OutgoingMail, was before: OutgoingMail, in scope: Scope) throws {
    try db.run(
      """
      UPDATE mails SET state = \(mail.state), sent = \(mail.sent), due = \(mail.due),
        attempts = \(mail.attempts), last_error = \(mail.lastError)
      WHERE tenant = \(db.tenant) AND id = \(mail.id) AND state = \(before.state)
        AND attempts = \(before.attempts) AND \(Self.reach(scope))
      """, else: .stale)
  }

  private static func reach(_ scope: Scope) -> SQL { scope.reach == .tenant ? "TRUE" : "FALSE" }
}

extension OutgoingMail {
  fileprivate var recipientLines: String {
    recipients.map { "\($0.email) \($0.displayName)" }.joined(separator: "\n")
  }

  fileprivate var searchText: String { SearchText.folded("\(recipientLines)\n\(subject)") }

  init(_ row: Row) throws {
    let lines: String = try row["recipients"]
    let recipients = lines.split(separator: "\n").map { line in
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      return Recipient(email: String(parts[0]), displayName: parts.dropFirst().joined())
    }
    self.init(
      id: try row["id"], sender: try row["sender"], requestID: try row["request_id"],
      recipients: recipients, fromDisplayName: try row["from_display_name"],
      subject: try row["subject"], text: try row["text_body"], html: try row["html_body"],
      template: try row["template"], state: try row["state"], created: try row["created"],
      sent: try row["sent"], due: try row["due"], attempts: try row["attempts"],
      lastError: try row["last_error"])
  }
}
