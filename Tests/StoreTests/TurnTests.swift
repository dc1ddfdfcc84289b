import Foundation
import Store
import StorePostgres
import StoreSQLite
import Synchronization
import Testing
import Values

private let (acme, zenith) = (Fixture.acme, Fixture.zenith)

/// What was performed, in its order.
private final class Record: Sendable {
  private let kept = Mutex<[String]>([])
  var entries: [String] { kept.withLock { $0 } }
  func add(_ entry: String) { kept.withLock { $0.append(entry) } }
}

@Suite("X-26 tenants take turns", .timeLimit(.minutes(3)))
struct TurnTests {
  enum Work: CaseIterable { case reads, writes }

  /// A store that does one thing after the other.
  private static func withNarrow(
    _ backend: Backend, waiting: Int = 1000,
    _ body: (any Store, Fixture) async throws -> Void
  ) async throws {
    var limits = SQLiteStore.Limits()
    (limits.readers, limits.batch, limits.waiting) = (1, 1, waiting)
    try await Fixture.with(backend, sqlite: limits) { fixture in
      guard [.postgres, .pooled].contains(backend) else {
        return try await body(fixture.store, fixture)
      }
      var limits = PostgresStore.Limits()
      (limits.connections, limits.waiting) = (1, waiting)
      // Who waits here waits until its turn, however long the machine takes.
      limits.longestWait = .seconds(600)
      (limits.statementTimeout, limits.lockTimeout) = (.seconds(600), .seconds(600))
      limits.idleTimeout = .seconds(600)
      let store = try await PostgresStore.open(fixture.place, clock: fixture.clock, limits: limits)
      try await body(store, fixture)
      await store.close()
    }
  }

  private static func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
  }

  @Test(
    "who comes behind twenty of another tenant is served second",
    arguments: [Backend.memory, .file, .postgres], Work.allCases)
  func second(_ backend: Backend, _ work: Work) async throws {
    try await Self.withNarrow(backend) { store, _ in
      let (gate, record) = (Gate(), Record())
      @Sendable func perform(
        as tenant: TenantID, _ body: @escaping @Sendable () -> Void
      ) async throws {
        switch work {
        case .reads: try await store.read(as: tenant) { _ in body() }
        case .writes: try await store.write(as: tenant) { _ in body() }
        }
      }
      let holder = Task { try await perform(as: acme) { gate.wait() } }
      try await Self.until { gate.isReached }
      // A read of SQLite that is under way counts with those that wait.
      let before = store.condition.waiting
      var line: [Task<Void, any Error>] = []
      for number in 0...20 {
        let tenant = number == 20 ? zenith : acme
        line.append(
          Task { try await perform(as: tenant) { record.add("\(tenant) \(number)") } })
        try await Self.until { store.condition.waiting == before + number + 1 }
      }
      gate.open()
      try await holder.value
      for task in line { try await task.value }
      var expected = (0..<20).map { "acme \($0)" }
      expected.insert("zenith 20", at: 1)
      #expect(record.entries == expected)
    }
  }

  @Test("work across tenants takes turns with that of a tenant", arguments: Work.allCases)
  func acrossTenants(_ work: Work) async throws {
    try await Self.withNarrow(.memory) { store, _ in
      let (gate, record) = (Gate(), Record())
      let holder = Task {
        switch work {
        case .reads: try await store.read(as: acme) { _ in gate.wait() }
        case .writes: try await store.write(as: acme) { _ in gate.wait() }
        }
      }
      try await Self.until { gate.isReached }
      let before = store.condition.waiting
      var line: [Task<Void, any Error>] = []
      for number in 0..<6 {
        line.append(
          Task {
            switch (work, number < 4) {
            case (.reads, true): try await store.read(as: acme) { _ in record.add("one") }
            case (.reads, false): try await store.readAcrossTenants { _ in record.add("all") }
            case (.writes, true): try await store.write(as: acme) { _ in record.add("one") }
            case (.writes, false): try await store.writeAcrossTenants { _ in record.add("all") }
            }
          })
        try await Self.until { store.condition.waiting == before + number + 1 }
      }
      gate.open()
      try await holder.value
      for task in line { try await task.value }
      #expect(record.entries == ["one", "all", "one", "all", "one", "one"])
    }
  }

  @Test(
    "reads of one tenant stay in order over many stints of a reader",
    arguments: [Backend.memory, .file])
  func order(_ backend: Backend) async throws {
    try await Self.withNarrow(backend) { store, _ in
      let (gate, record) = (Gate(), Record())
      let holder = Task { try await store.read(as: acme) { _ in gate.wait() } }
      try await Self.until { gate.isReached }
      var line: [Task<Void, any Error>] = []
      for number in 0..<200 {
        line.append(Task { try await store.read(as: acme) { _ in record.add("\(number)") } })
        try await Self.until { store.condition.waiting == number + 2 }
      }
      gate.open()
      try await holder.value
      for task in line { try await task.value }
      #expect(record.entries == (0..<200).map(String.init))
      #expect(store.condition.waiting == 0)
    }
  }

  @Test("each read of a stint sees what was committed before it began, and no read what came later")
  func isolation() async throws {
    try await Self.withNarrow(.file) { store, fixture in
      try await fixture.addAccounts()
      let gate = Gate()
      @Sendable func names(_ db: Transaction) throws -> [String] {
        try db.all("SELECT name FROM accounts WHERE tenant = \(db.tenant)").map { try $0["name"] }
      }
      let first = Task {
        try await store.read(as: acme) { db in
          let before = try names(db)
          gate.wait()
          return (before, try names(db))
        }
      }
      try await Self.until { gate.isReached }
      let second = Task { try await store.read(as: acme, names) }
      try await Self.until { store.condition.waiting == 2 }
      try await store.write(as: acme) { db in
        try db.run("UPDATE accounts SET name = \("B") WHERE tenant = \(acme)")
      }
      gate.open()
      let seen = try await first.value
      #expect(seen == (["A"], ["A"]))
      #expect(try await second.value == ["B"])
    }
  }

  @Test(
    "a read that writes or fails takes nobody of its stint with it",
    arguments: [Backend.memory, .file])
  func readOnly(_ backend: Backend) async throws {
    try await Self.withNarrow(backend) { store, fixture in
      try await fixture.addAccounts()
      let gate = Gate()
      let holder = Task { try await store.read(as: acme) { _ in gate.wait() } }
      try await Self.until { gate.isReached }
      let line: [Task<Int, any Error>] = (0..<9).map { number in
        Task {
          try await store.read(as: acme) { db in
            if number % 3 == 0 {
              try db.run("UPDATE accounts SET name = \("X") WHERE tenant = \(acme)")
            }
            if number % 3 == 1 { _ = try db.all("SELECT nothing FROM nowhere") }
            return try db.all("SELECT id FROM accounts WHERE name = \("A")").count
          }
        }
      }
      try await Self.until { store.condition.waiting == 10 }
      gate.open()
      try await holder.value
      for (number, task) in line.enumerated() {
        switch (number % 3, await task.result) {
        case (0, .failure(let error)): #expect(error as? StoreError == .readOnly)
        case (1, .failure(let error)):
          guard case .statement = error as? StoreError else { throw error }
        case (2, .success(let count)): #expect(count == 2)
        case (_, let result): Issue.record("\(number): \(result)")
        }
      }
      // Where one connection does both it writes again.
      try await store.write(as: acme) { db in
        try db.run("UPDATE accounts SET name = \("B") WHERE tenant = \(acme)", else: .notFound)
      }
    }
  }

  @Test("more reads than may wait are refused as busy", arguments: [Backend.memory, .file])
  func busy(_ backend: Backend) async throws {
    try await Self.withNarrow(backend, waiting: 4) { store, _ in
      let gate = Gate()
      let holder = Task { try await store.read(as: acme) { _ in gate.wait() } }
      try await Self.until { gate.isReached }
      let line = (0..<3).map { number in
        Task { try await store.read(as: acme) { _ in number } }
      }
      try await Self.until { store.condition.waiting == 4 }
      await #expect(throws: StoreError.busy) { try await store.read(as: zenith) { _ in } }
      gate.open()
      try await holder.value
      for (number, task) in line.enumerated() { #expect(try await task.value == number) }
      try await store.read(as: zenith) { _ in }
    }
  }

  @Test(
    "a store that closes refuses reads and waits for those that it has",
    arguments: [Backend.memory, .file])
  func close(_ backend: Backend) async throws {
    try await Self.withNarrow(backend) { store, _ in
      let (gate, record) = (Gate(), Record())
      let holder = Task {
        try await store.read(as: acme) { _ in
          gate.wait()
          record.add("held")
        }
      }
      try await Self.until { gate.isReached }
      // More than a stint, so that a reader is asked for again meanwhile.
      let line = (0..<100).map { _ in
        Task { try await store.read(as: acme) { _ in record.add("waited") } }
      }
      try await Self.until { store.condition.waiting == 101 }
      let closing = Task {
        await store.close()
        record.add("closed")
      }
      try await Self.until { store.condition.refusal != nil }
      let error = await #expect(throws: StoreError.self) {
        try await store.read(as: acme) { _ in }
      }
      #expect(error == .unavailable("the store is closed"))
      gate.open()
      await closing.value
      try await holder.value
      for task in line { try await task.value }
      #expect(record.entries == ["held"] + Array(repeating: "waited", count: 100) + ["closed"])
    }
  }
}
