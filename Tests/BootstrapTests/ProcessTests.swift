import Bootstrap
import Foundation
import Logging
import Store
import Synchronization
import Testing

/// A part that tells what happens to it, and may fail to start.
private struct ReportingPart: ProcessPart {
  let name: String
  let log: EventLog
  var failure: StoreError?
  var onStart: @Sendable () -> Void = {}

  func start() async throws {
    if let failure { throw failure }
    log.add("start \(name)")
    onStart()
  }

  func stop() async { log.add("stop \(name)") }
}

private final class EventLog: Sendable {
  private let kept = Mutex<[String]>([])
  var events: [String] { kept.withLock { $0 } }
  func add(_ event: String) { kept.withLock { $0.append(event) } }
}

@Suite("A process", .serialized, .timeLimit(.minutes(1)))
struct ProcessTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test(
    "V-21 SIGTERM stops the parts in the reverse of their order, and the process ends without an error"
  )
  func signals() async throws {
    let log = EventLog()
    try await ServiceProcess.run(
      [
        ReportingPart(name: "a", log: log),
        ReportingPart(name: "b", log: log, onStart: { kill(getpid(), SIGTERM) }),
      ], logger: logger)
    #expect(log.events == ["start a", "start b", "stop b", "stop a"])
  }

  @Test("X-27 a process leaves no core file")
  func coreFiles() async throws {
    let log = EventLog()
    try await ServiceProcess.run(
      [ReportingPart(name: "a", log: log, onStart: { kill(getpid(), SIGTERM) })], logger: logger)
    let limits = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
    let core = try #require(limits.split(separator: "\n").first { $0.contains("core file") })
    #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2)
  }

  @Test("a part that cannot start stops those that did, and its error comes out")
  func failure() async throws {
    let log = EventLog()
    await #expect(throws: (any Error).self) {
      try await ServiceProcess.run(
        [
          ReportingPart(name: "a", log: log),
          ReportingPart(name: "b", log: log, failure: .full),
        ], logger: logger)
    }
    #expect(log.events == ["start a", "stop a"])
  }
}
