import Store
import Testing
import Values

@Suite("X-26 a line in which tenants take turns")
struct TenantLineTests {
  private static let (a, b, c) = (TenantID("a"), TenantID("b"), TenantID("c"))

  private static func all<Element>(of line: TenantLine<Element>) -> [Element] {
    var (line, all) = (line, [Element]())
    while let next = line.popFirst() { all.append(next) }
    return all
  }

  @Test("with one tenant it is first in, first out", arguments: [TenantID("a"), nil])
  func oneTenant(_ tenant: TenantID?) {
    var line = TenantLine<Int>()
    var served: [Int] = []
    for number in 0..<1000 {
      line.append(number, of: tenant)
      // Taken meanwhile too, so that it never starts anew.
      if number % 3 == 2, let next = line.popFirst() { served.append(next) }
    }
    #expect(line.count == 1000 - served.count)
    #expect(served + Self.all(of: line) == Array(0..<1000))
  }

  @Test("tenants are served in turns, each in the order in which it came")
  func turns() {
    var line = TenantLine<String>()
    for name in ["a1", "a2", "a3", "a4", "b1", "b2", "c1"] {
      line.append(name, of: TenantID(String(name.prefix(1))))
    }
    line.append("all", of: nil)
    #expect(line.count == 8)
    #expect(Self.all(of: line) == ["a1", "b1", "c1", "all", "a2", "b2", "a3", "a4"])
  }

  @Test("who comes anew goes behind those that wait, and before the rest of a long queue")
  func newcomer() {
    var line = TenantLine<String>()
    for number in 0..<100 { line.append("a\(number)", of: Self.a) }
    #expect(line.popFirst() == "a0")
    line.append("b0", of: Self.b)
    line.append("c0", of: Self.c)
    #expect((0..<3).map { _ in line.popFirst() } == ["a1", "b0", "c0"])
    // Served out, it is a newcomer again.
    line.append("b1", of: Self.b)
    #expect((0..<3).map { _ in line.popFirst() } == ["a2", "b1", "a3"])
    #expect(line.count == 96)
  }

  @Test("it empties, and fills again")
  func empty() {
    var line = TenantLine<Int>()
    #expect(line.isEmpty && line.popFirst() == nil)
    for round in 0..<10 {
      for tenant in 0..<round { line.append(tenant, of: TenantID("\(tenant)")) }
      #expect(line.count == round && line.isEmpty == (round == 0))
      #expect((0..<round).map { _ in line.popFirst() } == Array(0..<round))
      #expect(line.isEmpty && line.popFirst() == nil)
    }
  }

  @Test("it serves as the plainest model of it does", arguments: 0..<20 as Range<UInt64>)
  func model(_ seed: UInt64) {
    var random = Seeded(state: seed)
    var line = TenantLine<Int>()
    // Who waits in the order of turns, each with what waits of it.
    var model: [(tenant: TenantID?, items: [Int])] = []
    let tenants: [TenantID?] = [nil] + (0..<Int(seed)).map { TenantID("\($0)") }
    var fills = true
    for number in 0..<4000 {
      // Grows and shrinks by turns, and is empty now and then.
      if number % 200 == 0 { fills.toggle() }
      if Int.random(in: 0..<10, using: &random) < (fills ? 6 : 3) {
        let tenant = tenants[Int.random(in: 0..<tenants.count, using: &random)]
        line.append(number, of: tenant)
        if let index = model.firstIndex(where: { $0.tenant == tenant }) {
          model[index].items.append(number)
        } else {
          model.append((tenant, [number]))
        }
      } else {
        var expected: Int?
        if !model.isEmpty {
          var party = model.removeFirst()
          expected = party.items.removeFirst()
          if !party.items.isEmpty { model.append(party) }
        }
        #expect(line.popFirst() == expected)
      }
      #expect(line.count == model.reduce(0) { $0 + $1.items.count })
    }
  }
}

/// The same numbers for the same seed (SplitMix64).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
