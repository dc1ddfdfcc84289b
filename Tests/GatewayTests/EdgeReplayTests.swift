import Foundation
import TestSupport
import Testing

@Suite("Committed inputs of the edge's fuzzers")
struct EdgeReplayTests {
  @Test(
    "V-12 R-139 what a fuzzer found, or a person thought of, holds", arguments: EdgeFuzz.allCases)
  func replay(target: EdgeFuzz) async throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../FuzzTests/Corpus").appendingPathComponent(target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count >= 10)
    // Some targets wait for what runs on the shared pool.
    let findings = try await onOwnThread {
      try names.compactMap { name in
        let input = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
        return target.run(input).map { "\(target.rawValue)/\(name): \($0)" }
      }
    }
    #expect(findings == [])
  }

  @Test(
    "V-12 R-139 inputs of no length, and cut anywhere, hold as well", arguments: EdgeFuzz.allCases)
  func short(target: EdgeFuzz) async throws {
    let findings = try await onOwnThread {
      (0..<64).flatMap { count in
        [Array(repeating: 0x0A, count: count), Array(0..<UInt8(count))].compactMap(target.run)
      }
    }
    #expect(findings.isEmpty, "\(findings)")
  }
}
