import Foundation
import Testing

@Suite("Committed inputs of the path fuzzer")
struct PathReplayTests {
  @Test("R-139 every committed path is routed or refused, and bound as its template says")
  func replay() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../FuzzTests/Corpus/path")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count >= 10)
    for name in names {
      let input = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
      #expect(PathFuzz.run(input) == nil, "\(name)")
    }
  }
}
