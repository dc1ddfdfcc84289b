import Access
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

private let start = Instant(seconds: 1_772_445_600)
private typealias Node = PorticoTesting.Node

private func status(_ body: () throws -> Void) -> Status? {
  do {
    try body()
    return nil
  } catch { return (error as? Status) ?? (error as? any StatusConvertible)?.status }
}

@Suite("Once")
struct OnceTests {
  private let clock = ManualClock(start)

  /// Adds an event for each time a request is really performed, and answers with how many there are.
  private func perform(
    _ store: any Store, _ text: String, id: String,
    as principal: Principal = TestPrincipal.customer()
  ) async throws -> String {
    let request = Node(text: text)
    let answer: Node = try await TestCall.run(
      Methods.Streams.unary, as: principal, clock: clock
    ) { call in
      try await call.once(in: store, request: request, requestID: id) { db in
        if text == "bad" { throw Status(.failedPrecondition, "not now") }
        let number = try db.lastEventPosition() + 1
        try db.emit(EventType("test.done", permission: nil, isForStaff: false), on: text)
        return Node(text: "\(text) \(number)")
      }
    }
    return answer.text
  }

  @Test("D-14 a repetition gets the first answer and changes nothing", arguments: TestStore.engines)
  func replay(_ engine: Engine) async throws {
    try await TestStore.run(on: engine, migrations: nil, clock: clock) { (store) async throws in
      let first = try await perform(store, "pay", id: "r-1")
      #expect(try await perform(store, "pay", id: "r-1") == first)
      #expect(try await perform(store, "pay", id: "r-2") != first)
      let events = try await store.read(as: TestPrincipal.tenant) { try $0.events(limit: 10).count }
      #expect(events == 2)
    }
  }

  @Test("D-14 the same id with another body is an error; another caller's id is another request")
  func reuse() async throws {
    try await TestStore.run(migrations: nil, clock: clock) { (store) async throws in
      _ = try await perform(store, "pay", id: "r-1")
      await #expect(throws: StoreError.requestIDReused) {
        _ = try await perform(store, "pay more", id: "r-1")
      }
      #expect(
        try await perform(
          store, "pay more", id: "r-1", as: TestPrincipal.customer(contact: "bob")) == "pay more 2")
    }
  }

  @Test("a failure is not remembered, and without an id every call counts")
  func failures() async throws {
    try await TestStore.run(migrations: nil, clock: clock) { (store) async throws in
      await #expect(throws: Status.self) { _ = try await perform(store, "bad", id: "r-1") }
      #expect(try await perform(store, "good", id: "r-1") == "good 1")
      #expect(try await perform(store, "good", id: "") == "good 2")
      #expect(try await perform(store, "good", id: "") == "good 3")
    }
  }

  @Test("an id that is too long or not printable is refused", arguments: ["a b", "a\nb", "é"])
  func badIDs(_ id: String) async throws {
    try await TestStore.run(migrations: nil, clock: clock) { (store) async throws in
      for id in [id, String(repeating: "a", count: 129)] {
        do {
          _ = try await perform(store, "x", id: id)
          #expect(Bool(false), "\(id) is refused")
        } catch let status as Status {
          #expect(status.violations.map(\.field) == ["request_id"])
        }
      }
    }
  }

  @Test("D-55 the audit row names who acts and for whom")
  func actors() {
    var person = TestPrincipal.customer()
    #expect(person.auditActor == Actor("users/acme-ada"))
    person.actor = "users/tom"
    #expect(person.auditActor == Actor("users/tom", onBehalfOf: "users/acme-ada"))
    let service = Principal.service("ticketing", tenant: TestPrincipal.tenant, actor: "users/ada")
    #expect(service.auditActor == Actor("services/ticketing", onBehalfOf: "users/ada"))
  }
}

@Suite("Violations")
struct ViolationTests {
  @Test("all that is wrong is told at once, field by field, and a client can read it back")
  func collect() throws {
    var check = Violations()
    check.require(true, "a", "is fine")
    check.require(false, "ticket.title", "is required")
    check.add("ticket.due", "is in the past")
    let status = try #require(status { try check.end() })
    #expect(status.code == .invalidArgument)
    #expect(status.violations == check.list)
    #expect(status.message == "ticket.title is required; ticket.due is in the past")
    #expect(throws: Never.self) { try Violations().end() }
  }

  @Test("D-58 499 characters are taken and 500 refused, counted in Unicode scalars")
  func limit() {
    let accent = "e\u{301}"
    for unit in ["a", "😀", accent] {
      let scalars = unit.unicodeScalars.count
      var check = Violations()
      let ok = String(repeating: unit, count: 499 / scalars)
      #expect(check.text(ok, "text", limit: 499) == ok)
      #expect(check.isEmpty)
      _ = check.text(ok + "ab", "text", limit: 499)
      #expect(check.list.count == 1)
    }
  }

  @Test("text is trimmed, may be required, and holds no control characters")
  func text() {
    var check = Violations()
    #expect(check.text("  Title\n", "t", limit: 10) == "Title")
    #expect(check.text(" \u{a0}\t", "optional", limit: 10, required: false) == "")
    #expect(check.text("a\nb", "multi", limit: 10, multiline: true) == "a\nb")
    #expect(check.isEmpty)
    _ = check.text(" ", "required", limit: 10)
    _ = check.text("a\nb", "line", limit: 10)
    _ = check.text("a\0b", "nul", limit: 10, multiline: true)
    #expect(check.list.map(\.field) == ["required", "line", "nul"])
  }
}

@Suite("Errors of the store")
struct StoreErrorTests {
  @Test(
    "each has the code its caller can act on",
    arguments: [
      (StoreError.notFound, Status.Code.notFound), (.stale, .aborted),
      (.duplicate(constraint: "users(tenant, name)"), .alreadyExists),
      (.requestIDReused, .invalidArgument), (.invalidPageToken, .invalidArgument),
      (.foreignKey, .failedPrecondition), (.full, .resourceExhausted), (.busy, .unavailable),
      (.unavailable("x"), .unavailable), (.statement("SELECT secret"), .internal),
      (.unstorable("NUL"), .invalidArgument),
    ])
  func codes(_ error: StoreError, _ code: Status.Code) {
    #expect(error.status.code == code)
    #expect(!error.status.message.contains("SELECT"))
    #expect(!error.status.message.contains("users("))
  }
}

@Suite("Resource names")
struct ResourceNameTests {
  @Test("a name is taken apart by its pattern")
  func parts() throws {
    let name = try ResourceName("accounts/acme/tickets/42", "accounts/*/tickets/*")
    #expect(name["accounts"] == "acme")
    #expect(name["tickets"] == "42")
    #expect("\(name)" == "accounts/acme/tickets/42")
    #expect(try ResourceName("accounts/-", "accounts/*", anyAllowed: true).id("accounts") == nil)
    #expect(try ResourceName("accounts/a", "accounts/*", anyAllowed: true).id("accounts") == "a")
  }

  @Test(
    "anything else is INVALID_ARGUMENT on its field",
    arguments: [
      "", "accounts", "accounts/", "accounts//", "accounts/a/b", "/accounts/a", "account/a",
      "accounts/a%2Fb", "accounts/..", "accounts/-", "accounts/a b", "accounts/é", "accounts/a\0",
      "accounts/" + String(repeating: "a", count: 64),
    ])
  func refused(_ text: String) {
    let refusal = status { _ = try ResourceName(text, "accounts/*", field: "parent") }
    #expect(refusal?.code == .invalidArgument)
    #expect(refusal?.violations.map(\.field) == ["parent"])
    #expect(ResourceName(matching: text, "accounts/*") == nil)
  }
}

extension Cms.ListNewsRequest: PagedRequest {}

@Suite("Pages")
struct PageTests {
  private let scope = Scope(tenant: TestPrincipal.tenant, reach: .tenant)

  @Test("D-60 a size is clamped, never negative")
  func sizes() throws {
    func size(_ wanted: Int32) throws -> Int {
      try Cms.ListNewsRequest(pageSize: wanted).page([], in: scope, size: 50, max: 200).size
    }
    #expect(try size(0) == 50)
    #expect(try size(7) == 7)
    #expect(try size(.max) == 200)
    #expect(status { _ = try size(-1) }?.violations.map(\.field) == ["page_size"])
  }

  @Test("D-60 a token belongs to its list, its filter and its scope")
  func tokens() throws {
    let page = try Cms.ListNewsRequest(pageSize: 1).page(["a"], in: scope)
    let token = page.page([1, 2]) { [.integer(Int64($0))] }.nextToken
    let next = Cms.ListNewsRequest(pageSize: 1, pageToken: token)
    #expect(throws: Never.self) { try next.page(["a"], in: scope) }
    #expect(status { _ = try next.page(["b"], in: scope) }?.code == .invalidArgument)
    let narrower = Scope(tenant: scope.tenant, reach: .within([.init(account: "acme")]))
    #expect(status { _ = try next.page(["a"], in: narrower) }?.code == .invalidArgument)
    let junk = Cms.ListNewsRequest(pageToken: "junk")
    #expect(
      status { _ = try junk.page(["a"], in: scope) }?.violations.map(\.field) == ["page_token"])
  }
}

@Suite("Update masks")
struct UpdateMaskTests {
  private let item = Cms.NewsItem(title: "New", body: "Text", pinned: true)

  private func mask(_ paths: [String]?, allowing: [String]) throws -> UpdateMask {
    try UpdateMask(
      paths.map { GoogleProtobuf.FieldMask(paths: $0) }, of: item, allowing: allowing)
  }

  @Test("AIP-134 paths are taken as given, a star is all, none is what the message has set")
  func forms() throws {
    let allowed = ["title", "summary", "body"]
    #expect(try mask(["title"], allowing: allowed).paths == ["title"])
    #expect(try mask(["*"], allowing: allowed).paths == ["body", "summary", "title"])
    #expect(try mask(nil, allowing: allowed).paths == ["body", "title"])
    #expect(try mask([], allowing: allowed).paths == ["body", "title"])
  }

  @Test("X-12 a path that may not be changed is refused, and one that is merely set is left alone")
  func refused() throws {
    let refusal = status { _ = try mask(["title", "pinned"], allowing: ["title"]) }
    #expect(refusal?.code == .invalidArgument)
    #expect(refusal?.message.contains("pinned") == true)
    #expect(status { _ = try mask(["nonsense"], allowing: ["title"]) } != nil)
    #expect(try !mask(nil, allowing: ["title"]).contains("pinned"))
  }

  @Test("a path contains what is inside it")
  func nesting() throws {
    let whole = try mask(["address"], allowing: ["address"])
    #expect(whole.contains("address.city"))
    let part = try mask(["address.city"], allowing: ["address"])
    #expect(part.contains("address.city"))
    #expect(!part.contains("address"))
    #expect(part.touches("address"))
    #expect(status { _ = try mask(["addressee"], allowing: ["address"]) } != nil)
  }
}

@Suite("Messages and values")
struct ConversionTests {
  @Test(
    "instants, to the microsecond, before 1970 too",
    arguments: [0, 1, -1, 1_772_445_600_123_456, -999_999])
  func instants(_ microseconds: Int64) throws {
    let instant = Instant(microseconds: microseconds)
    let message = GoogleProtobuf.Timestamp(instant)
    #expect((0..<1_000_000_000).contains(message.nanos))
    #expect(try Instant(message, field: "t") == instant)
  }

  @Test("D-01 money keeps every unit of its currency", arguments: ["EUR", "JPY", "KWD"])
  func money(_ code: String) throws {
    let currency = try #require(Currency(code))
    for units in [0, 1, -1, 12345, -12345, .max, .min] as [Int64] {
      let money = Money(minorUnits: units, currency)
      #expect(try Money(GoogleType.Money(money), field: "price") == money)
    }
  }

  @Test("D-01 amounts that the currency cannot hold are refused")
  func badMoney() {
    let bad = [
      GoogleType.Money(currencyCode: "XXQ", units: 1),
      GoogleType.Money(currencyCode: "EUR", units: 1, nanos: 1),
      GoogleType.Money(currencyCode: "EUR", units: 1, nanos: -10_000_000),
      GoogleType.Money(currencyCode: "EUR", units: 1, nanos: 1_000_000_000),
      GoogleType.Money(currencyCode: "EUR", units: .max),
      GoogleType.Money(currencyCode: "JPY", units: 1, nanos: 500_000_000),
    ]
    for message in bad {
      #expect(status { _ = try Money(message, field: "price") }?.code == .invalidArgument)
    }
  }

  @Test("D-40 dates and durations, and what is none")
  func others() throws {
    let date = try #require(CivilDate(year: 2028, month: 2, day: 29))
    #expect(try CivilDate(GoogleType.Date(date), field: "due") == date)
    for bad in [GoogleType.Date(year: 2027, month: 2, day: 29), GoogleType.Date(year: 2027)] {
      #expect(status { _ = try CivilDate(bad, field: "due") }?.code == .invalidArgument)
    }
    for duration in [Duration.zero, .seconds(-5), .milliseconds(1500), .nanoseconds(-1)] {
      #expect(try Duration(GoogleProtobuf.Duration(duration), field: "d") == duration)
    }
    let mixed = GoogleProtobuf.Duration(seconds: 1, nanos: -1)
    #expect(status { _ = try Duration(mixed, field: "d") }?.code == .invalidArgument)
    let late = GoogleProtobuf.Timestamp(seconds: 253_402_300_800)
    #expect(status { _ = try Instant(late, field: "t") }?.code == .invalidArgument)
  }
}
