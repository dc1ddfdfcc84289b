import Testing

@testable import Gateway

@Suite("X-26 how long a flood lets others finish first")
struct CourtesyTests {
  private let now = ContinuousClock.now

  private func after(_ milliseconds: Int) -> ContinuousClock.Instant {
    now + .milliseconds(milliseconds)
  }

  @Test("X-26 some milliseconds, however long the other's request takes")
  func atATime() {
    var courtesy = Courtesy()
    #expect([0, 9, 10].map { courtesy.givesWay(at: after($0)) } == [true, true, false])
    courtesy.started(isAlone: false, at: after(10))
    #expect([10, 500].map { courtesy.givesWay(at: after($0)) } == [false, false])
  }

  @Test("X-26 a neighbour that is there a third of the time is let finish each time")
  func lightNeighbour() {
    var courtesy = Courtesy()
    for round in 0..<100 {
      let begin = round * 12
      #expect([begin, begin + 3].allSatisfy { courtesy.givesWay(at: after($0)) })
      for millisecond in begin + 4..<begin + 12 {
        courtesy.started(isAlone: true, at: after(millisecond))
      }
    }
  }

  @Test("X-26 beside neighbours that always run something it waits once")
  func busyNeighbours() {
    var courtesy = Courtesy()
    var waited = 0
    for millisecond in 0..<10_000 {
      if courtesy.givesWay(at: after(millisecond)) {
        waited += 1
      } else {
        courtesy.started(isAlone: false, at: after(millisecond))
      }
    }
    #expect(waited == 10)
  }

  @Test("X-26 what it has given comes back while nobody else runs anything, and no more than that")
  func comesBack() {
    var courtesy = Courtesy()
    _ = courtesy.givesWay(at: now)
    courtesy.started(isAlone: false, at: after(10))
    courtesy.started(isAlone: false, at: after(20))
    let isOver = !courtesy.givesWay(at: after(20))
    #expect(isOver)
    courtesy.started(isAlone: true, at: after(23))
    #expect([23, 25, 26].map { courtesy.givesWay(at: after($0)) } == [true, true, false])
    courtesy.started(isAlone: true, at: after(26))
    courtesy.started(isAlone: true, at: after(5_000))
    #expect([5_000, 5_009, 5_010].map { courtesy.givesWay(at: after($0)) } == [true, true, false])
  }
}
