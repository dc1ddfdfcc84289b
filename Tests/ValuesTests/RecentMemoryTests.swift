import Testing
import Values

@Suite struct RecentMemoryTests {
  @Test(
    "R-224: never more than its capacity; what is asked for all the time stays in a flood of new keys"
  )
  func bounded() {
    var memory = RecentMemory<Int, String>(capacity: 10)
    memory[0] = "kept"
    for key in 1...1000 {
      memory[key] = "new"
      #expect(memory[0] == "kept")
      #expect(memory.count <= 10)
    }
    #expect(memory[1] == nil)
    #expect(memory[1000] == "new")
  }

  @Test("What is removed or replaced is gone from both halves")
  func removal() {
    var memory = RecentMemory<Int, Int>(capacity: 8)
    for key in 0..<6 { memory[key] = key }
    memory[0] = 7
    memory.removeAll { key, _ in key.isMultiple(of: 2) }
    memory[1] = nil
    #expect((0..<6).map { memory[$0] } == [nil, nil, nil, 3, nil, 5])
    #expect(memory.count == 2)
  }
}
