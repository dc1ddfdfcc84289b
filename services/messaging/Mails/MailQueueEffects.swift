import Store
import Values

/// Where every mail of this service enters the queue, in the transaction of what it tells of.
struct MailQueue: Sendable {
  let ids: SortableIDGenerator
  /// Whether a mail server is configured; without one mails are kept.
  let hasServer: Bool

  struct Draft: Sendable, Hashable {
    var requestID: String
    var recipients: [OutgoingMail.Recipient]
    var fromDisplayName = ""
    var subject: String
    var text: String
    var html = ""
    var template: String
  }

  /// Adds a mail once for each sender and request id, and returns it as it is now.
  func add(_ draft: Draft, from actor: Actor, in db: Transaction) throws -> OutgoingMail {
    let mail = OutgoingMail(
      id: "\(ids.next())", sender: actor.name, requestID: draft.requestID,
      recipients: draft.recipients, fromDisplayName: draft.fromDisplayName, subject: draft.subject,
      text: draft.text, html: draft.html, template: draft.template,
      state: hasServer ? .queued : .kept, created: db.now, due: db.now)
    let queued = try OutgoingMailStore(db).queue(
      mail, in: Scope(tenant: db.tenant, reach: .tenant))
    if queued.isNew { try db.record(.mailQueued, queued.mail, by: actor) }
    return queued.mail
  }
}

extension Transaction {
  /// The audit row and the event of a mail. Never its text: a link in it opens a door.
  func record(_ event: EventType, _ mail: OutgoingMail, by actor: Actor) throws {
    let name = "mails/\(mail.id)"
    try audit(
      event.name, on: name, by: actor,
      after: [
        "to": mail.recipients.map(\.email).joined(separator: ", "), "subject": mail.subject,
        "template": mail.template, "state": mail.state.rawValue,
      ])
    try emit(event, on: name)
  }
}
