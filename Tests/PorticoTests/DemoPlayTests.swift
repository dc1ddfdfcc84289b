import Access
import Foundation
import Logging
import PorticoAPI
import RPC
import Testing
import Values
import WellKnown

@testable import portico

@Suite("The demo, played through the public RPCs")
struct DemoPlayTests {
  /// Noon of a Wednesday, so that the last three weeks hold whole working days.
  private static let now = Instant(seconds: 1_795_003_200)
  private static let silent = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }

  @Test(
    "D-06 D-12 V-09 S-091 tickets, invoices, contracts and news are there and add up; a second load changes nothing"
  )
  func play() async throws {
    let data = FileManager.default.temporaryDirectory
      .appending(path: "portico-demo-\(RequestID.make())", directoryHint: .isDirectory)
    defer { remove(data) }
    let origin = "http://{tenant}.localhost:8080"
    try await DemoData.load(
      into: data, origin: origin, tickets: 48, now: Self.now)
    #expect(try await DemoData.isLoaded(in: data))
    let written = try modified(data)
    try await DemoData.load(
      into: data, origin: origin, tickets: 48, now: Self.now)
    #expect(try modified(data) == written)

    let installation = try Installation(
      data: data, origin: origin, clock: ManualClock(Self.now), logger: Self.silent)
    try await installation.running {
      let office = try Office(installation, at: Self.now)
      try await office.checkTickets(48)
      try await office.checkInvoices()
      try await office.checkRest()
      await office.close()
    }
  }

  @Test("a folder with somebody else's data is left alone")
  func occupied() async throws {
    let data = FileManager.default.temporaryDirectory
      .appending(path: "portico-occupied-\(RequestID.make())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    defer { remove(data) }
    try Data("not ours".utf8).write(to: data.appending(path: "identity.db"))
    await #expect(throws: DemoError.self) {
      try await DemoData.load(into: data, origin: "http://{tenant}.localhost")
    }
    let kept = try String(contentsOf: data.appending(path: "identity.db"), encoding: .utf8)
    #expect(kept == "not ours")
  }

  private func modified(_ data: URL) throws -> Date? {
    try FileManager.default.attributesOfItem(atPath: data.appending(path: "demo.json").path)[
      .modificationDate] as? Date
  }

  private func remove(_ url: URL) {
    do { try FileManager.default.removeItem(at: url) } catch {
      Issue.record("\(url.path) stays behind: \(error)")
    }
  }
}

/// The administrator's view of a loaded demo.
struct Office {
  private let channels: [String: RPC.Channel]
  private let options: CallOptions

  init(_ installation: Installation, at now: Instant) throws {
    channels = try installation.peers.mapValues {
      try RPC.Channel($0, logger: Logger(label: "office") { _ in SwiftLogNoOpLogHandler() })
    }
    let principal = Principal(
      tenant: TenantID(DemoTenant.id), user: "users/aoife", kind: .staff,
      grants: BuiltInRole.administrator.grants, session: "sessions/test")
    let token = try installation.keys.signer(for: Verifier.identity).token(for: principal, at: now)
    options = try CallOptions().principal(token.bytes)
  }

  func close() async {
    for channel in channels.values { await channel.shutDown(grace: .zero) }
  }

  private func service(_ name: String) throws -> any Caller { try #require(channels[name]) }

  func checkTickets(_ count: Int) async throws {
    let tickets = TicketsClient(try service("ticketing"))
    let all = try await tickets.listTickets(.init(parent: "accounts/-", pageSize: 100), options)
    #expect(all.tickets.count == count)
    #expect(Set(all.tickets.map(\.displayID)).count == count)
    #expect(all.tickets.contains { $0.state == .closed })
    #expect(all.tickets.contains { $0.state == .resolved && $0.timeToResolve != nil })
    // Nothing is so old that it is closed by itself as soon as the demo runs.
    let newest = all.tickets.compactMap { $0.createTime?.seconds }.max() ?? 0
    for ticket in all.tickets where ticket.state == .resolved {
      #expect((ticket.resolveTime?.seconds ?? 0) > newest - 13 * 86_400, "\(ticket.name)")
    }
    let waiting = try await tickets.listTickets(
      .init(parent: "accounts/-", pageSize: 100, view: .open, folder: .unassigned), options)
    #expect(!waiting.tickets.isEmpty)
    #expect(waiting.tickets.allSatisfy { $0.state == .new && $0.assignee.isEmpty })
    #expect(all.tickets.allSatisfy { $0.source == .portal && !$0.contactDisplayName.isEmpty })
  }

  func checkInvoices() async throws {
    let client = InvoicesClient(try service("billing"))
    let invoices = try await client.listInvoices(
      .init(parent: "accounts/-", pageSize: 100), options
    ).invoices
    #expect(Set(invoices.map(\.state)).count >= 6)
    let numbers = invoices.map(\.number).filter { !$0.isEmpty }
    #expect(Set(numbers).count == numbers.count)
    for invoice in invoices {
      let (total, paid) = (cents(invoice.grandTotal), cents(invoice.paidAmount))
      let due = cents(invoice.paymentDue)
      switch invoice.state {
      case .draft, .void: #expect(due == 0 && paid == 0)
      default: #expect(total == paid + due)
      }
      #expect(
        cents(invoice.totalPrice) - cents(invoice.discount) + cents(invoice.totalTax) == total)
    }
  }

  func checkRest() async throws {
    let contracts = try await ContractsClient(service("billing")).listContracts(
      .init(parent: "accounts/-", includeInactive: true), options)
    #expect(contracts.contracts.count == 8)
    let news = try await NewsClient(service("cms")).listNews(.init(), options)
    #expect(news.news.count == DemoCatalogue.news.count)
    #expect(news.news.first?.pinned == true)
    let contacts = try await ContactsClient(service("identity")).listContacts(
      .init(parent: "accounts/-", pageSize: 200, portalAccess: .yes), options)
    #expect(contacts.contacts.allSatisfy { $0.portalAccess?.passwordState == .set })
    let audit = try await AuditLogClient(service("identity")).listAuditEntries(
      .init(pageSize: 200), options)
    #expect(!audit.auditEntries.isEmpty)
  }

  private func cents(_ money: GoogleType.Money?) -> Int64 {
    guard let money else { return 0 }
    return money.units * 100 + Int64(money.nanos) / 10_000_000
  }
}
