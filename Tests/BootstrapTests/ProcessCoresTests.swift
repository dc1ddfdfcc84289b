import Foundation
import StoreSQLite
import TestSupport
import Testing

@testable import Bootstrap

@Suite("The cores of a process")
struct ProcessCoresTests {
  @Test("a process that is bound to one core counts one, whatever the machine has")
  func bound() throws {
    let all = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let name = "Cpus_allowed_list:"
    let line = try #require(all.split(separator: "\n").first { $0.hasPrefix(name) })
    let core = line.dropFirst(name.count).drop { $0.isWhitespace }.prefix { $0.isNumber }
    let one = try GuardedProcess.run(
      ["/usr/bin/taskset", "-c", String(core), "/bin/cat", "/proc/self/status"], asServer: false)
    #expect(ProcessCores.cores(in: one) == 1)
  }

  @Test("the mask of a large machine is counted in full, and no mask is no answer")
  func masks() {
    #expect(
      ProcessCores.cores(in: "Name:\tx\nCpus_allowed:\tff,ffffffff,0000000a\nMems:\tf\n") == 42)
    #expect(ProcessCores.cores(in: "Name:\tx\nCpus_allowed_list:\t0-3\n") == nil)
    #expect((1...ProcessInfo.processInfo.processorCount).contains(ProcessCores.count))
  }

  @Test(
    "X-26 SQLite has two to four readers, as there are cores",
    arguments: [(1, 2), (2, 2), (3, 3), (4, 4), (64, 4)])
  func readers(_ cores: Int, _ readers: Int) {
    #expect(SQLiteStore.Limits.fitted(to: cores).readers == readers)
    #expect(SQLiteStore.Limits().readers == 4)
  }
}
