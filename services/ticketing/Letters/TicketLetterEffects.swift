import Access
import Foundation
import PorticoAPI
import Protobuf
import RPC
import Store
import Values

/// Puts letters into the outbox, in the transaction of what they tell of. Messaging mails them.
struct TicketLetters {
  let db: Transaction
  let origin: PortalOrigin

  init(_ db: Transaction, origin: PortalOrigin) {
    self.db = db
    self.origin = origin
  }

  /// To the staff named in the settings (S-059).
  func created(_ ticket: Ticket, settings: TicketSettings) throws {
    for (index, address) in settings.submissionNotificationEmails.enumerated() {
      try send(
        .created(ticket, page: page(ticket)), about: ticket, "new", to: address, named: "",
        as: "staff-\(index)")
    }
  }

  /// To the contact person, and to the new assignee unless they took it themselves.
  /// - Parameter isNew: given away as it was raised, by the settings.
  func assigned(
    _ ticket: Ticket, to member: Directory.Member?, by principal: Principal, isNew: Bool = false
  ) throws {
    guard let member else { return }
    let occasion = isNew ? "new" : nil
    try send(
      .assigned(ticket, to: member.named.displayName, page: page(ticket)), about: ticket, occasion,
      to: ticket.contact.email, named: ticket.contact.displayName)
    if member.named.id != principal.user {
      try send(
        .given(ticket, page: page(ticket)), about: ticket, occasion, to: member.email,
        named: member.named.displayName)
    }
    try AssigneeStore(db).remember(member)
  }

  /// A public note: staff's to the contact person, the customer's to the assignee (S-134, S-237).
  func noted(_ ticket: Ticket, _ note: Note) throws {
    let letter = TicketLetter.noted(ticket, note, page: page(ticket))
    switch note.kind {
    case .staff:
      try send(
        letter, about: ticket, note.id, to: ticket.contact.email,
        named: ticket.contact.displayName)
    case .customer: try sendToAssignee(letter, of: ticket, note.id)
    case .event: break
    }
  }

  /// To the other side.
  func resolved(_ ticket: Ticket, by viewer: Viewer) throws {
    let letter = TicketLetter.resolved(
      ticket, by: viewer.principal.displayName, page: page(ticket))
    switch viewer.side {
    case .staff:
      try send(
        letter, about: ticket, to: ticket.contact.email, named: ticket.contact.displayName)
    case .customer: try sendToAssignee(letter, of: ticket)
    }
  }

  private func sendToAssignee(
    _ letter: TicketLetter, of ticket: Ticket, _ occasion: String? = nil
  ) throws {
    guard let assignee = ticket.assignee,
      let email = try AssigneeStore(db).email(of: assignee.id)
    else { return }
    try send(letter, about: ticket, occasion, to: email, named: assignee.displayName)
  }

  private func page(_ ticket: Ticket) -> String { origin.page(ticket.name, of: db.tenant) }

  /// - Parameters:
  ///   - occasion: what makes the key unique besides the ticket; the version it had when nil.
  ///   - role: tells those apart who get the same letter. Their addresses would not do: a key is a
  ///     request id, of at most 128 ASCII characters.
  private func send(
    _ letter: TicketLetter, about ticket: Ticket, _ occasion: String? = nil, to email: String,
    named displayName: String, as role: String = "reader"
  ) throws {
    guard !email.isEmpty else { return }
    let occasion = occasion ?? "v\(ticket.version)"
    let key = "\(letter.template)/\(ticket.number)/\(occasion)/\(role)"
    let request = Messaging.QueueMailRequest(
      requestID: key, to: [.init(email: email, displayName: displayName)],
      subject: letter.subject, textBody: letter.text, template: letter.template)
    try db.send(key: key, method: Methods.Mails.queueMail.path, body: try request.serialized())
  }
}
