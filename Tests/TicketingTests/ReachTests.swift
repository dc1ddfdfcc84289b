import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing

@Suite("Who reaches which ticket")
struct ReachTests {
  @Test(
    "D-51 X-11 absent, another account's and another tenant's tickets are one NOT_FOUND, in every method",
    arguments: TestStore.engines)
  func sameAnswer(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let ticket = try await desk.raise(as: desk.mia)
      let absent = Ticketing.Ticket(name: "accounts/acme/tickets/99999")
      let elsewhere = Ticketing.Ticket(name: "accounts/birch/tickets/1001")
      var answers: Set<Status> = []
      for (person, target) in [
        (desk.ada, ticket), (desk.birch, ticket), (desk.stranger, ticket), (desk.mia, absent),
        (desk.mia, elsewhere), (desk.tim, absent), (desk.tim, elsewhere),
      ] {
        let tickets = desk.tickets(person)
        let name = target.name
        answers.insert(try await status { try await tickets.getTicket(.init(name: name)) })
        answers.insert(try await status { try await tickets.listNotes(.init(parent: name)) })
        answers.insert(try await status { try await tickets.listTimeEntries(.init(parent: name)) })
        answers.insert(try await status { try await tickets.resolveTicket(.init(name: name)) })
        answers.insert(try await status { try await tickets.reopenTicket(.init(name: name)) })
        answers.insert(try await status { try await desk.note("Hello", on: target, as: person) })
        answers.insert(
          try await status {
            try await tickets.downloadAttachment(.init(name: "\(name)/attachments/x")) {
              responses in
              for try await _ in responses {}
            }
          })
      }
      for name in [absent.name, elsewhere.name, "accounts/acme/tickets/01001"] {
        let tickets = desk.tickets(desk.tim)
        answers.insert(try await status { try await tickets.assignTicket(.init(name: name)) })
        answers.insert(try await status { try await tickets.closeTicket(.init(name: name)) })
        answers.insert(
          try await status { try await tickets.holdTicket(.init(name: name, state: .scheduled)) })
        answers.insert(
          try await status {
            try await tickets.updateTicket(.init(ticket: .init(name: name, title: "New")))
          })
        answers.insert(
          try await status {
            try await tickets.createTimeEntry(.init(parent: name, timeEntry: .init(minutes: 5)))
          })
      }
      answers.insert(try await status { try await desk.raise(as: desk.ada.acting(in: "birch")) })
      #expect(answers == [Status(.notFound, "not found")])
      #expect(try await desk.read(ticket, as: desk.mia).state == .new)
    }
  }

  @Test(
    "S-025 S-031 S-033 S-091 S-093 F-01 an External User has her own tickets, a manager the account's"
  )
  func ownAndAccount() async throws {
    try await Desk.run { desk in
      let hers = try await desk.raise("Hers")
      let his = try await desk.raise("His", as: desk.bob)
      _ = try await desk.raise("Theirs", as: desk.birch)
      func titles(_ person: Principal, mine: Bool = false, _ parent: String = "accounts/-")
        async throws -> [String]
      {
        let list = try await desk.tickets(person).listTickets(
          .init(parent: parent, myTickets: mine))
        #expect(list.totalSize == Int32(list.tickets.count))
        return list.tickets.map(\.title)
      }
      #expect(try await titles(desk.ada) == ["Hers"])
      #expect(try await titles(desk.mia) == ["His", "Hers"])
      #expect(try await titles(desk.mia, mine: true) == [])
      #expect(try await titles(desk.birch) == ["Theirs"])
      #expect(try await titles(desk.birch, "accounts/acme") == [])
      #expect(try await titles(desk.tim) == ["Theirs", "His", "Hers"])
      #expect(try await titles(desk.tim, "accounts/acme") == ["His", "Hers"])
      #expect(try await titles(desk.stranger) == [])
      #expect(try await desk.read(hers, as: desk.mia).contactDisplayName == "Ada Byte")
      let refused = try await status { try await desk.read(his, as: desk.ada) }
      #expect(refused.code == .notFound)
    }
  }

  @Test(
    "F-04 who reaches the whole account raises tickets for colleagues, who then have them; others do not"
  )
  func onBehalf() async throws {
    try await Desk.run { desk in
      let raised = try await desk.raise("For Ada", as: desk.mia) {
        $0.contact = "accounts/acme/contacts/ada"
      }
      #expect(raised.contactDisplayName == "Ada Byte")
      #expect(raised.source == .portal)
      #expect(try await desk.read(raised, as: desk.ada).allowedActions.contains(.addNote))
      #expect(try await status { try await desk.read(raised, as: desk.bob) }.code == .notFound)
      #expect(try await desk.trail().audit.first?.actor == Actor("users/acme-mia"))
      let refused = try await status {
        try await desk.raise("For Ada", as: desk.bob) { $0.contact = "accounts/acme/contacts/ada" }
      }
      #expect(refused.violations.map(\.field) == ["ticket.contact"])
    }
  }

  @Test("D-38 what was raised for a contact before they could sign in is theirs when they do")
  func beforeAccess() async throws {
    try await Desk.run { desk in
      let early = try await desk.raise("By phone", as: desk.tim) {
        $0.contact = "accounts/acme/contacts/bob"
      }
      try await desk.note("We have called back", on: early, as: desk.tim, .public)
      desk.stage.clock.advance(by: .days(400))
      let user = try await desk.giveAccess(to: "accounts/acme/contacts/bob")
      let bob = TestPrincipal.customer(contact: "bob", user: user)
      let mine = try await desk.tickets(bob).listTickets(
        .init(parent: "accounts/acme", myTickets: true))
      #expect(mine.tickets.map(\.name) == [early.name])
      #expect(try await desk.thread(early, as: bob) == ["We have called back"])
    }
  }

  @Test("F-01 a role that reaches sites has the tickets of these sites, and raises them there")
  func sites() async throws {
    try await Desk.run { desk in
      let lab = try await desk.raise("Lab", as: desk.mia) { $0.site = "accounts/acme/sites/lab" }
      let office = try await desk.raise("Office", as: desk.mia) {
        $0.site = "accounts/acme/sites/hq"
      }
      _ = try await desk.raise("Nowhere", as: desk.mia)
      let keeper = desk.siteKeeper(["lab"])
      let seen = try await desk.tickets(keeper).listTickets(.init(parent: "accounts/acme"))
      #expect(seen.tickets.map(\.name) == [lab.name])
      #expect(seen.totalSize == 1)
      #expect(try await status { try await desk.read(office, as: keeper) }.code == .notFound)
      // His own contact stands at the lab: that is where his ticket is.
      let own = try await desk.raise("Own", as: keeper)
      #expect(own.site == "accounts/acme/sites/lab")
      #expect(own.siteDisplayName == "LAB")
      let refused = try await status {
        try await desk.raise("Not here", as: keeper) { $0.site = "accounts/acme/sites/hq" }
      }
      #expect(refused.violations.map(\.field) == ["ticket.site"])
      let homeless = desk.siteKeeper(["hq"])
      #expect(
        try await status { try await desk.raise("Not there", as: homeless) }.violations
          .map(\.field) == ["ticket.site"])
    }
  }

  @Test("X-12 what staff do is not for customers, whatever they send; nor anything without a login")
  func staffOnly() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      let tickets = desk.tickets(desk.mia)
      try await expect(.permissionDenied) {
        try await tickets.assignTicket(.init(name: ticket.name))
      }
      try await expect(.permissionDenied) {
        try await tickets.closeTicket(.init(name: ticket.name))
      }
      try await expect(.permissionDenied) {
        try await tickets.holdTicket(.init(name: ticket.name, state: .scheduled))
      }
      try await expect(.permissionDenied) { try await tickets.updateTicket(.init(ticket: ticket)) }
      try await expect(.permissionDenied) {
        try await tickets.createTimeEntry(
          .init(parent: ticket.name, timeEntry: .init(minutes: 5)))
      }
      try await expect(.permissionDenied) {
        try await desk.settings(desk.mia).updateTicketSettings(.init(ticketSettings: .init()))
      }
      try await expect(.permissionDenied) {
        try await desk.catalog(desk.mia).createCatalogEntry(
          .init(catalogEntry: .init(kind: .priority, displayName: "Mine")))
      }
      try await expect(.permissionDenied) {
        try await desk.assets(desk.mia).createAsset(
          .init(parent: "accounts/acme", asset: .init(kind: .hardware, displayName: "PC")))
      }
      let anonymous = try await status {
        try await TicketsClient(desk.stage.caller("ticketing")).getTicket(.init(name: ticket.name))
      }
      #expect(anonymous.code == .unauthenticated)
      let clerk = TestPrincipal.staff(.billingClerk)
      #expect(try await status { try await desk.read(ticket, as: clerk) }.code == .permissionDenied)
    }
  }

  @Test("F-01 allowed actions are what the caller's grants and the ticket's life leave")
  func allowedActions() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      #expect(ticket.allowedActions == [.addNote, .resolve])
      let forStaff = try await desk.read(ticket, as: desk.tim).allowedActions
      #expect(
        forStaff == [.addNote, .resolve, .assign, .hold, .addInternalNote, .logTime, .classify])
      var reader = desk.mia
      reader.memberships[0].grants = [Grant(.ticketsRead, .account), Grant(.ticketsWrite, .own)]
      #expect(try await desk.read(ticket, as: reader).allowedActions == [])
      let own = try await desk.raise("Own", as: reader)
      #expect(own.allowedActions == [.addNote, .resolve])
      _ = try await desk.tickets(desk.tim).resolveTicket(.init(name: ticket.name))
      #expect(try await desk.read(ticket, as: desk.ada).allowedActions == [.addNote, .reopen])
      let resolved = try await desk.read(ticket, as: desk.tim).allowedActions
      #expect(resolved == [.addNote, .reopen, .close, .addInternalNote, .logTime, .classify])
    }
  }
}

extension Desk {
  /// Lets a contact sign in; answers with the user that they are from then on.
  fileprivate func giveAccess(to contact: String) async throws -> String {
    let contacts = ContactsClient(stage.caller("identity", as: administrator()))
    let given = try await contacts.updatePortalAccess(
      .init(name: contact, enabled: true, role: "roles/external-user"))
    return try #require(given.portalAccess?.user)
  }
}

extension Principal {
  /// The same person, calling as if another account were theirs: for the path only, the grants stay.
  fileprivate func acting(in account: String) -> Principal {
    var copy = self
    copy.memberships.insert(Membership(account: account, contact: "none"), at: 0)
    return copy
  }
}
