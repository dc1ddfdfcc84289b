import Foundation
import Testing

@testable import Gateway

@Suite("The table of pages")
struct PageTableTests {
  /// The pages to read, as the browser tests know them: `access pattern` a line.
  private static let list = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../EndToEndTests/pages.txt").standardizedFileURL

  private var expected: String {
    PageTable.portal.routes.filter { $0.method == .GET }
      .map { "\($0.access == .anyone ? "anyone" : "signed-in") \($0.pattern)" }
      .sorted().joined(separator: "\n") + "\n"
  }

  @Test("The browser tests visit every page: their list is the table's (UPDATE_PAGES=1 writes it)")
  func list() throws {
    if ProcessInfo.processInfo.environment["UPDATE_PAGES"] == "1" {
      try expected.write(to: Self.list, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: Self.list, encoding: .utf8) == expected)
  }
}
