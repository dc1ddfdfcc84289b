import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import MessagingService

private let ada = TestPrincipal.customer(displayName: "Ada King")
private let bob = TestPrincipal.customer(contact: "bob", displayName: "Bob Hall")
private let eve = TestPrincipal.customer(account: "globex", contact: "eve")
private let technician = TestPrincipal.staff(displayName: "Tom Tech")
private let colleague = TestPrincipal.staff(user: "users/sue", displayName: "Sue Support")
private let administrator = TestPrincipal.staff(.administrator)

/// Messaging on a stage, with an identity that knows Ada and Bob of Acme and Eve of Globex.
private struct Desk {
  let stage: Stage
  let store: any Store

  static func run(
    on engine: Engine = .sqlite, _ body: (Desk) async throws -> Void
  ) async throws {
    let location = try await TestStore.location(engine)
    try await Stage.run { stage in
      try await stage.serve("identity", [TestContacts(), TestPortals()])
      let host = try await stage.start(
        MessagingService.self, store: location,
        settings: ["portal.origin": "https://{tenant}.portal.example"])
      try await body(Desk(stage: stage, store: try #require(await host.store)))
    }
  }

  func client(_ principal: Principal) -> ConversationsClient {
    ConversationsClient(stage.caller("messaging", as: principal))
  }

  /// Begins a conversation and lets a second pass.
  func begin(
    _ subject: String, by principal: Principal, contact: String = "", account: String = "acme",
    body: String = "Hello", requestID: String = ""
  ) async throws -> Messaging.Conversation {
    let conversation = try await client(principal).createConversation(
      .init(
        parent: "accounts/\(account)",
        conversation: .init(subject: subject, contact: contact), body: body,
        requestID: requestID))
    stage.clock.advance(by: .seconds(1))
    return conversation
  }

  @discardableResult
  func answer(
    _ name: String, by principal: Principal, _ body: String = "An answer"
  ) async throws -> Messaging.Message {
    let message = try await client(principal).createMessage(
      .init(parent: name, message: .init(body: body)))
    stage.clock.advance(by: .seconds(1))
    return message
  }

  func unread(_ principal: Principal) async throws -> Int32 {
    try await client(principal).getMailbox(.init()).unreadMessages
  }

  func subjects(
    _ principal: Principal, _ request: Messaging.ListConversationsRequest
  ) async throws -> [String] {
    try await client(principal).listConversations(request).conversations.map(\.subject)
  }
}

private let adaName = "accounts/acme/contacts/ada"

@Suite("Conversations over the wire")
struct ConversationTests {
  @Test(
    "S-151 staff write to a contact, who is mailed the beginning and the way to the rest",
    arguments: TestStore.engines)
  func staffBegin(_ engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let body = "First line\n" + String(repeating: "word ", count: 100) + "the end"
      let begun = try await desk.begin(
        "Move of the server", by: technician, contact: adaName, body: body)
      #expect(begun.contact == adaName)
      #expect(begun.contactDisplayName == "Ada King")
      #expect(begun.accountDisplayName == "Acme")
      #expect(begun.lastAuthorDisplayName == "Tom Tech")
      #expect(begun.messageCount == 1)
      #expect(begun.unreadCount == 0)
      #expect(begun.snippet.unicodeScalars.count <= 200)
      #expect(begun.snippet.hasPrefix("First line word"))

      let seen = try await desk.client(ada).getConversation(.init(name: begun.name))
      #expect(seen.unreadCount == 1)
      let messages = try await desk.client(ada).listMessages(.init(parent: begun.name)).messages
      #expect(messages.map(\.body) == [body])
      #expect(messages.map(\.fromStaff) == [true])
      #expect(messages.map(\.author) == ["users/technician"])

      let mails = MailsClient(desk.stage.caller("messaging", as: administrator))
      let listed = try await mails.listMails(.init()).mails
      #expect(listed.map(\.subject) == ["New message: Move of the server"])
      let mail = try await mails.getMail(.init(name: try #require(listed.first).name))
      #expect(mail.to.map(\.email) == ["ada@acme.example"])
      #expect(mail.textBody.contains("https://northwind.portal.example/\(begun.name)"))
      #expect(!mail.textBody.contains("the end"))
    }
  }

  @Test("S-155 a customer writes as the contact they are, whatever they say, and is not mailed")
  func customerBegins() async throws {
    try await Desk.run { desk in
      let begun = try await desk.begin(
        "Question", by: ada, contact: "accounts/globex/contacts/eve")
      #expect(begun.contact == adaName)
      #expect(try await desk.unread(technician) == 1)
      #expect(try await desk.unread(ada) == 0)
      let mails = MailsClient(desk.stage.caller("messaging", as: administrator))
      #expect(try await mails.listMails(.init()).mails.isEmpty)
      let status = try await failure {
        try await desk.begin("Elsewhere", by: ada, account: "globex")
      }
      #expect(status.code == .notFound)
    }
  }

  @Test("S-153 nothing that is written or shown of a conversation names a ticket")
  func standAlone() {
    for message in [
      Messaging.Conversation.descriptor, Messaging.Message.descriptor,
      Messaging.CreateConversationRequest.descriptor, Messaging.CreateMessageRequest.descriptor,
    ] {
      #expect(!message.fields.isEmpty)
      #expect(message.fields.allSatisfy { !$0.name.contains("ticket") }, "\(message.name)")
    }
  }

  @Test("D-58 what is missing, too long or not a contact of the account is named by field")
  func validation() async throws {
    try await Desk.run { desk in
      func fields(_ subject: String, _ contact: String, _ body: String) async throws -> [String] {
        let status = try await failure {
          try await desk.begin(subject, by: technician, contact: contact, body: body)
        }
        #expect(status.code == .invalidArgument)
        return status.violations.map(\.field)
      }
      #expect(try await fields("", adaName, " ") == ["conversation.subject", "body"])
      #expect(try await fields("a\r\nBcc: x", adaName, "b") == ["conversation.subject"])
      #expect(
        try await fields(String(repeating: "x", count: 201), adaName, "b")
          == ["conversation.subject"])
      #expect(
        try await fields("s", adaName, String(repeating: "x", count: 20_001)) == ["body"])
      for contact in ["", "ada", "accounts/globex/contacts/eve", "accounts/acme/contacts/none"] {
        #expect(try await fields("s", contact, "b") == ["conversation.contact"])
      }
      let begun = try await desk.begin("Fine", by: ada)
      let status = try await failure { try await desk.answer(begun.name, by: ada, "\n ") }
      #expect(status.violations.map(\.field) == ["message.body"])
      let malformed = try await failure {
        try await desk.client(ada).getConversation(.init(name: "conversations/1"))
      }
      #expect(malformed.violations.map(\.field) == ["name"])
    }
  }

  @Test(
    "X-11 another contact's, account's or tenant's conversation looks like one that is not there",
    arguments: TestStore.engines)
  func scope(_ engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let name = try await desk.begin("Private", by: ada).name
      let elsewhere = TestPrincipal.staff(.administrator, tenant: TenantID("southwind"))
      let twin = TestPrincipal.customer(tenant: TenantID("southwind"))
      for stranger in [bob, eve, elsewhere, twin] {
        let client = desk.client(stranger)
        let attempts: [Status] = [
          try await failure { try await client.getConversation(.init(name: name)) },
          try await failure { try await client.listMessages(.init(parent: name)) },
          try await failure { try await desk.answer(name, by: stranger) },
          try await failure {
            try await client.markConversation(.init(name: name, read: true))
          },
        ]
        let absent = try await failure {
          try await client.getConversation(.init(name: "accounts/acme/conversations/none"))
        }
        for status in attempts {
          #expect(status.code == .notFound)
          #expect(status.message == absent.message)
        }
        #expect(try await desk.subjects(stranger, .init(parent: "accounts/-")).isEmpty)
        #expect(try await desk.unread(stranger) == 0)
      }
      // The right id under another account's name is no way in either.
      let id = name.split(separator: "/").last.map(String.init) ?? ""
      let wrong = try await failure {
        try await desk.client(technician).getConversation(
          .init(name: "accounts/globex/conversations/\(id)"))
      }
      #expect(wrong.code == .notFound)
      #expect(
        try await desk.client(technician).getConversation(.init(name: name)).messageCount == 1)
    }
  }

  @Test(
    "S-154 S-156 S-239 unread are the other side's messages since one last looked, for each reader alone",
    arguments: TestStore.engines)
  func unread(_ engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let name = try await desk.begin("Question", by: ada).name
      try await desk.answer(name, by: ada, "One more thing")
      #expect(try await desk.unread(technician) == 2)
      #expect(try await desk.unread(colleague) == 2)
      let read = try await desk.client(technician).markConversation(.init(name: name, read: true))
      #expect(read.unreadCount == 0)
      #expect(try await desk.unread(technician) == 0)
      #expect(try await desk.unread(colleague) == 2)
      let back = try await desk.client(technician).markConversation(.init(name: name, read: false))
      #expect(back.unreadCount == 1)

      try await desk.answer(name, by: technician)
      #expect(try await desk.unread(technician) == 0)
      #expect(try await desk.unread(ada) == 1)
      #expect(try await desk.unread(colleague) == 2)
      _ = try await desk.client(ada).markConversation(.init(name: name, starred: true))
      #expect(try await desk.unread(ada) == 1)
      try await desk.answer(name, by: ada)
      #expect(try await desk.unread(ada) == 0)
      #expect(try await desk.unread(technician) == 1)
    }
  }

  @Test(
    "S-157 S-159 S-160 archive, inbox and star are one's own; an answer brings an archived one back",
    arguments: TestStore.engines)
  func folders(_ engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let first = try await desk.begin("First", by: ada).name
      let second = try await desk.begin("Second", by: ada).name
      let inbox = Messaging.ListConversationsRequest(parent: "accounts/-")
      let archive = Messaging.ListConversationsRequest(parent: "accounts/-", folder: .archived)
      let stars = Messaging.ListConversationsRequest(parent: "accounts/-", starredOnly: true)
      let archived = try await desk.client(technician).markConversation(
        .init(name: first, starred: true, folder: .archived))
      #expect(archived.folder == .archived)
      #expect(archived.starred)
      #expect(archived.unreadCount == 1)
      #expect(try await desk.unread(technician) == 1)
      #expect(try await desk.subjects(technician, inbox) == ["Second"])
      #expect(try await desk.subjects(technician, archive) == ["First"])
      #expect(try await desk.subjects(technician, stars) == ["First"])
      #expect(try await desk.subjects(colleague, inbox) == ["Second", "First"])
      #expect(try await desk.subjects(colleague, stars).isEmpty)
      #expect(try await desk.subjects(ada, inbox) == ["Second", "First"])

      _ = try await desk.client(ada).markConversation(.init(name: first, folder: .archived))
      try await desk.answer(first, by: ada)
      #expect(try await desk.subjects(technician, inbox) == ["First", "Second"])
      #expect(try await desk.subjects(technician, stars) == ["First"])
      // Her own message does not bring it back for herself.
      #expect(try await desk.subjects(ada, archive) == ["First"])
      try await desk.answer(first, by: colleague)
      #expect(try await desk.subjects(ada, inbox) == ["First", "Second"])

      _ = try await desk.client(ada).markConversation(.init(name: second, folder: .archived))
      let back = try await desk.client(ada).markConversation(.init(name: second, folder: .inbox))
      #expect(back.folder == .inbox)
    }
  }

  @Test(
    "D-60 lists are by latest message, in pages of their own query; messages oldest first",
    arguments: TestStore.engines)
  func paging(_ engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      var names: [String] = []
      for number in 1...4 {
        names.append(try await desk.begin("C\(number)", by: ada).name)
      }
      _ = try await desk.begin("Other", by: eve, account: "globex")
      try await desk.answer(names[0], by: ada, "Second")
      try await desk.answer(names[0], by: technician, "Third")
      let client = desk.client(technician)
      let first = try await client.listConversations(
        .init(parent: "accounts/acme", pageSize: 3))
      #expect(first.conversations.map(\.subject) == ["C1", "C4", "C3"])
      let rest = try await client.listConversations(
        .init(parent: "accounts/acme", pageSize: 3, pageToken: first.nextPageToken))
      #expect(rest.conversations.map(\.subject) == ["C2"])
      #expect(rest.nextPageToken.isEmpty)
      let foreign = try await failure {
        try await client.listConversations(
          .init(parent: "accounts/-", pageToken: first.nextPageToken))
      }
      #expect(foreign.violations.map(\.field) == ["page_token"])

      let page = try await client.listMessages(.init(parent: names[0], pageSize: 2))
      #expect(page.messages.map(\.body) == ["Hello", "Second"])
      let last = try await client.listMessages(
        .init(parent: names[0], pageSize: 2, pageToken: page.nextPageToken))
      #expect(last.messages.map(\.body) == ["Third"])
      #expect(last.messages.map(\.name) == ["\(names[0])/messages/3"])
      #expect(last.messages.map(\.fromStaff) == [true])
    }
  }

  @Test("D-14 X-12 a repeated request is one message, and what the server owns stays so")
  func repetition() async throws {
    try await Desk.run { desk in
      let first = try await desk.begin("Once", by: ada, requestID: "r1")
      let again = try await desk.begin("Once", by: ada, requestID: "r1")
      #expect(again == first)
      let reused = try await failure { try await desk.begin("Twice", by: ada, requestID: "r1") }
      #expect(reused.violations.map(\.field) == ["request_id"])
      let forged = Messaging.Message(
        name: "accounts/x/conversations/y/messages/9", body: "Mine", author: "users/technician",
        authorDisplayName: "Tom Tech", fromStaff: true)
      let request = Messaging.CreateMessageRequest(
        parent: first.name, message: forged, requestID: "r2")
      let message = try await desk.client(ada).createMessage(request)
      #expect(message == (try await desk.client(ada).createMessage(request)))
      #expect(message.name == "\(first.name)/messages/2")
      #expect(message.author == ada.user)
      #expect(message.authorDisplayName == "Ada King")
      #expect(!message.fromStaff)
      #expect(
        try await desk.client(ada).getConversation(.init(name: first.name)).messageCount == 2)
    }
  }

  @Test("D-55 audit rows and events name what was written, never the words")
  func traces() async throws {
    try await Desk.run { desk in
      let begun = try await desk.begin("Subject", by: ada, body: "confidential words")
      _ = try await desk.client(ada).markConversation(.init(name: begun.name, starred: true))
      let (records, events) = try await desk.store.read(as: TestPrincipal.tenant) { db in
        (try db.auditRecords(limit: 100), try db.events(limit: 100))
      }
      #expect(records.map(\.action) == ["conversation.created", "message.created"])
      #expect(records.map(\.actor.name) == [ada.user, ada.user])
      #expect(records.map(\.resource) == [begun.name, "\(begun.name)/messages/1"])
      #expect(!records.contains { $0.after.contains("confidential") })
      #expect(
        events.map(\.type) == ["conversation.created", "message.created", "conversation.marked"])
      #expect(events.map(\.place.account) == ["acme", "acme", "acme"])
      // One's own marks are nobody else's business.
      #expect(events.map(\.place.user) == [nil, nil, ada.user])
    }
  }

  @Test("N-01 without MESSAGES_WRITE nothing is written")
  func permissions() async throws {
    try await Desk.run { desk in
      let name = try await desk.begin("Question", by: ada).name
      var reader = ada
      reader.memberships[0].grants = [Grant(.messagesRead, .own)]
      let attempt = reader
      let status = try await failure { try await desk.answer(name, by: attempt) }
      #expect(status.code == .permissionDenied)
      #expect(try await desk.client(attempt).listMessages(.init(parent: name)).messages.count == 1)
    }
  }

  @Test("a beginning is one line and whole characters")
  func snippets() {
    #expect(Conversation.snippet(of: "  a\n\n b\tc ") == "a b c")
    let long = Conversation.snippet(of: String(repeating: "👩‍👩‍👧‍👦", count: 60))
    #expect(long.unicodeScalars.count <= 200)
    #expect(long.hasSuffix("👩‍👩‍👧‍👦…"))
    #expect(Conversation.snippet(of: String(repeating: "x", count: 200)).count == 200)
  }
}
