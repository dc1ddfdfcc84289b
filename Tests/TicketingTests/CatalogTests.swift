import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@Suite("The catalogue, assets and settings")
struct CatalogTests {
  @Test(
    "S-099 S-100 S-101 S-102 classification: defaults, kinds, retired entries, sub-issues of their issue only"
  )
  func classification() async throws {
    try await Desk.run { desk in
      try await desk.priorities()
      try await desk.entry("network", .issueType)
      try await desk.entry("hardware", .issueType)
      try await desk.entry("wifi", .subIssueType) { $0.parent = "catalogEntries/network" }
      try await desk.entry("incident", .ticketType) { $0.isDefault = true }
      try await desk.entry("old", .category) { ($0.retired, $0.isDefault) = (true, true) }
      let plain = try await desk.raise()
      #expect(plain.priority == .init(name: "catalogEntries/low", displayName: "low", rank: 5))
      #expect(plain.type?.name == "catalogEntries/incident")
      #expect([plain.category, plain.issueType, plain.subIssueType] == [nil, nil, nil])
      func choice(_ id: String) -> Ticketing.Choice { .init(name: "catalogEntries/\(id)") }
      let full = try await desk.raise {
        ($0.issueType, $0.subIssueType, $0.priority) = (
          choice("network"), choice("wifi"), choice("high")
        )
      }
      #expect(full.subIssueType?.displayName == "wifi")
      let wrong: [(String, (inout Ticketing.Ticket) -> Void)] = [
        ("ticket.category", { $0.category = choice("old") }),
        ("ticket.category", { $0.category = choice("high") }),
        (
          "ticket.sub_issue_type",
          { ($0.issueType, $0.subIssueType) = (choice("hardware"), choice("wifi")) }
        ),
        ("ticket.sub_issue_type", { $0.subIssueType = choice("wifi") }),
      ]
      for (field, spoil) in wrong {
        #expect(
          try await status { try await desk.raise { spoil(&$0) } }.violations.map(\.field) == [
            field
          ])
      }
      // A type retired since stays on the ticket that has it, and its issue type takes it along.
      let catalog = desk.catalog()
      _ = try await catalog.updateCatalogEntry(
        .init(catalogEntry: .init(name: "catalogEntries/incident", retired: true)))
      let staff = desk.tickets(desk.tim)
      let renamed = try await staff.updateTicket(
        .init(ticket: .init(name: full.name, title: "Renamed")))
      #expect(renamed.type?.name == "catalogEntries/incident")
      #expect(renamed.subIssueType?.name == "catalogEntries/wifi")
      let moved = try await staff.updateTicket(
        .init(
          ticket: .init(name: full.name, site: "junk", issueType: choice("hardware")),
          updateMask: .init(paths: ["issue_type"])))
      #expect(moved.issueType?.name == "catalogEntries/hardware")
      #expect(moved.subIssueType == nil)
      let cleared = try await staff.updateTicket(
        .init(ticket: .init(name: full.name), updateMask: .init(paths: ["priority", "type"])))
      #expect(cleared.priority == nil)
      #expect(cleared.type == nil)
      // A closed ticket can still be classified.
      _ = try await staff.resolveTicket(.init(name: full.name))
      _ = try await staff.closeTicket(.init(name: full.name))
      let late = try await staff.updateTicket(
        .init(ticket: .init(name: full.name, priority: choice("high"))))
      #expect(late.priority?.rank == 1)
      let offered = try await desk.catalog(desk.ada).listCatalogEntries(.init(kind: .ticketType))
      #expect(offered.catalogEntries.isEmpty)
      let all = try await desk.catalog(desk.ada).listCatalogEntries(.init(includeRetired: true))
      #expect(
        all.catalogEntries.map(\.displayName) == [
          "old", "hardware", "network", "high", "low", "wifi", "incident",
        ])
    }
  }

  @Test("S-100 a priority ranked anew moves its tickets in the list by urgency, and no etag")
  func rerank() async throws {
    try await Desk.run { desk in
      try await desk.priorities()
      let low = try await desk.raise("Low")
      _ = try await desk.raise("High") { $0.priority = .init(name: "catalogEntries/high") }
      _ = try await desk.catalog().updateCatalogEntry(
        .init(
          catalogEntry: .init(name: "catalogEntries/low", rank: 0),
          updateMask: .init(paths: ["rank"])))
      let list = try await desk.tickets(desk.ada).listTickets(
        .init(parent: "accounts/-", orderBy: .priority))
      #expect(list.tickets.map(\.title) == ["Low", "High"])
      #expect(list.tickets.map { $0.priority?.rank } == [0, 1])
      #expect(list.tickets.first?.etag == low.etag)
    }
  }

  @Test("Catalogue entries: one default a kind, stale etags, ids taken, what is missing is named")
  func entries() async throws {
    try await Desk.run { desk in
      try await desk.priorities()
      let catalog = desk.catalog()
      _ = try await catalog.updateCatalogEntry(
        .init(catalogEntry: .init(name: "catalogEntries/high", isDefault: true)))
      let entries = try await catalog.listCatalogEntries(.init(kind: .priority)).catalogEntries
      #expect(entries.filter(\.isDefault).map(\.displayName) == ["high"])
      try await expect(.aborted) {
        try await catalog.updateCatalogEntry(
          .init(catalogEntry: .init(name: "catalogEntries/low", displayName: "x", etag: "stale")))
      }
      try await expect(.notFound) {
        try await catalog.updateCatalogEntry(
          .init(catalogEntry: .init(name: "catalogEntries/none", displayName: "x")))
      }
      try await expect(.alreadyExists) { try await desk.entry("high", .category) }
      let wrong: [(String, Ticketing.CatalogEntry)] = [
        ("catalog_entry.display_name", .init(kind: .priority)),
        ("catalog_entry.kind", .init(displayName: "x")),
        ("catalog_entry.parent", .init(kind: .subIssueType, displayName: "x")),
        (
          "catalog_entry.parent",
          .init(kind: .priority, displayName: "x", parent: "catalogEntries/high")
        ),
        (
          "catalog_entry.parent",
          .init(kind: .subIssueType, displayName: "x", parent: "catalogEntries/high")
        ),
      ]
      for (field, entry) in wrong {
        let refused = try await status {
          try await catalog.createCatalogEntry(.init(catalogEntry: entry))
        }
        #expect(refused.violations.map(\.field) == [field])
      }
    }
  }

  @Test(
    "S-103 S-104 F-29 D-51 D-60 assets: of their account, of their kind, in pages over all accounts"
  )
  func assets() async throws {
    try await Desk.run { desk in
      for account in ["acme", "birch"] {
        for (id, kind) in [("pc", Ticketing.AssetKind.hardware), ("os", .software)] {
          _ = try await desk.assets().createAsset(
            .init(
              parent: "accounts/\(account)", assetID: id,
              asset: .init(kind: kind, displayName: "Same", site: "accounts/\(account)/sites/hq")))
        }
      }
      var (seen, token): ([String], String) = ([], "")
      repeat {
        let page = try await desk.assets().listAssets(
          .init(parent: "accounts/-", pageSize: 1, pageToken: token))
        seen += page.assets.map(\.name)
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(
        seen
          == ["acme", "birch"].flatMap { ["accounts/\($0)/assets/os", "accounts/\($0)/assets/pc"] })
      let hers = try await desk.assets(desk.ada).listAssets(
        .init(parent: "accounts/-", kind: .hardware)
      ).assets
      #expect(hers.map(\.name) == ["accounts/acme/assets/pc"])
      let ticket = try await desk.raise {
        ($0.hardwareAsset, $0.softwareAsset) = (
          "accounts/acme/assets/pc", "accounts/acme/assets/os"
        )
      }
      #expect(ticket.hardwareAssetDisplayName == "Same")
      let swapped = try await status {
        try await desk.raise { $0.hardwareAsset = "accounts/acme/assets/os" }
      }
      #expect(swapped.violations.map(\.field) == ["ticket.hardware_asset"])
      let pc = Ticketing.Asset(kind: .hardware, displayName: "PC")
      try await expect(.notFound) {
        try await desk.assets().createAsset(.init(parent: "accounts/none", asset: pc))
      }
      try await expect(.alreadyExists) {
        try await desk.assets().createAsset(
          .init(parent: "accounts/acme", assetID: "pc", asset: pc))
      }
      let elsewhere = try await status {
        try await desk.assets().createAsset(
          .init(
            parent: "accounts/acme",
            asset: .init(kind: .hardware, displayName: "PC", site: "accounts/birch/sites/hq")))
      }
      #expect(elsewhere.violations.map(\.field) == ["asset.site"])
    }
  }

  @Test(
    "S-060 S-061 S-065 D-52 settings: customers see what forms need; submission can be switched off"
  )
  func settings() async throws {
    try await Desk.run { desk in
      let first = try await desk.settings().getTicketSettings(.init())
      #expect(first.submissionAllowed)
      #expect(first.reopenDays == 7)
      try await desk.change(
        .init(
          submissionNotificationEmails: ["a@b.test"], addTicketText: "Call us first",
          defaultAssignee: "users/tim", reopenDays: 3, etag: first.etag))
      try await expect(.aborted) { try await desk.change(.init(etag: first.etag)) }
      let hers = try await desk.settings(desk.ada).getTicketSettings(.init())
      #expect(hers.addTicketText.isEmpty)
      #expect(hers.submissionNotificationEmails.isEmpty)
      #expect(hers.defaultAssignee.isEmpty)
      #expect(!hers.submissionAllowed)
      #expect(hers.reopenDays == 3)
      try await expect(.failedPrecondition) { try await desk.raise() }
      _ = try await desk.raise(as: desk.tim) { $0.contact = "accounts/acme/contacts/ada" }
      for (field, settings) in [
        ("ticket_settings.reopen_days", Ticketing.TicketSettings(reopenDays: 366)),
        ("ticket_settings.reopen_days", .init(reopenDays: -1)),
        (
          "ticket_settings.submission_notification_emails",
          .init(submissionNotificationEmails: ["no address"])
        ),
        (
          "ticket_settings.submission_notification_emails",
          .init(submissionNotificationEmails: ["a@b\r\nBcc: x@y"])
        ),
        ("ticket_settings.default_assignee", .init(defaultAssignee: "users/nobody")),
      ] {
        #expect(
          try await status { try await desk.change(settings) }.violations.first?.field == field)
      }
    }
  }
}

@Suite("Time spent on a ticket")
struct TimeTests {
  @Test(
    "S-071 S-072 S-073 D-34 D-52 F-27 customers see public entries only, and only while the provider shows time",
    arguments: TestStore.engines)
  func visibility(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let ticket = try await desk.raise()
      for (minutes, isPublic) in [(Int32(30), true), (45, false), (1440, true)] {
        _ = try await desk.tickets(desk.tim).createTimeEntry(
          .init(
            parent: ticket.name,
            timeEntry: .init(minutes: minutes, note: "\(minutes)", public: isPublic)))
        desk.stage.clock.advance(by: .days(2))
      }
      func seen(_ person: Principal) async throws -> ([Int32], Int32) {
        var (minutes, token, total): ([Int32], String, Int32) = ([], "", 0)
        repeat {
          let page = try await desk.tickets(person).listTimeEntries(
            .init(parent: ticket.name, pageSize: 1, pageToken: token))
          minutes += page.timeEntries.map(\.minutes)
          (token, total) = (page.nextPageToken, page.totalMinutes)
        } while !token.isEmpty
        return (minutes, total)
      }
      #expect(try await seen(desk.tim) == ([1440, 45, 30], 1515))
      #expect(try await seen(desk.ada) == ([], 0))
      try await desk.change(.init(submissionAllowed: true, showTimeEntries: true, reopenDays: 7))
      #expect(try await seen(desk.ada) == ([1440, 30], 1470))
      #expect(try await seen(desk.tim) == ([1440, 45, 30], 1515))
      #expect(try await desk.read(ticket, as: desk.ada).updateTime == ticket.updateTime)
      for minutes in [Int32(0), -1, 1441, .max] {
        let refused = try await status {
          try await desk.tickets(desk.tim).createTimeEntry(
            .init(parent: ticket.name, timeEntry: .init(minutes: minutes)))
        }
        #expect(refused.violations.map(\.field) == ["time_entry.minutes"])
      }
      #expect(try await desk.trail().audit.filter { $0.action == "ticket.time_logged" }.count == 3)
    }
  }
}
