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

  /// Starts the next of those that wait.
  private func next(_ queues: inout TenantQueues, after milliseconds: Int = 0) -> UInt64? {
    queues.next(within: 4, at: Self.now + .milliseconds(milliseconds))?.id
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
    #expect(queues.flooding(at: Self.now) == nil)
    come(Self.one, 1)
    #expect(queues.flooding(at: Self.now) == Self.one)
    #expect(queues.flooding(at: Self.now + .milliseconds(999)) == Self.one)
    // It says nothing of who comes a second later.
    #expect(queues.flooding(at: Self.now + .seconds(1)) == nil)
    come(Self.two, 2, after: .seconds(2))
    come(Self.one, 0, after: .seconds(2))
    #expect(queues.flooding(at: Self.now + .seconds(2)) == nil)
    queues.ended(Self.two)
    come(Self.one, 0, after: .seconds(3))
    #expect(queues.flooding(at: Self.now + .seconds(3)) == Self.one)
  }

  /// Seven of the first tenant wait, and so many of the second, which is there too.
  private func waiting(beside others: Int) -> TenantQueues {
    var queues = queue([Self.one: 7, Self.two: others])
    queues.arrived(Self.two, at: Self.now)
    queues.arrived(Self.one, at: Self.now)
    return queues
  }

  @Test("X-26 a tenant that is alone floods nobody, and one whose queue is long floods others")
  func floods() {
    var queues = queue([Self.one: 7])
    queues.arrived(Self.one, at: Self.now)
    #expect(queues.flooding(at: Self.now) == nil)
    queues.arrived(Self.two, at: Self.now)
    #expect(queues.flooding(at: Self.now) == Self.one)
    #expect(waiting(beside: 7).flooding(at: Self.now) == nil)
  }

  @Test(
    "X-26 the flood's next request waits until what runs for others has ended, the others' do not")
  func givesWay() {
    var queues = waiting(beside: 0)
    #expect(queues.flooding(at: Self.now) == Self.one)
    queues.started(Self.two, at: Self.now)
    #expect(next(&queues) == nil)
    #expect(queues.mayRun(Self.two, within: 4, at: Self.now))
    queues.ended(Self.two)
    // Its own requests are in nobody's way.
    #expect([next(&queues, after: 2), next(&queues, after: 2)] == [1, 2])
  }

  @Test(
    "X-26 the flood does not wait for a request that takes long, nor for what another flood runs")
  func givesWayForAWhile() {
    var queues = waiting(beside: 0)
    queues.started(Self.two, at: Self.now)
    #expect([next(&queues), next(&queues, after: 10)] == [nil, 1])
    var even = waiting(beside: 7)
    even.started(Self.two, at: Self.now)
    #expect(next(&even) == 1)
  }

  @Test("X-26 beside a flood the others may have all that may run, the flood three quarters")
  func shares() {
    var queues = waiting(beside: 0)
    for _ in 0..<3 {
      #expect(queues.mayRun(Self.two, within: 4, at: Self.now))
      queues.started(Self.two, at: Self.now)
    }
    #expect(queues.mayRun(Self.two, within: 4, at: Self.now))
    var calm = TenantQueues(harmless: 2)
    calm.arrived(Self.one, at: Self.now)
    for _ in 0..<3 {
      calm.arrived(Self.two, at: Self.now)
      calm.started(Self.two, at: Self.now)
    }
    #expect(calm.flooding(at: Self.now + .seconds(2)) == nil)
    #expect(!calm.mayRun(Self.two, within: 4, at: Self.now + .seconds(2)))
  }

  @Test("X-26 a queue that never empties is its own tenant's alone")
  func standing() {
    var queues = queue([Self.one: 2])
    queues.append(.init(id: 3, since: Self.now + .milliseconds(90)) { _ in }, of: Self.two)
    let later = Self.now + .milliseconds(101)
    #expect(queues.stands(Self.one, at: later) && !queues.stands(Self.two, at: later))
    let late = queues.removeWaiting(longerThan: .milliseconds(50), at: later)
    #expect(late.map(\.id) == [1, 2] && queues.waiting == 1)
  }

  @Test(
    "V-16 a queue that is empty for a moment is the same queue, after a tenth of a second another")
  func standingAgain() {
    var standing = Standing()
    func at(_ milliseconds: Int) -> ContinuousClock.Instant {
      Self.now + .milliseconds(milliseconds)
    }
    let first = standing.began(at: at(0))
    standing.ended(at: at(10))
    let same = standing.began(at: at(110))
    #expect(!first && !same && standing.isLong(at: at(111)))
    standing.ended(at: at(120))
    let other = standing.began(at: at(221))
    #expect(other && !standing.isLong(at: at(321)) && standing.isLong(at: at(322)))
  }
}
