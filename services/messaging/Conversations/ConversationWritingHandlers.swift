import Access
import Foundation
import Handling
import Mail
import PorticoAPI
import RPC
import Store
import Values

/// Writing to the other side.
extension ConversationHandlers {
  func createConversation(
    _ request: Messaging.CreateConversationRequest, _ call: Call
  ) async throws -> Messaging.Conversation {
    let parent = try ResourceName(request.parent, "accounts/*", field: "parent")
    let caller = try Correspondent(call)
    let message = request.conversation ?? .init()
    let contactID = try contactID(message.contact, of: parent["accounts"], by: caller)
    var check = Violations()
    let subject = check.text(message.subject, "conversation.subject", limit: 200)
    let body = check.text(request.body, "body", limit: 20_000, multiline: true)
    try check.end()
    let contact = try await directory.contact(
      contactID, of: parent["accounts"], for: caller.principal)
    guard let contact else {
      guard caller.reader.side == .staff else { throw StoreError.notFound }
      throw Status.invalid("conversation.contact", "is not a contact of the account")
    }
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      let conversation = Conversation(
        id: "\(ids.next())", contact: contact, subject: subject, created: db.now,
        lastMessage: db.now)
      try ConversationStore(db).insert(conversation, in: caller.scope)
      var marked = ConversationStore.Marked(conversation: conversation, mark: .init())
      try db.record(.conversationCreated, conversation.name, of: conversation, by: caller)
      _ = try post(body, to: &marked, mailing: contact.email, by: caller, in: db)
      return .init(marked, for: caller.reader.side)
    }
  }

  func createMessage(
    _ request: Messaging.CreateMessageRequest, _ call: Call
  ) async throws -> Messaging.Message {
    let name = try ResourceName(request.parent, "accounts/*/conversations/*", field: "parent")
    let caller = try Correspondent(call)
    let email = try await address(name, caller, call)
    var check = Violations()
    let body = check.text(
      request.message?.body ?? "", "message.body", limit: 20_000, multiline: true)
    try check.end()
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      var marked = try ConversationStore(db).locked(
        account: name["accounts"], id: name["conversations"], for: caller.reader,
        in: caller.scope)
      let message = try post(body, to: &marked, mailing: email, by: caller, in: db)
      return .init(message, of: marked.conversation)
    }
  }

  /// The customer themselves, whatever they say; from staff the one they name.
  private func contactID(
    _ named: String, of account: String, by caller: Correspondent
  ) throws -> String {
    let field = "conversation.contact"
    let name =
      named.isEmpty ? nil : try ResourceName(named, "accounts/*/contacts/*", field: field)
    guard caller.reader.side == .staff else {
      let own = caller.principal.memberships.first { $0.account == account }
      guard let own else { throw StoreError.notFound }
      return own.contact
    }
    guard let name else { throw Status.invalid(field, "is required") }
    guard name["accounts"] == account else {
      throw Status.invalid(field, "is not a contact of the account")
    }
    return name["contacts"]
  }

  /// Where the contact of a conversation is mailed now; empty when nobody is to be.
  private func address(
    _ name: ResourceName, _ caller: Correspondent, _ call: Call
  ) async throws -> String {
    let contact = try await call.read(in: store) { db in
      try caller.conversation(name, in: db).conversation.contact
    }
    guard caller.reader.side == .staff else { return "" }
    return try await directory.contact(
      contact.id, of: contact.account, for: caller.principal)?.email ?? ""
  }

  /// Adds a message. Who writes has seen what was written before; the contact is told by mail when staff
  /// write, and staff see their unread count.
  private func post(
    _ body: String, to marked: inout ConversationStore.Marked, mailing email: String,
    by caller: Correspondent, in db: Transaction
  ) throws -> Conversation.Message {
    let (side, principal) = (caller.reader.side, caller.principal)
    let message = marked.conversation.add(
      body, by: principal.user, named: principal.displayName, on: side, at: db.now)
    marked.mark.set(read: true, in: marked.conversation, for: side)
    let conversations = ConversationStore(db)
    try conversations.append(message, to: marked.conversation, in: caller.scope)
    try conversations.save(marked.mark, on: marked.conversation, for: caller.reader)
    let name = "\(marked.conversation.name)/messages/\(message.position)"
    try db.record(.messageCreated, name, of: marked.conversation, by: caller)
    if side == .staff, MailAddress.isValid(email) {
      try tell(marked.conversation, message, at: email, in: db)
    }
    return message
  }

  private func tell(
    _ conversation: Conversation, _ message: Conversation.Message, at email: String,
    in db: Transaction
  ) throws {
    let letter = ConversationLetter(
      conversation, message, page: origin.page(conversation.name, of: db.tenant))
    let draft = MailQueue.Draft(
      requestID: "\(ConversationLetter.template)/\(conversation.id)/\(message.position)",
      recipients: [.init(email: email, displayName: conversation.contact.displayName)],
      subject: letter.subject, text: letter.text, template: ConversationLetter.template)
    _ = try queue.add(draft, from: Actor("services/messaging"), in: db)
  }
}

extension Transaction {
  /// The audit row and the event of what was written. Never the words themselves.
  fileprivate func record(
    _ event: EventType, _ name: String, of conversation: Conversation, by caller: Correspondent
  ) throws {
    try audit(
      event.name, on: name, by: caller.actor,
      after: ["subject": conversation.subject, "contact": conversation.contact.id])
    try emit(event, on: name, at: conversation.place)
  }
}
