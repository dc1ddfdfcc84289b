import ArgumentParser
import Foundation
import Logging
import PorticoAPI
import RPC
import Testing
import Values

@testable import portico

@Suite("The demo's world")
struct DemoWorldTests {
  @Test("every story is classified with entries that the catalogue has, and suits somebody")
  func stories() {
    let ids = Set(DemoCatalogue.entries.map { DemoCatalogue.entryID($0.id, $0.kind) })
    for story in DemoTicketStory.all {
      #expect(ids.contains(DemoCatalogue.entryID(story.category, .category)), "\(story.title)")
      #expect(ids.contains(DemoCatalogue.entryID(story.type, .ticketType)), "\(story.title)")
      #expect(ids.contains(DemoCatalogue.entryID(story.priority, .priority)), "\(story.title)")
      #expect(ids.contains(DemoCatalogue.entryID(story.issue, .issueType)), "\(story.title)")
      let sub = DemoCatalogue.entries.first {
        $0.kind == .subIssueType && $0.id == story.subIssue && $0.parent == story.issue
      }
      #expect(sub != nil, "\(story.title)")
      #expect(DemoTenant.customers.contains { story.suits($0.id) }, "\(story.title)")
    }
    #expect(DemoTicketStory.all.count >= 30)
  }

  @Test("four accounts, one with three properties, about twenty contacts")
  func customers() {
    #expect(DemoTenant.customers.count == 4)
    #expect(DemoTenant.customers.contains { $0.places.count == 3 })
    let people = DemoTenant.customers.flatMap(\.people)
    #expect((18...24).contains(people.count))
    #expect(DemoTenant.customers.reduce(0) { $0 + $1.ticketShare } == 100)
  }

  @Test("contracts of every type; invoices of every fate")
  func billing() {
    let now = Instant(seconds: 1_795_000_000)
    var types: Set<String> = []
    for plan in DemoContract.all(now: now) {
      switch plan.contract.terms {
      case .timeAndMaterials: types.insert("time")
      case .recurring: types.insert("recurring")
      case .fixedPrice: types.insert("fixed")
      case .retainerByAmount: types.insert("amount")
      case .retainerByHours: types.insert("hours")
      case nil: Issue.record("\(plan.id) has no terms")
      }
    }
    #expect(types.count == 5)
    let fates = Set(DemoInvoice.all(now: now).map(\.fate))
    #expect(fates == [.draft, .open, .paid, .partlyPaid, .void, .uncollectible])
  }

  @Test("work happens on working days, in working hours")
  func calendar() throws {
    let now = Instant(seconds: 1_795_000_000)
    var dice = DemoDice(5)
    for _ in 0..<500 {
      let time = DemoCalendar.working(now + .minutes(dice.roll(600_000)))
      let date = CivilDate(time, in: .gmt)
      let hour = (time - date.start(in: .gmt)) / .hours(1)
      #expect(date.weekday <= 5)
      #expect((8.0..<17.0).contains(hour))
    }
  }

  @Test("the dice fall the same way in every run")
  func dice() {
    var (one, other) = (DemoDice(27), DemoDice(27))
    #expect((0..<50).map { _ in one.roll(100) } == (0..<50).map { _ in other.roll(100) })
  }

  @Test("a mail's link gives its token")
  func token() {
    let text = "Hello,\n\nhttp://acme.localhost:8080/welcome?token=Ab9-_x\n\nGood until tomorrow."
    #expect(Postmaster.token(in: text) == "Ab9-_x")
    #expect(Postmaster.token(in: "nothing here") == nil)
  }
}

@Suite("Commands")
struct CommandTests {
  @Test("wrong arguments are refused with the reason")
  func refusals() {
    #expect(throws: (any Error).self) { try Up.parse(["--certificate", "a.pem"]) }
    #expect(throws: (any Error).self) { try Up.parse(["--port", "70000"]) }
    #expect(throws: (any Error).self) { try Seed.parse(["--tickets", "0"]) }
    #expect(throws: (any Error).self) {
      try Call.parse(["Accounts/ListAccounts", "--address", "unix:/x", "--as", "operator"])
    }
  }

  @Test("what is not said has its default")
  func defaults() throws {
    let up = try Up.parse([])
    #expect(up.port == 8080)
    #expect(up.host == "127.0.0.1")
    #expect(up.data == "data")
    #expect(!up.demo)
  }
}
