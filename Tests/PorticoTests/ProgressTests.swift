import Synchronization
import Testing

@testable import portico

@Suite("Progress of long commands")
struct ProgressTests {
  private func shown(_ isTerminal: Bool, total: Int) -> String {
    var text = ""
    let bar = ProgressBar("tickets", isTerminal: isTerminal) { text += $0 }
    for done in 1...total { bar.show(done, of: total) }
    bar.show(1, of: 0)
    return text
  }

  @Test("a terminal sees one line that is written over, and ends with it")
  func terminal() {
    let text = shown(true, total: 50)
    #expect(text.filter { $0 == "\n" }.count == 1 && text.hasSuffix("50/50 tickets\n"))
    #expect(text.contains("\r\u{1B}[K"))
    #expect(!text.contains("░\n"))
  }

  @Test("a log sees ten plain lines, whatever the total")
  func lines() {
    for total in [10, 50, 1151] {
      let lines = shown(false, total: total).split(separator: "\n")
      #expect(lines.count == 10, "\(lines)")
      #expect(lines.last == "tickets: \(total) of \(total)")
    }
    #expect(!shown(false, total: 50).contains("\u{1B}"))
    #expect(shown(false, total: 3).split(separator: "\n").count == 3)
  }
}
