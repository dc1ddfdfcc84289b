import Access
import Bootstrap
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import MessagingService

private let administrator = TestPrincipal.staff(.administrator)

private func request(
  _ id: String = "ticketing.note/1001/n1", to: [Messaging.MailAddress]? = nil,
  subject: String = "[TKT-1001] Printer"
) -> Messaging.QueueMailRequest {
  Messaging.QueueMailRequest(
    requestID: id, to: to ?? [.init(email: "ada@acme.example", displayName: "Ada King")],
    subject: subject, textBody: "https://portal.example/links/secret-token",
    template: "ticketing.note")
}

@Suite("Mails over the wire")
struct MailTests {
  @Test("D-59 a request id queues one mail for its sender, and without a mail server it is kept")
  func queueing() async throws {
    try await Stage.run { stage in
      let host = try await stage.start(MessagingService.self)
      let ticketing = MailsClient(stage.caller("messaging", asService: "ticketing"))
      let first = try await ticketing.queueMail(request())
      #expect(first.state == .kept)
      #expect(first.textBody.isEmpty)
      let again = try await ticketing.queueMail(request(subject: "Another subject"))
      #expect(again == first)
      let billing = MailsClient(stage.caller("messaging", asService: "billing"))
      #expect(try await billing.queueMail(request()).name != first.name)
      let elsewhere = MailsClient(
        stage.caller("messaging", asService: "ticketing", tenant: TenantID("southwind")))
      #expect(try await elsewhere.queueMail(request()).name != first.name)

      let store = try #require(await host.store)
      let (records, events) = try await store.read(as: TestPrincipal.tenant) { db in
        (try db.auditRecords(limit: 100), try db.events(limit: 100))
      }
      #expect(records.map(\.action) == ["mail.queued", "mail.queued"])
      #expect(records.map(\.actor.name) == ["services/ticketing", "services/billing"])
      #expect(!records.contains { $0.after.contains("secret-token") })
      #expect(events.map(\.type) == ["mail.queued", "mail.queued"])
    }
  }

  @Test("N-01 people cannot queue mail, and services that are not listed cannot either")
  func senders() async throws {
    try await Stage.run { stage in
      try await stage.start(MessagingService.self)
      for caller in [
        stage.caller("messaging", as: administrator),
        stage.caller("messaging", as: TestPrincipal.customer()),
        stage.caller("messaging", asService: "cms"),
      ] {
        let status = try await failure { try await MailsClient(caller).queueMail(request()) }
        #expect(status.code == .permissionDenied)
      }
    }
  }

  @Test(
    "X-16 what could end a header line or add a recipient is refused, by field",
    arguments: [
      ("subject", "Hello\r\nBcc: all@x.example"), ("subject", "Hello\nX: y"),
      ("subject", "a\u{85}b"),
      ("subject", " "), ("to[0].email", "ada@acme.example\r\nRCPT TO:<x@y.example>"),
      ("to[0].email", "ada@acme.example, eve@x.example"), ("to[0].email", ""),
      ("to[0].display_name", "Ada\r\nBcc: x@y.example"),
      ("from_display_name", "MSP\nTo: x@y.example"),
      ("template", "a\rb"), ("text_body", ""), ("request_id", "a b"), ("request_id", ""),
      ("to", ""),
    ])
  func injection(_ field: String, _ evil: String) async throws {
    var bad = request()
    switch field {
    case "subject": bad.subject = evil
    case "to[0].email": bad.to[0].email = evil
    case "to[0].display_name": bad.to[0].displayName = evil
    case "from_display_name": bad.fromDisplayName = evil
    case "template": bad.template = evil
    case "text_body": bad.textBody = evil
    case "request_id": bad.requestID = evil
    default: bad.to = []
    }
    let refused = bad
    try await Stage.run { stage in
      try await stage.start(MessagingService.self)
      let mails = MailsClient(stage.caller("messaging", asService: "ticketing"))
      let status = try await failure { try await mails.queueMail(refused) }
      #expect(status.code == .invalidArgument)
      #expect(status.violations.contains { $0.field == field })
      let list = MailsClient(stage.caller("messaging", as: administrator))
      #expect(try await list.listMails(.init()).mails.isEmpty)
    }
  }

  @Test("D-60 lists are newest first, in pages of their own filter, and show no text")
  func lists() async throws {
    try await Stage.run { stage in
      try await stage.start(MessagingService.self)
      let sender = MailsClient(stage.caller("messaging", asService: "ticketing"))
      for number in 1...5 {
        _ = try await sender.queueMail(
          request("r\(number)", subject: number == 3 ? "Café closed" : "Mail \(number)"))
        stage.clock.advance(by: .seconds(1))
      }
      let mails = MailsClient(stage.caller("messaging", as: administrator))
      let first = try await mails.listMails(.init(pageSize: 3))
      #expect(first.mails.map(\.subject) == ["Mail 5", "Mail 4", "Café closed"])
      #expect(first.mails.allSatisfy { $0.textBody.isEmpty && $0.htmlBody.isEmpty })
      let second = try await mails.listMails(
        .init(pageSize: 3, pageToken: first.nextPageToken))
      #expect(second.mails.map(\.subject) == ["Mail 2", "Mail 1"])
      #expect(second.nextPageToken.isEmpty)
      let foreign = try await failure {
        try await mails.listMails(.init(pageToken: first.nextPageToken, state: .kept))
      }
      #expect(foreign.violations.map(\.field) == ["page_token"])
      #expect(try await mails.listMails(.init(state: .sent)).mails.isEmpty)
      #expect(try await mails.listMails(.init(state: .kept)).mails.count == 5)
      let found = try await mails.listMails(.init(query: "CAFE ada@acme"))
      #expect(found.mails.map(\.subject) == ["Café closed"])
      #expect(try await mails.listMails(.init(query: "100%")).mails.isEmpty)
    }
  }

  @Test("D-55 a mail's text is shown to MAIL_READ alone, and every reading is written down")
  func reading() async throws {
    try await Stage.run { stage in
      let host = try await stage.start(MessagingService.self)
      let sender = MailsClient(stage.caller("messaging", asService: "ticketing"))
      let name = try await sender.queueMail(request()).name
      let mails = MailsClient(stage.caller("messaging", as: administrator))
      let mail = try await mails.getMail(.init(name: name))
      #expect(mail.textBody.contains("secret-token"))
      #expect(mail.to.map(\.displayName) == ["Ada King"])
      #expect(mail.template == "ticketing.note")

      for person in [TestPrincipal.customer(role: .externalManager), TestPrincipal.staff()] {
        let refused = MailsClient(stage.caller("messaging", as: person))
        #expect(
          try await failure { try await refused.getMail(.init(name: name)) }.code
            == .permissionDenied)
        #expect(
          try await failure { try await refused.listMails(.init()) }.code == .permissionDenied)
      }
      let store = try #require(await host.store)
      let opened = try await store.read(as: TestPrincipal.tenant) { db in
        try db.auditRecords(limit: 100).filter { $0.action == "mail.opened" }
      }
      #expect(opened.map(\.actor.name) == ["users/administrator"])
      #expect(opened.map(\.resource) == [name])
    }
  }

  @Test("X-11 a mail of another tenant, or of the provider for a customer's role, looks absent")
  func scope() async throws {
    try await Stage.run { stage in
      try await stage.start(MessagingService.self)
      let sender = MailsClient(stage.caller("messaging", asService: "ticketing"))
      let name = try await sender.queueMail(request()).name
      let elsewhere = TestPrincipal.staff(.administrator, tenant: TenantID("southwind"))
      // A role that somebody made by hand and gave to a customer.
      var customer = TestPrincipal.customer()
      customer.memberships[0].grants += [
        Grant(.mailRead, .account), Grant(.settingsWrite, .tenant),
      ]
      for person in [elsewhere, customer] {
        let mails = MailsClient(stage.caller("messaging", as: person))
        let hidden = try await failure { try await mails.getMail(.init(name: name)) }
        let absent = try await failure { try await mails.getMail(.init(name: "mails/none")) }
        #expect(hidden.code == .notFound)
        #expect(hidden.message == absent.message)
        #expect(try await mails.listMails(.init()).mails.isEmpty)
        #expect(
          try await failure { try await mails.retryMail(.init(name: name)) }.code == .notFound)
      }
    }
  }

  @Test("X-08 who reads mails but gives no roles reads no link that opens an account")
  func accountLinks() async throws {
    try await Stage.run { stage in
      _ = try await stage.start(MessagingService.self)
      var clerk = TestPrincipal.staff(.billingClerk)
      clerk.grants.append(Grant(.mailRead, .tenant))
      let mails = MailsClient(stage.caller("messaging", as: clerk))
      for (sender, isRefused) in [("ticketing", false), ("identity", true)] {
        let queue = MailsClient(stage.caller("messaging", asService: sender))
        let name = try await queue.queueMail(request()).name
        #expect(try await mails.listMails(.init()).mails.contains { $0.name == name })
        if isRefused {
          let refused = try await failure { try await mails.getMail(.init(name: name)) }
          #expect(refused.code == .permissionDenied)
        } else {
          #expect(try await mails.getMail(.init(name: name)).textBody.contains("secret-token"))
        }
        let all = MailsClient(stage.caller("messaging", as: administrator))
        #expect(try await all.getMail(.init(name: name)).textBody.contains("secret-token"))
      }
    }
  }

  @Test("a kept mail is not queued again while there is no mail server")
  func retryWithoutServer() async throws {
    try await Stage.run { stage in
      try await stage.start(MessagingService.self)
      let sender = MailsClient(stage.caller("messaging", asService: "ticketing"))
      let name = try await sender.queueMail(request()).name
      let mails = MailsClient(stage.caller("messaging", as: administrator))
      let status = try await failure { try await mails.retryMail(.init(name: name)) }
      #expect(status.code == .failedPrecondition)
      #expect(try status.reason == "NO_MAIL_SERVER")
    }
  }

  @Test(
    "a mail goes from the queue to the mail server under the portal's name, and is not sent again")
  func endToEnd() async throws {
    let sink = try SMTPSink()
    defer { sink.stop() }
    try await Stage.run { stage in
      try await stage.serve("identity", [TestContacts(), TestPortals()])
      try await stage.start(
        MessagingService.self,
        settings: [
          "mail.smtp.host": "127.0.0.1", "mail.smtp.port": "\(sink.port)",
          "mail.smtp.security": "none", "mail.from": "portal@msp.example",
        ])
      let sender = MailsClient(stage.caller("messaging", asService: "ticketing"))
      let mails = MailsClient(stage.caller("messaging", as: administrator))
      var mail = try await sender.queueMail(request())
      #expect(mail.state == .queued)
      // The job looks every two seconds; the limit only ends a test that has failed.
      for _ in 0..<600 where mail.state == .queued {
        try await Task.sleep(for: .milliseconds(50))
        mail = try await mails.getMail(.init(name: mail.name))
      }
      #expect(mail.state == .sent)
      #expect(mail.attempts == 1)
      #expect(mail.sendTime != nil)
      let received = try #require(sink.received.first)
      #expect(received.content.contains("From: \"Portal of northwind\" <portal@msp.example>\r\n"))
      #expect(received.recipients == ["RCPT TO:<ada@acme.example>"])
      let status = try await failure { try await mails.retryMail(.init(name: mail.name)) }
      #expect(try status.reason == "MAIL_NOT_STOPPED")
    }
  }

  @Test(
    "a wrong mail setting stops the start, by its name",
    arguments: [
      ["mail.smtp.host": "mx.example"],
      ["mail.smtp.host": "mx.example", "mail.from": "nobody"],
      ["mail.smtp.host": "user@mx", "mail.from": "portal@msp.example"],
      ["mail.smtp.host": "mx.example", "mail.from": "a@b.example", "mail.smtp.security": "ssl"],
      ["mail.smtp.host": "mx.example", "mail.from": "a@b.example", "mail.smtp.port": "0"],
    ])
  func settings(_ values: [String: String]) {
    #expect(throws: SettingError.self) {
      try MailServer(Settings(values), clock: ManualClock(Instant(seconds: 0)))
    }
  }
}
