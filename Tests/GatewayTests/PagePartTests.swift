import Access
import RPC
import TestSupport
import Testing
import Values

@testable import Gateway

@Suite("Parts of pages", .timeLimit(.minutes(2)))
struct PagePartTests {
  private let now = Samples.now

  private func key(
    _ principal: Principal = TestPrincipal.customer(), name: String = "news"
  ) -> PartMemory.Key {
    .init(principal: principal, parent: "accounts/acme", subject: "/", name: name)
  }

  @Test(
    "U-24 the last good answer is there for ten minutes, for the same person with the same rights")
  func memory() {
    let memory = PartMemory()
    memory.remember("first", for: key(), at: now)
    #expect(memory.last(String.self, for: key(), at: now + .seconds(599))?.answer == "first")
    #expect(memory.last(String.self, for: key(), at: now + .seconds(599))?.time == now)
    #expect(memory.last(String.self, for: key(), at: now + .seconds(600)) == nil)
    #expect(memory.last(Int.self, for: key(), at: now) == nil, "another kind of answer")
    var changed = TestPrincipal.customer()
    changed.memberships[0].grants.removeLast()
    #expect(memory.last(String.self, for: key(changed), at: now) == nil, "a role lost")
    changed = TestPrincipal.customer(sites: ["north"])
    #expect(memory.last(String.self, for: key(changed), at: now) == nil, "a site gained")
    changed = TestPrincipal.customer()
    changed.session = "sessions/other"
    #expect(memory.last(String.self, for: key(changed), at: now) == nil, "another session")
    #expect(memory.last(String.self, for: key(name: "invoices"), at: now) == nil)
  }

  @Test("R-224 the memory is bounded: the old goes first, then the oldest")
  func bounded() {
    let memory = PartMemory(capacity: 16)
    for number in 0..<16 {
      memory.remember(number, for: key(name: "\(number)"), at: now + .seconds(number))
    }
    memory.remember(99, for: key(name: "99"), at: now + .seconds(20))
    #expect(memory.count == 15)
    #expect(memory.last(Int.self, for: key(name: "0"), at: now + .seconds(20)) == nil)
    #expect(memory.last(Int.self, for: key(name: "2"), at: now + .seconds(20))?.answer == 2)
    memory.remember(1, for: key(name: "a"), at: now + .seconds(900))
    memory.remember(2, for: key(name: "b"), at: now + .seconds(900))
    #expect(memory.count <= 4, "all that was older than ten minutes is gone")
  }

  private func outage() -> Status { Status(.unavailable, "away") }

  @Test(
    "N-10 U-24 a part without an answer shows its last one and its age; a refusal shows nothing")
  func part() async throws {
    let context = try Samples.context()
    #expect(await context.part("sites") { _ in throw outage() }.answer as Int? == nil)
    #expect(await context.optional("sites") { _ in 7 } == 7)
    #expect(await context.optional("sites") { _ in throw outage() } == 7)
    #expect(context.report.all == [.init(name: "sites", since: Samples.now)])
    let refused: Int? = await context.optional("sites") { _ in
      throw Status(.permissionDenied, "no")
    }
    #expect(refused == nil)
    let missing: Int? = await context.optional("contacts") { _ in throw outage() }
    #expect(missing == nil && context.report.all.map(\.name) == ["contacts", "sites"])
    let notice = try #require(context.gapsNotice).description
    #expect(notice.contains("Missing: contacts.") && notice.contains(">just now</time>: sites."))
    #expect(notice.contains("Try again"))
    let other = try Samples.context(target: "/accounts/acme")
    #expect(other.gapsNotice == nil)
  }

  @Test(
    "N-10 U-24 a service that fails costs its tile, which shows what it showed before and since when"
  )
  func staleTile() async throws {
    let news = TestNews()
    try await PagesStage.run(serving: ["cms": [news]]) { stage in
      let whole = try await stage.get("/")
      #expect(whole.body.contains("The harbour is open"))
      #expect(!whole.body.contains("News could not be loaded"))
      news.become(.refusing(outage()))
      let stale = try await stage.get("/")
      #expect(stale.status == 200 && stale.body.contains("News could not be loaded right now."))
      #expect(stale.body.contains("This is how it was <time"))
      #expect(stale.body.contains("The harbour is open"))
      news.become(.refusing(Status(.permissionDenied, "not any more")))
      #expect(try await !stage.get("/").body.contains("The harbour is open"))
      news.become(.answering)
      #expect(try await !stage.get("/").body.contains("News could not be loaded"))
    }
  }

  @Test("N-10 the page does not wait for a service that does not answer")
  func silentTile() async throws {
    let news = TestNews()
    var limits = EdgeLimits.testing
    limits.partTime = .milliseconds(50)
    try await PagesStage.run(serving: ["cms": [news]], limits: limits) { stage in
      news.become(.silent)
      let page = try await stage.get("/")
      // The service still holds its answer back: the page came without it.
      #expect(page.status == 200 && page.body.contains("News could not be loaded right now."))
      news.become(.answering)
    }
  }
}
