import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

extension Messaging.ListConversationsRequest: PagedRequest {}
extension Messaging.ListMessagesRequest: PagedRequest {}

/// Serves `portico.messaging.v1.Conversations`: reading and one's own marks. Writing is beside it.
struct ConversationHandlers: ConversationsService {
  let store: any Store
  let directory: Directory
  let ids: SortableIDGenerator
  let origin: PortalOrigin
  let queue: MailQueue

  func listConversations(
    _ request: Messaging.ListConversationsRequest, _ call: Call
  ) async throws -> Messaging.ListConversationsResponse {
    let parent = try ResourceName(
      request.parent, "accounts/*", field: "parent", anyAllowed: true)
    let caller = try Correspondent(call)
    // The star gathers what is starred, wherever it lies.
    let folder =
      Conversation.Folder(request.folder) ?? (request.starredOnly ? nil : .inbox)
    let filter = ConversationStore.Filter(
      account: parent.id("accounts"), folder: folder, starredOnly: request.starredOnly)
    let page = try request.page(
      [
        request.parent, "\(request.folder.rawValue)", "\(request.starredOnly)",
        caller.reader.user,
      ], in: caller.scope, size: 25, max: 100)
    return try await call.read(in: store) { db in
      let found = try ConversationStore(db).conversations(
        filter, for: caller.reader, page: page, in: caller.scope)
      return Messaging.ListConversationsResponse(
        conversations: found.items.map { .init($0, for: caller.reader.side) },
        nextPageToken: found.nextToken)
    }
  }

  func getConversation(
    _ request: Messaging.GetConversationRequest, _ call: Call
  ) async throws -> Messaging.Conversation {
    let name = try ResourceName(request.name, "accounts/*/conversations/*")
    let caller = try Correspondent(call)
    return try await call.read(in: store) { db in
      .init(try caller.conversation(name, in: db), for: caller.reader.side)
    }
  }

  func listMessages(
    _ request: Messaging.ListMessagesRequest, _ call: Call
  ) async throws -> Messaging.ListMessagesResponse {
    let name = try ResourceName(request.parent, "accounts/*/conversations/*", field: "parent")
    let caller = try Correspondent(call)
    let page = try request.page([request.parent], in: caller.scope, size: 100)
    return try await call.read(in: store) { db in
      let conversation = try caller.conversation(name, in: db).conversation
      let found = try ConversationStore(db).messages(of: conversation, page: page)
      return Messaging.ListMessagesResponse(
        messages: found.items.map { .init($0, of: conversation) }, nextPageToken: found.nextToken)
    }
  }

  /// Leaves no audit row, and an event for the caller's other windows only: it changes what they see, and nobody else.
  func markConversation(
    _ request: Messaging.MarkConversationRequest, _ call: Call
  ) async throws -> Messaging.Conversation {
    let name = try ResourceName(request.name, "accounts/*/conversations/*")
    let caller = try Correspondent(call)
    return try await call.write(in: store) { db in
      var marked = try ConversationStore(db).locked(
        account: name["accounts"], id: name["conversations"], for: caller.reader,
        in: caller.scope)
      if let read = request.read {
        marked.mark.set(read: read, in: marked.conversation, for: caller.reader.side)
      }
      if let starred = request.starred { marked.mark.starred = starred }
      if let folder = Conversation.Folder(request.folder) { marked.mark.folder = folder }
      try ConversationStore(db).save(marked.mark, on: marked.conversation, for: caller.reader)
      var place = marked.conversation.place
      place.user = caller.reader.user
      try db.emit(.conversationMarked, on: marked.conversation.name, at: place)
      return .init(marked, for: caller.reader.side)
    }
  }

  func getMailbox(
    _ request: Messaging.GetMailboxRequest, _ call: Call
  ) async throws -> Messaging.Mailbox {
    let caller = try Correspondent(call)
    return try await call.read(in: store) { db in
      let unread = try ConversationStore(db).unreadMessages(for: caller.reader, in: caller.scope)
      return Messaging.Mailbox(name: "mailbox", unreadMessages: Int32(clamping: unread))
    }
  }
}

/// Who calls: which side they are on, and what they reach.
struct Correspondent: Sendable {
  let principal: Principal
  let scope: Scope
  let actor: Actor
  let reader: ConversationStore.Reader

  init(_ call: Call) throws {
    principal = try call.principal
    scope = try call.scope
    actor = try call.auditActor
    reader = .init(user: principal.user, side: principal.isStaff ? .staff : .contact)
  }

  func conversation(
    _ name: ResourceName, in db: Transaction
  ) throws -> ConversationStore.Marked {
    try ConversationStore(db).conversation(
      account: name["accounts"], id: name["conversations"], for: reader, in: scope)
  }
}

extension Messaging.Conversation {
  init(_ marked: ConversationStore.Marked, for side: Conversation.Side) {
    let (conversation, mark) = (marked.conversation, marked.mark)
    let contact = conversation.contact
    self.init(
      name: conversation.name, subject: conversation.subject,
      contact: "accounts/\(contact.account)/contacts/\(contact.id)",
      contactDisplayName: contact.displayName, accountDisplayName: contact.accountDisplayName,
      lastMessageTime: .init(conversation.lastMessage), snippet: conversation.snippet,
      lastAuthorDisplayName: conversation.lastAuthorDisplayName,
      messageCount: Int32(clamping: conversation.messageCount),
      unreadCount: Int32(clamping: conversation.unread(for: side, mark)), starred: mark.starred,
      folder: mark.folder == .inbox ? .inbox : .archived,
      createTime: .init(conversation.created))
  }
}

extension Messaging.Message {
  init(_ message: Conversation.Message, of conversation: Conversation) {
    self.init(
      name: "\(conversation.name)/messages/\(message.position)", body: message.body,
      author: message.author, authorDisplayName: message.authorDisplayName,
      fromStaff: message.side == .staff, createTime: .init(message.created))
  }
}

extension Conversation.Folder {
  /// Nil for "not said".
  fileprivate init?(_ folder: Messaging.ConversationFolder) {
    switch folder {
    case .inbox: self = .inbox
    case .archived: self = .archived
    case .unspecified, .unrecognized: return nil
    }
  }
}
