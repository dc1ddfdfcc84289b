import Access
import Logging
import PorticoAPI
import RPC
import TestSupport
import Values
import WellKnown

@testable import Gateway

/// What pages are rendered with, when no server is needed: one person, one portal, one moment.
enum Samples {
  static let now = Instant(seconds: 1_772_445_600)
  static let payload = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'"

  static func context(
    _ principal: Principal? = TestPrincipal.customer(), target: String = "/",
    profile: Identity.Profile? = nil, portal: Identity.Portal? = nil, form: Form = Form(),
    cookies: [String] = []
  ) throws -> PageContext {
    let clock = ManualClock(now)
    let keys = Keyring(Stage.services)
    let verifier = keys.verifier(for: "gateway", clock: clock)
    let session = try principal.map {
      let token = try keys.signer(for: Verifier.identity).token(for: $0, at: now)
      return Session(
        proof: try verifier.proof(token.bytes), profile: profile ?? self.profile($0),
        record: .init(name: $0.session), expires: now + .seconds(60))
    }
    let settings =
      portal ?? .init(tenant: "northwind", displayName: "Northwind", active: true)
    let visitor = Visitor(
      portal: Portal(
        tenant: TestPrincipal.tenant, settings: settings, origin: "http://northwind.localhost"),
      cookies: CookieNames(isSecure: false), secret: nil, session: session)
    return PageContext(
      request: Request(
        id: "0123456789abcdef", method: .GET, target: try Target(target),
        authority: "northwind.localhost", headers: [:], cookies: Cookies(cookies),
        body: RequestBody(),
        remote: RemoteAddress(IPAddress("127.0.0.1")), isSecure: false, received: now),
      path: PathBindings(), form: form,
      visitor: visitor,
      caller: Backends([:]), csrfToken: "token", theme: .system, flashes: [],
      assets: StaticAssets([]),
      sessions: SessionDirectory(
        Backends([:]), verifier, clock: clock),
      memory: PartMemory(), patience: .seconds(60), now: now,
      zone: TimeZones.zone(of: visitor),
      log: Logger(label: "pages") { _ in SwiftLogNoOpLogHandler() })
  }

  static func profile(_ principal: Principal) -> Identity.Profile {
    Identity.Profile(
      name: "profile", displayName: principal.displayName,
      memberships: principal.memberships.map {
        .init(
          account: "accounts/\($0.account)", accountDisplayName: $0.account.capitalized,
          contact: "accounts/\($0.account)/contacts/\($0.contact)")
      })
  }

  static let time = GoogleProtobuf.Timestamp(seconds: 1_772_400_000)
  static let money = GoogleType.Money(currencyCode: "EUR", units: 12, nanos: 340_000_000)
  static let day = GoogleType.Date(year: 2026, month: 3, day: 4)

  /// A ticket whose every text is `text`.
  static func ticket(_ text: String = "Printer") -> Ticketing.Ticket {
    let choice = Ticketing.Choice(name: "catalogEntries/x", displayName: text, rank: 2)
    var ticket = Ticketing.Ticket(
      name: "accounts/acme/tickets/1001", displayID: text, title: text, details: text)
    ticket.state = .open
    ticket.accountDisplayName = text
    ticket.siteDisplayName = text
    ticket.contactDisplayName = text
    (ticket.category, ticket.type, ticket.priority) = (choice, choice, choice)
    (ticket.issueType, ticket.subIssueType) = (choice, choice)
    ticket.hardwareAssetDisplayName = text
    ticket.softwareAssetDisplayName = text
    ticket.assigneeDisplayName = text
    ticket.dueTime = time
    ticket.createTime = time
    ticket.updateTime = time
    ticket.timeToResolve = .init(seconds: 93_600)
    ticket.attachments = [attachment(text)]
    ticket.allowedActions = [.addNote, .resolve, .reopen]
    return ticket
  }

  static func attachment(_ text: String) -> Ticketing.Attachment {
    Ticketing.Attachment(
      name: "accounts/acme/tickets/1001/attachments/7", fileName: text, contentType: text,
      sizeBytes: 1234, authorDisplayName: text)
  }

  static func note(
    _ text: String, kind: Ticketing.NoteKind = .staff,
    visibility: Ticketing.NoteVisibility = .public
  ) -> Ticketing.Note {
    Ticketing.Note(
      name: "accounts/acme/tickets/1001/notes/3", kind: kind, visibility: visibility, body: text,
      authorDisplayName: text, createTime: time, attachments: [attachment(text)])
  }

  static func contract(_ text: String, _ terms: Billing.Contract.Terms?) -> Billing.Contract {
    var contract = Billing.Contract(
      name: "accounts/acme/contracts/1", displayName: text, referenceNumber: text, startDate: day)
    contract.sla = text
    contract.setupFee = money
    contract.status = .active
    contract.description = text
    contract.billingInformation = text
    contract.accountDisplayName = text
    contract.terms = terms
    return contract
  }

  static func invoice(_ text: String) -> Billing.Invoice {
    var invoice = Billing.Invoice(
      name: "accounts/acme/invoices/1", number: text, state: .issued, overdue: true,
      purchaseOrder: text)
    invoice.from = .init(displayName: text, address: "\(text)\n\(text)", taxNumber: text)
    invoice.to = invoice.from
    invoice.invoiceDate = day
    invoice.dueDate = day
    invoice.salesRepresentative = text
    invoice.project = text
    invoice.notes = text
    invoice.lines = [
      .init(
        description: text, quantityThousandths: 1500, unitPrice: money,
        taxRateThousandths: 19_000, netAmount: money)
    ]
    invoice.paymentDue = money
    invoice.grandTotal = money
    invoice.payments = [
      .init(name: "x", amount: money, paymentDate: day, method: text, reference: text)
    ]
    invoice.taxes = [.init(taxRateThousandths: 19_000, taxableAmount: money, taxAmount: money)]
    invoice.accountDisplayName = text
    return invoice
  }

  static func conversation(_ text: String) -> Messaging.Conversation {
    var conversation = Messaging.Conversation(
      name: "accounts/acme/conversations/1", subject: text,
      contact: "accounts/acme/contacts/ada", contactDisplayName: text, accountDisplayName: text)
    conversation.snippet = text
    conversation.lastAuthorDisplayName = text
    conversation.unreadCount = 2
    conversation.lastMessageTime = time
    return conversation
  }
}
