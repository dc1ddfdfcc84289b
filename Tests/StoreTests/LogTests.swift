import Store
import Testing
import Values

private let acme = Fixture.acme

@Suite("The store contract: audit, outbox, lease, replay")
struct LogTests {
  @Test(
    "D-55 The audit row stands or falls with the change, and the chain verifies",
    arguments: Backend.allCases)
  func audit(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let actor = Actor("users/7", onBehalfOf: "users/9")
      for number in 1...3 {
        try await fixture.store.write(as: acme) { db in
          try db.audit(
            "tickets.close", on: "tickets/\(number)", by: actor,
            before: ["state": "open\n\u{1B}[31m"],
            after: ["state": String(repeating: "x", count: 2000)])
        }
      }
      await #expect(throws: StoreError.stale) {
        try await fixture.store.write(as: acme) { db in
          try db.audit("tickets.delete", on: "tickets/1", by: actor)
          throw StoreError.stale
        }
      }
      let (records, broken) = try await fixture.store.read(as: acme) { db in
        (try db.auditRecords(limit: 10), try db.firstBrokenAuditPosition())
      }
      #expect(records.map(\.position) == [1, 2, 3])
      #expect(records.map(\.actor) == [actor, actor, actor])
      #expect(records[0].before == #"{"state":"open\n\u001b[31m"}"#)
      #expect(records[0].after.utf8.count < 600)
      #expect(broken == nil)
    }
  }

  @Test("X-29 The audit log is append-only", arguments: Backend.allCases)
  func appendOnly(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.store.write(as: acme) { try $0.audit("a", on: "b", by: Actor("c")) }
      for change: SQL in ["UPDATE portico_audit SET action = 'x'", "DELETE FROM portico_audit"] {
        await #expect(throws: StoreError.self) {
          try await fixture.store.write(as: acme) { try $0.run(change) }
        }
      }
      for change: SQL in ["UPDATE portico_audit SET action = 'x'", "DELETE FROM portico_audit"] {
        await #expect(throws: StoreError.self) {
          try await fixture.store.writeAcrossTenants { try $0.run(change) }
        }
      }
      // A tenant that is erased goes with its log.
      let left = try await fixture.store.writeAcrossTenants { db in
        try db.run("INSERT INTO portico_erasures (tenant, at) VALUES (\(acme), \(db.now))")
        try db.run("DELETE FROM portico_audit WHERE tenant = \(acme)")
        return try db.all("SELECT position FROM portico_audit").count
      }
      #expect(left == 0)
    }
  }

  @Test("X-29 A changed, added or cut-off audit row breaks the chain", arguments: Backend.allCases)
  func tampering(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      for tenant in ["t1", "t2", "t3"].map({ TenantID($0) }) {
        for _ in 1...3 {
          try await fixture.store.write(as: tenant) { try $0.audit("a", on: "b", by: Actor("c")) }
        }
      }
      // Somebody with the database itself in hand, past every wall.
      let unlock: SQL = SQL(
        sqlite: "DROP TRIGGER portico_audit_no_update",
        postgres: "ALTER TABLE portico_audit DISABLE TRIGGER portico_audit_append_only")
      let changes: [SQL] = [
        unlock,
        "UPDATE portico_audit SET action = 'forged' WHERE tenant = 't1' AND position = 2",
        SQL(sqlite: "DROP TRIGGER portico_audit_no_delete", postgres: "SELECT 1"),
        "DELETE FROM portico_audit WHERE tenant = 't2' AND position = 3",
      ]
      let engine = fixture.store.engine
      try await fixture.target.migrate { session throws(StoreError) in
        try session.atomically { () throws(StoreError) in
          for change in changes { try session.script(change.statement(for: engine).text) }
        }
      }
      var broken: [Int64?] = []
      for tenant in ["t1", "t2", "t3"] {
        broken.append(
          try await fixture.store.read(as: TenantID(tenant)) { try $0.firstBrokenAuditPosition() })
      }
      #expect(broken == [2, 3, nil])
    }
  }

  @Test(
    "D-59 The outbox: one per key, leased, backed off, dead with its error, revived",
    arguments: Backend.allCases)
  func outbox(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.store.write(as: acme) { db in
        try db.send(key: "mail/1", method: "/m/Send", body: [1])
        try db.send(key: "mail/1", method: "/m/Send", body: [2])
        try db.send(key: "mail/2", method: "/m/Send", body: [3], after: .seconds(10))
      }
      try await fixture.store.write(as: Fixture.zenith) { db in
        try db.send(key: "mail/1", method: "/m/Send", body: [4])
      }
      var policy = Outbox.Policy()
      policy.attempts = 2
      let (mine, other) = (
        Outbox(fixture.store, owner: "one", policy: policy),
        Outbox(fixture.store, owner: "two", policy: policy)
      )
      let first = try await mine.claim(limit: 10)
      #expect(first.map(\.tenant) == [acme, Fixture.zenith])
      #expect(first.map(\.body) == [[1], [4]])
      #expect(try await other.claim(limit: 10) == [])

      try await mine.complete(first[1])
      #expect(
        try await mine.fail(first[0], error: "refused") == .again(at: Fixture.start + .seconds(1)))
      #expect(try await other.claim(limit: 10) == [])
      fixture.clock.advance(by: .seconds(1))
      let second = try await other.claim(limit: 10)
      #expect(second.map(\.attempt) == [2])
      #expect(second.first?.error == "refused")
      await #expect(throws: StoreError.leaseLost("mail/1")) { try await mine.complete(first[0]) }
      #expect(try await other.fail(second[0], error: "refused again") == .dead)
      let dead = try await mine.dead(limit: 10)
      #expect(dead.map(\.error) == ["refused again"])

      try await mine.revive(tenant: acme, key: "mail/1")
      fixture.clock.advance(by: .seconds(30))
      #expect(try await mine.claim(limit: 10).map(\.key) == ["mail/1", "mail/2"])
      // The relay dies; its lease runs out and another goes on.
      fixture.clock.advance(by: .seconds(61))
      #expect(try await other.claim(limit: 1).count == 1)
      #expect(try await other.prune(doneBefore: fixture.clock.now) == 1)
    }
  }

  @Test("Ten relays never hold the same row", arguments: Backend.allCases)
  func relays(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.store.write(as: acme) { db in
        for number in 0..<60 { try db.send(key: "\(number)", method: "/m", body: []) }
      }
      let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
        for relay in 0..<10 {
          group.addTask {
            let outbox = Outbox(fixture.store, owner: "relay-\(relay)")
            var keys: [String] = []
            while true {
              let items = try await outbox.claim(limit: 3)
              if items.isEmpty { return keys }
              keys += items.map(\.key)
            }
          }
        }
        return try await group.reduce(into: [String]()) { $0 += $1 }
      }
      // SKIP LOCKED may leave a relay empty-handed while another holds rows; none may be had twice.
      #expect(Set(claimed).count == claimed.count)
      let rest = try await Outbox(fixture.store, owner: "last").claim(limit: 100)
      #expect(Set(claimed + rest.map(\.key)).count == 60)
      #expect(claimed.count + rest.count == 60)
    }
  }

  @Test(
    "A lease is one owner's until it expires; its token fences the old one off",
    arguments: Backend.allCases)
  func lease(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      func acquire(_ owner: String) async throws -> Lease? {
        try await Lease.acquire("relay", owner: owner, for: .seconds(10), in: fixture.store)
      }
      let first = try #require(try await acquire("a"))
      #expect(first.token == 1)
      #expect(try await acquire("b") == nil)
      #expect(try await acquire("a")?.token == 1)
      fixture.clock.advance(by: .seconds(5))
      let renewed = try await first.renewed(for: .seconds(10), in: fixture.store)
      fixture.clock.advance(by: .seconds(9))
      #expect(try await acquire("b") == nil)
      try await fixture.store.write(as: acme) { try $0.require(renewed) }

      fixture.clock.advance(by: .seconds(1))
      let taken = try #require(try await acquire("b"))
      #expect(taken.token == 2)
      await #expect(throws: StoreError.leaseLost("relay")) {
        try await first.renewed(for: .seconds(10), in: fixture.store)
      }
      await #expect(throws: StoreError.leaseLost("relay")) {
        try await fixture.store.write(as: acme) { try $0.require(renewed) }
      }
      try await taken.release(in: fixture.store)
      #expect(try await acquire("a")?.token == 3)
    }
  }

  @Test("Of 20 that want a lease one gets it", arguments: Backend.allCases)
  func leaseRace(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let holders = try await withThrowingTaskGroup(of: Lease?.self) { group in
        for owner in 0..<20 {
          group.addTask {
            try await Lease.acquire("run", owner: "\(owner)", for: .seconds(10), in: fixture.store)
          }
        }
        return try await group.reduce(into: 0) { $0 += $1 == nil ? 0 : 1 }
      }
      #expect(holders == 1)
    }
  }

  @Test(
    "AIP-155: a repeated request gets its response, another body is refused, ids expire",
    arguments: Backend.allCases)
  func replay(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let key = ReplayKey(principal: "users/7", method: "/m", requestID: "r")
      func once(_ key: ReplayKey, _ byte: UInt8, fails: Bool = false) async throws -> [UInt8]? {
        let body = [byte]
        return try await fixture.store.write(as: acme) { db in
          let known = try db.replay(key, body: body)
          if fails { throw StoreError.notFound }
          if known == nil { try db.remember(key, response: [9]) }
          return known
        }
      }
      await #expect(throws: StoreError.notFound) { try await once(key, 1, fails: true) }
      let twice = [try await once(key, 1), try await once(key, 1)]
      #expect(twice == [nil, [9]])
      await #expect(throws: StoreError.requestIDReused) { try await once(key, 2) }
      var other = key
      other.principal = "users/8"
      let ofAnother = try await once(other, 2)
      #expect(ofAnother == nil)
      fixture.clock.advance(by: .seconds(86_400))
      let afterExpiry = try await once(key, 2)
      #expect(afterExpiry == nil)
      let pruned = try await fixture.store.writeAcrossTenants { try $0.pruneRequests() }
      #expect(pruned == 1)
    }
  }
}
