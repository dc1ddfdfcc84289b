import Bootstrap
import Foundation
import Logging
import Mail
import Store
import TestSupport
import Testing
import Values

@testable import MessagingService

private let tenant = TestPrincipal.tenant
private let whole = Scope(tenant: tenant, reach: .tenant)

/// A store with the queue in it, on a stage whose identity knows the portals' names.
private struct Post {
  let store: any Store
  let clock: ManualClock
  let directory: Directory

  static func run(
    on engine: Engine, _ body: (Post) async throws -> Void
  ) async throws {
    try await Stage.run { stage in
      let directory = Directory(stage.caller("identity", asService: "messaging"))
      try await TestStore.run(
        on: engine, migrations: MessagingService.migrations, clock: stage.clock
      ) { store in
        try await body(Post(store: store, clock: stage.clock, directory: directory))
      }
    }
  }

  /// Queues a mail that says its sender's name, and returns its id.
  func queue(_ requestID: String, to email: String = "ada@acme.example") async throws -> String {
    let queue = MailQueue(ids: SortableIDGenerator(clock: clock), hasServer: true)
    return try await store.write(as: tenant) { db in
      try queue.add(
        .init(
          requestID: requestID, recipients: [.init(email: email, displayName: "Ada")],
          fromDisplayName: "Northwind", subject: "Subject \(requestID)", text: "Text",
          template: "test"), from: Actor("services/ticketing"), in: db
      ).id
    }
  }

  func mail(_ id: String) async throws -> OutgoingMail {
    try await store.read(as: tenant) { db in try OutgoingMailStore(db).mail(id, in: whole) }
  }

  /// One run of the job, as the runner does it.
  func deliver(to sink: SMTPSink?) async throws {
    let server = try sink.map { try Self.server(port: $0.port, clock) } ?? nil
    try await deliver(by: server)
  }

  func deliver(by server: MailServer?) async throws {
    let lease = try #require(
      try await Lease.acquire(
        "job/mail-delivery", owner: "test", for: .seconds(60), in: store))
    let delivery = MailDelivery(
      store: store, server: server, directory: directory,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await delivery.run(lease)
    try await lease.release(in: store)
  }

  static func server(port: Int, _ clock: ManualClock) throws -> MailServer? {
    try MailServer(
      Settings([
        "mail.smtp.host": "127.0.0.1", "mail.smtp.port": "\(port)", "mail.smtp.security": "none",
        "mail.from": "portal@msp.example",
      ]), clock: clock)
  }
}

@Suite("Delivering mail")
struct MailDeliveryTests {
  @Test(
    "D-59 D-37 X-23 each mail leaves once, told to be automatic, the longest waiting first, with its own Message-ID",
    arguments: TestStore.engines)
  func delivery(_ engine: Engine) async throws {
    let sink = try SMTPSink()
    defer { sink.stop() }
    try await Post.run(on: engine) { post in
      let first = try await post.queue("r1")
      post.clock.advance(by: .seconds(1))
      let second = try await post.queue("r2", to: "bob@acme.example")
      try await post.deliver(to: sink)
      try await post.deliver(to: sink)
      #expect(
        sink.received.map(\.recipients) == [
          ["RCPT TO:<ada@acme.example>"], ["RCPT TO:<bob@acme.example>"],
        ])
      let content = try #require(sink.received.first?.content)
      #expect(content.contains("Message-ID: <\(first)@msp.example>\r\n"))
      #expect(content.contains("From: \"Northwind\" <portal@msp.example>\r\n"))
      #expect(content.contains("Auto-Submitted: auto-generated\r\n"))
      let mail = try await post.mail(second)
      #expect(mail.state == .sent)
      #expect(mail.sent == post.clock.now)
      let actions = try await post.store.read(as: tenant) { db in
        (try db.auditRecords(limit: 10).map(\.action), try db.events(limit: 10).map(\.type))
      }
      #expect(actions.0 == ["mail.queued", "mail.queued", "mail.sent", "mail.sent"])
      #expect(actions.1 == actions.0)
    }
  }

  @Test(
    "a temporary refusal is tried again with growing waits, and given up after the last",
    arguments: TestStore.engines)
  func backOff(_ engine: Engine) async throws {
    let sink = try SMTPSink(refusing: ["RCPT": "451 later"])
    defer { sink.stop() }
    try await Post.run(on: engine) { post in
      let id = try await post.queue("r1")
      try await post.deliver(to: sink)
      var mail = try await post.mail(id)
      #expect(mail.state == .queued)
      #expect(mail.attempts == 1)
      #expect(mail.lastError == "the mail server answered 451")
      #expect(mail.due == post.clock.now + .minutes(1))
      try await post.deliver(to: sink)
      #expect(try await post.mail(id).attempts == 1)
      for _ in 2...OutgoingMail.maximumAttempts {
        post.clock.set(mail.due)
        try await post.deliver(to: sink)
        mail = try await post.mail(id)
      }
      #expect(mail.state == .failed)
      #expect(mail.attempts == OutgoingMail.maximumAttempts)
      post.clock.advance(by: .days(1))
      try await post.deliver(to: sink)
      #expect(try await post.mail(id) == mail)
      #expect(sink.received.isEmpty)
    }
  }

  @Test(
    "a refusal for good fails at once, and does not hold up the next mail",
    arguments: TestStore.engines)
  func permanent(_ engine: Engine) async throws {
    let sink = try SMTPSink(refusing: ["RCPT TO:<gone@": "550 no such user"])
    defer { sink.stop() }
    try await Post.run(on: engine) { post in
      let gone = try await post.queue("r1", to: "gone@acme.example")
      post.clock.advance(by: .seconds(1))
      let good = try await post.queue("r2")
      try await post.deliver(to: sink)
      #expect(try await post.mail(gone).state == .failed)
      #expect(try await post.mail(gone).attempts == 1)
      #expect(try await post.mail(good).state == .sent)
    }
  }

  @Test(
    "a server that is away ends the run: the mails behind keep their attempts",
    arguments: TestStore.engines)
  func unreachable(_ engine: Engine) async throws {
    try await Post.run(on: engine) { post in
      let first = try await post.queue("r1")
      post.clock.advance(by: .seconds(1))
      let second = try await post.queue("r2")
      try await post.deliver(by: Post.server(port: 1, post.clock))
      #expect(try await post.mail(first).attempts == 1)
      #expect(try await post.mail(first).state == .queued)
      #expect(try await post.mail(second).attempts == 0)
    }
  }

  @Test(
    "a claimed mail is nobody else's until the claim runs out, and a late report changes nothing",
    arguments: TestStore.engines)
  func claims(_ engine: Engine) async throws {
    try await Post.run(on: engine) { post in
      let id = try await post.queue("r1")
      let store = post.store
      func claim() async throws -> MailQueueStore.Claim? {
        try await store.writeAcrossTenants { db in try MailQueueStore(db).claim() }
      }
      let first = try #require(try await claim())
      #expect(first.tenant == tenant)
      #expect(first.mail.id == id)
      #expect(try await claim() == nil)
      post.clock.advance(by: OutgoingMail.claimTime)
      let second = try #require(try await claim())
      #expect(second.mail.attempts == 2)
      var late = first.mail
      late.refused("late", isPermanent: true, at: post.clock.now)
      let report = late
      await #expect(throws: StoreError.stale) {
        try await store.writeAcrossTenants { db in try MailQueueStore(db).report(report, of: first)
        }
      }
      #expect(try await post.mail(id).state == .queued)
    }
  }

  @Test("a process that lost its lease sends nothing", arguments: TestStore.engines)
  func lostLease(_ engine: Engine) async throws {
    let sink = try SMTPSink()
    defer { sink.stop() }
    try await Post.run(on: engine) { post in
      _ = try await post.queue("r1")
      let lease = try #require(
        try await Lease.acquire(
          "job/mail-delivery", owner: "slow", for: .seconds(60), in: post.store))
      post.clock.advance(by: .seconds(61))
      let delivery = MailDelivery(
        store: post.store, server: try Post.server(port: sink.port, post.clock),
        directory: post.directory, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      await #expect(throws: StoreError.leaseLost("job/mail-delivery")) {
        try await delivery.run(lease)
      }
      #expect(sink.received.isEmpty)
    }
  }

  @Test("mails that wait when the mail server is taken away are kept", arguments: TestStore.engines)
  func keeping(_ engine: Engine) async throws {
    try await Post.run(on: engine) { post in
      var ids: [String] = []
      for number in 0..<(MailDelivery.batch + 1) { ids.append(try await post.queue("r\(number)")) }
      try await post.deliver(to: nil)
      for id in ids { #expect(try await post.mail(id).state == .kept) }
    }
  }

  @Test("a failed mail is queued again with a fresh count, any other is not")
  func retry() throws {
    let now = Instant(seconds: 1_000)
    var mail = OutgoingMail(
      id: "m", sender: "services/x", requestID: "r", recipients: [], fromDisplayName: "",
      subject: "", text: "", html: "", template: "", state: .failed, created: now, due: now)
    mail.attempts = 10
    try mail.retry(hasServer: true, at: now + .hours(1))
    #expect(mail.state == .queued)
    #expect(mail.attempts == 0)
    #expect(mail.due == now + .hours(1))
    #expect(throws: OutgoingMailError.notStopped(.queued)) {
      try mail.retry(hasServer: true, at: now)
    }
    mail.delivered(at: now)
    #expect(throws: OutgoingMailError.notStopped(.sent)) {
      try mail.retry(hasServer: true, at: now)
    }
    mail.state = .kept
    #expect(throws: OutgoingMailError.noServer) { try mail.retry(hasServer: false, at: now) }
  }

  @Test("waits double from a minute to four hours")
  func waits() {
    let minutes = (1...12).map {
      OutgoingMail.wait(afterAttempt: Int64($0)).wholeMicroseconds / 60_000_000
    }
    #expect(minutes == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240])
  }
}
