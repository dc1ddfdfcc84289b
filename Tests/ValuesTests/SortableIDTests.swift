import Testing
import Values

@Suite("Sortable identifiers")
struct SortableIDTests {
  @Test("Text sorts by time, also within a millisecond and when the clock goes back")
  func order() {
    let clock = ManualClock(Instant(seconds: 1_780_000_000))
    let generator = SortableIDGenerator(clock: clock)
    var texts: [String] = []
    for round in 0..<1000 {
      if round == 300 { clock.advance(by: .milliseconds(5)) }
      if round == 600 { clock.advance(by: .seconds(-3600)) }
      texts.append(generator.next().description)
    }
    #expect(texts == texts.sorted())
    #expect(Set(texts).count == 1000)
    #expect(texts.allSatisfy { $0.utf8.count == 26 && $0 == $0.lowercased() })
  }

  @Test("Text reads back, and nothing else is read")
  func reading() {
    let clock = ManualClock(Instant(microseconds: 1_780_000_000_123_999))
    let id = SortableIDGenerator(clock: clock).next()
    #expect(SortableID(id.description) == id)
    #expect(id.time == Instant(microseconds: 1_780_000_000_123_000))
    let most = SortableID(high: .max, low: .max)
    #expect(most.description == "7zzzzzzzzzzzzzzzzzzzzzzzzz")
    #expect(SortableID(most.description) == most)
    for junk in [
      "", "8zzzzzzzzzzzzzzzzzzzzzzzzz", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "7zzzzzzzzzzzzzzzzzzzzzzzzi",
      "7zzzzzzzzzzzzzzzzzzzzzzzz", "7zzzzzzzzzzzzzzzzzzzzzzzzzz", "éééééééééééééé",
    ] {
      #expect(SortableID(junk) == nil)
    }
  }

  @Test("Tasks that share a generator never get the same one")
  func sharing() async {
    let generator = SortableIDGenerator(clock: ManualClock(Instant(seconds: 1)))
    let all = await withTaskGroup(of: [SortableID].self) { group in
      for _ in 0..<8 { group.addTask { (0..<500).map { _ in generator.next() } } }
      return await group.reduce(into: [SortableID]()) { $0 += $1 }
    }
    #expect(Set(all).count == 4000)
  }
}
