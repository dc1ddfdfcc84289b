import Foundation
import Testing

@Suite("Committed inputs of the fuzzers")
struct ReplayTests {
  @Test("R-139 what a fuzzer found, or a person thought of, holds", arguments: FuzzTarget.allCases)
  func replay(target: FuzzTarget) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Corpus").appendingPathComponent(target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count >= 10)
    for name in names {
      let input = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
      #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.run(input) }
    }
  }

  @Test("R-139 inputs of no length, and cut anywhere, hold as well", arguments: FuzzTarget.allCases)
  func short(target: FuzzTarget) throws {
    for count in 0..<64 {
      #expect(throws: Never.self) { try target.run(Array(repeating: 0x0A, count: count)) }
      #expect(throws: Never.self) { try target.run(Array(0..<UInt8(count))) }
    }
  }
}
