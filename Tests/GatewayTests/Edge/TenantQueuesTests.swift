import Testing
import Values

@testable import Gateway

@Suite("X-26 what runs and what waits, tenant by tenant")
struct TenantQueuesTests {
  private static let one = TenantID("one")
  private static let two = TenantID("two")
  private static let now = ContinuousClock.now

  private func queue(_ counts: KeyValuePairs<TenantID, Int>) -> TenantQueues {
    var queues = TenantQueues(harmless: 2)
    var id: UInt64 = 0
    for (tenant, count) in counts {
      for _ in 0..<count {
        id += 1
        // Nobody waits for these: they only stand in the queue.
        queues.append(.init(id: id, since: Self.now) { _ in }, of: tenant)
      }
    }
    return queues
  }

  @Test("X-26 who starts before a newcomer: its own tenant's queue, and as many of each other's")
  func places() async {
    let queues = queue([Self.one: 7, Self.two: 2])
    #expect(queues.places(before: Self.one) == 9)
    #expect(queues.places(before: Self.two) == 4)
    #expect(queues.places(before: TenantID("three")) == 0)
  }

  @Test("X-26 several tenants are there while they run, wait or have come just now")
  func shared() async {
    var queues = TenantQueues(harmless: 2)
    #expect(!queues.isShared(at: Self.now))
    queues.arrived(Self.one, at: Self.now)
    queues.arrived(Self.one, at: Self.now)
    #expect(!queues.isShared(at: Self.now))
    queues.arrived(Self.two, at: Self.now + .seconds(5))
    #expect(queues.isShared(at: Self.now + .seconds(9)))
    #expect(!queues.isShared(at: Self.now + .seconds(11)))
    queues.started(Self.one, at: Self.now)
    #expect(queues.isShared(at: Self.now + .seconds(14)))
    #expect(!queues.isShared(at: Self.now + .seconds(16)))
    queues.started(Self.two, at: Self.now)
    #expect(queues.isShared(at: Self.now + .seconds(3600)))
    queues.ended(Self.two)
    #expect(!queues.isShared(at: Self.now + .seconds(3600)))
    let waiting = queue([Self.one: 1, Self.two: 1])
    #expect(waiting.isShared(at: Self.now + .seconds(3600)))
  }

  @Test("X-26 one tenant's queue does not use up another's room, and all of them are bounded")
  func room() async {
    var queues = queue([Self.one: 7])
    #expect(queues.room(for: Self.one, within: 10, at: Self.now) == 3)
    queues.arrived(Self.two, at: Self.now)
    #expect(queues.room(for: Self.one, within: 10, at: Self.now) == 3)
    #expect(queues.room(for: Self.two, within: 10, at: Self.now) == 10)
    let full = queue([Self.one: 10, Self.two: 8])
    #expect(full.room(for: Self.one, within: 10, at: Self.now) == 0)
    #expect(full.room(for: Self.two, within: 10, at: Self.now) == 2)
    #expect(full.room(for: TenantID("three"), within: 10, at: Self.now) == 2)
    #expect(full.room(for: Self.two, within: 0, at: Self.now) <= 0)
  }

  @Test("X-26 a flood is more than half of what runs and waits, beside others")
  func flood() {
    var queues = TenantQueues(harmless: 2)
    func come(_ tenant: TenantID, _ count: Int, after time: Duration = .zero) {
      for _ in 0..<count {
        queues.arrived(tenant, at: Self.now + time)
        queues.started(tenant, at: Self.now + time)
      }
      queues.arrived(tenant, at: Self.now + time)
    }
    come(Self.one, 2)
    come(Self.two, 1)
    // More than half, and too few to be in anybody's way.
    #expect(!queues.hasFlood(at: Self.now))
    come(Self.one, 1)
    #expect(queues.hasFlood(at: Self.now))
    #expect(queues.hasFlood(at: Self.now + .milliseconds(999)))
    // It says nothing of who comes a second later.
    #expect(!queues.hasFlood(at: Self.now + .seconds(1)))
    come(Self.two, 2, after: .seconds(2))
    come(Self.one, 0, after: .seconds(2))
    #expect(!queues.hasFlood(at: Self.now + .seconds(2)))
    queues.ended(Self.two)
    come(Self.one, 0, after: .seconds(3))
    #expect(queues.hasFlood(at: Self.now + .seconds(3)))
  }

  @Test("X-26 a tenant that is alone floods nobody, and one whose queue is long floods others")
  func floods() async {
    var queues = queue([Self.one: 7])
    queues.arrived(Self.one, at: Self.now)
    #expect(!queues.hasFlood(at: Self.now))
    queues.arrived(Self.two, at: Self.now)
    #expect(queues.hasFlood(at: Self.now))
    var even = queue([Self.one: 7, Self.two: 7])
    even.arrived(Self.one, at: Self.now)
    even.arrived(Self.two, at: Self.now)
    #expect(!even.hasFlood(at: Self.now))
  }
}
