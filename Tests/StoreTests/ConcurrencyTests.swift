import Store
import Testing
import Values

private let acme = Fixture.acme
private let everything = Scope(tenant: Fixture.acme, reach: .tenant)

@Suite("The store contract: many at once")
struct ConcurrencyTests {
  @Test(
    "100 writers at once all land; those that fail take nobody with them",
    arguments: Backend.allCases)
  func writers(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let failed = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask {
            do {
              try await fixture.store.write(as: acme) { db in
                try TicketStore(db).add(Ticket(id: "\(number)"))
                try db.emit(.test("tickets.created"), on: "tickets/\(number)")
                if number % 10 == 3 { throw StoreError.stale }
                if number % 10 == 7 { try TicketStore(db).add(Ticket(id: "\(number)")) }
              }
              return false
            } catch { return true }
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(failed == 20)
      let (tickets, events) = try await fixture.store.read(as: acme) { db in
        (
          Set(try db.all("SELECT id FROM tickets").map { try $0["id"] as String }),
          try db.events(limit: 200)
        )
      }
      let expected = Set((0..<100).filter { $0 % 10 != 3 && $0 % 10 != 7 }.map(String.init))
      #expect(tickets == expected)
      #expect(events.map(\.position) == Array(1...80))
      #expect(Set(events.map { $0.resource.dropFirst(8) }.map(String.init)) == expected)
    }
  }

  @Test("D-60 An etag is won by exactly one of 50 that race for it", arguments: Backend.allCases)
  func etagRace(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let ticket = Ticket(id: "1")
      try await fixture.store.write(as: acme) { try TicketStore($0).add(ticket) }
      let outcomes = await withTaskGroup(of: StoreError?.self) { group in
        for number in 0..<50 {
          group.addTask {
            var mine = ticket
            mine.title = "by \(number)"
            do {
              let changed = mine
              _ = try await fixture.store.write(as: acme) { try TicketStore($0).save(changed) }
              return nil
            } catch { return error as? StoreError ?? .unavailable("\(error)") }
          }
        }
        return await group.reduce(into: [StoreError?]()) { $0.append($1) }
      }
      #expect(outcomes.count { $0 == nil } == 1)
      #expect(outcomes.count { $0 == .stale } == 49)
      let version = try await fixture.store.read(as: acme) { db in
        try TicketStore(db).ticket("1", in: everything).version
      }
      #expect(version == 2)
    }
  }

  @Test("A reader of the event log never misses a late commit", arguments: Backend.allCases)
  func eventOrder(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let total = 200
      let seen = try await withThrowingTaskGroup(of: [Event].self) { group in
        group.addTask {
          var seen: [Event] = []
          while seen.count < total {
            let cursor = seen.last?.position ?? 0
            seen += try await fixture.store.read(as: acme) {
              try $0.events(after: cursor, limit: 7)
            }
            await Task.yield()
          }
          return seen
        }
        for writer in 0..<20 {
          group.addTask {
            for number in 0..<(total / 20) {
              try await fixture.store.write(as: acme) { db in
                try db.emit(
                  .test("t\(writer)"), on: "\(writer)/\(number)", at: EventPlace(account: "a"))
                try db.run(
                  "UPDATE accounts SET name = \("\(writer)-\(number)") WHERE tenant = \(acme)")
              }
            }
            return []
          }
        }
        return try await group.reduce(into: [Event]()) { $0 += $1 }
      }
      #expect(seen.map(\.position) == Array(1...Int64(total)))
      #expect(Set(seen.map(\.resource)).count == total)
      // Each writer's own events stay in its order.
      for writer in 0..<20 {
        let own = seen.filter { $0.type == "t\(writer)" }.map(\.resource)
        #expect(own == (0..<(total / 20)).map { "\(writer)/\($0)" })
      }
      let other = try await fixture.store.read(as: Fixture.zenith) { try $0.events(limit: 10) }
      #expect(other.isEmpty)
    }
  }

  @Test(
    "A transaction whose rows meet another's in the other order is run again, not failed",
    arguments: Backend.allCases)
  func deadlock(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      try await fixture.store.write(as: acme) { db in
        for id in ["1", "2"] { try TicketStore(db).add(Ticket(id: id)) }
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            try await fixture.store.write(as: acme) { db in
              for id in number.isMultiple(of: 2) ? ["1", "2"] : ["2", "1"] {
                try db.run(
                  "UPDATE tickets SET version = version + 1 WHERE tenant = \(acme) AND id = \(id)")
              }
            }
          }
        }
        try await group.waitForAll()
      }
      let versions: [Int] = try await fixture.store.read(as: acme) { db in
        try db.all("SELECT version FROM tickets ORDER BY id").map { try $0["version"] }
      }
      #expect(versions == [41, 41])
    }
  }

  @Test(
    "AIP-155: of 20 copies of one request one is performed, and all get its response",
    arguments: Backend.allCases)
  func replayRace(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let key = ReplayKey(principal: "users/7", method: "/t/CreateTicket", requestID: "r1")
      let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for copy in 0..<20 {
          group.addTask {
            try await fixture.store.write(as: acme) { db in
              if let known = try db.replay(key, body: [1, 2, 3]) { return known }
              try TicketStore(db).add(Ticket(id: "copy-\(copy)"))
              try db.remember(key, response: [UInt8(copy)])
              return [UInt8(copy)]
            }
          }
        }
        return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
      }
      #expect(answers.count == 1)
      let tickets = try await fixture.store.read(as: acme) {
        try $0.all("SELECT id FROM tickets").count
      }
      #expect(tickets == 1)
    }
  }
}
