import Foundation
import RPC
import Testing

/// What the misbehaving servers leave behind in the client's process: nothing. The process is a child of the test, so that
/// nobody else's memory and descriptors are counted.
@Suite struct LeakTests {
  @Test(
    "R-079 R-224 no descriptor and no memory is left after every misbehaving server, again and again"
  )
  func client() async throws {
    await #expect(processExitsWith: .success) {
      // The first round fills what is made once: tables, pools, loggers, threads' arenas.
      try await LeakTests.round()
      let descriptors = try await LeakTests.settledDescriptors(atMost: 0)
      let before = try ProcessMemory.resident(getpid())
      let rounds = 2 * AttackScale.factor
      for _ in 0..<rounds { try await LeakTests.round() }
      let after = try await LeakTests.settledDescriptors(atMost: descriptors + 4, looks: 400)
      // Timers of the system's own may have come up; each call that left one would count hundreds.
      #expect(after <= descriptors + 4, "descriptors: \(descriptors) before, \(after) after")
      let growth = try ProcessMemory.resident(getpid()) - before
      // Arenas and windows come and go; a channel that stayed, with its connection, would be more than this.
      #expect(growth < 32 << 20, "\(rounds) rounds left \(growth) bytes of \(before)")
    }
  }

  static func round() async throws {
    for misbehaviour in Misbehaviour.all where !misbehaviour.expires {
      for isStream in [false, true] {
        let trial = try Trial(misbehaviour)
        _ = isStream ? await trial.stream() : await trial.unary()
        await trial.end()
      }
    }
  }

  /// Descriptors close on threads and loops of their own: the number once it is small enough, or after so many looks.
  static func settledDescriptors(atMost wanted: Int, looks: Int = 40) async throws -> Int {
    var last = try ProcessMemory.descriptors()
    for _ in 0..<looks {
      if last <= wanted { break }
      try await Task.sleep(for: .milliseconds(50))
      last = try ProcessMemory.descriptors()
    }
    return last
  }
}
