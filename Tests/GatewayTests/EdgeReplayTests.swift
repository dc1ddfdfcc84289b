import Foundation
import Testing

@Suite("Committed inputs of the edge's fuzzers")
struct EdgeReplayTests {
  @Test(
    "V-12 R-139 what a fuzzer found, or a person thought of, holds", arguments: EdgeFuzz.allCases)
  func replay(target: EdgeFuzz) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../FuzzTests/Corpus").appendingPathComponent(target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count >= 10)
    for name in names {
      let input = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
      #expect(target.run(input) == nil, "\(target.rawValue)/\(name)")
    }
  }

  @Test(
    "V-12 R-139 inputs of no length, and cut anywhere, hold as well", arguments: EdgeFuzz.allCases)
  func short(target: EdgeFuzz) {
    for count in 0..<64 {
      #expect(target.run(Array(repeating: 0x0A, count: count)) == nil)
      #expect(target.run(Array(0..<UInt8(count))) == nil)
    }
  }
}
