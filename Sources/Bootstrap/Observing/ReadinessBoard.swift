import Synchronization
import Telemetry

/// What a process depends on, and whether it is there. A part adds what it needs when it starts.
public final class ReadinessBoard: Sendable {
  /// Says what is wrong, in words for an operator and without a secret; nil when nothing is.
  public typealias Check = @Sendable () async -> String?

  /// How one dependency was found.
  public struct Finding: Sendable, Hashable {
    /// `ticketing/store`.
    public let name: String
    /// The process can do nothing without it. Without the others it does less.
    public let isNeeded: Bool
    /// Nil when it is there.
    public let reason: String?
  }

  private struct Entry {
    let number: Int
    let name: String
    let isNeeded: Bool
    let isRemote: Bool
    let check: Check
  }

  private struct State {
    var entries: [Entry] = []
    var next = 0
    var isStarted = false
    var isDraining = false
    var last: [Finding] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// Returns what `remove` takes.
  ///
  /// - Parameters:
  ///   - isNeeded: the process can do nothing without it.
  ///   - isRemote: looking at it asks another process, which is not done every second.
  public func add(
    _ name: String, isNeeded: Bool = true, isRemote: Bool = false, _ check: @escaping Check
  ) -> Int {
    state.withLock { state in
      state.next += 1
      state.entries.append(
        Entry(
          number: state.next, name: name, isNeeded: isNeeded, isRemote: isRemote,
          check: check))
      return state.next
    }
  }

  public func remove(_ number: Int) {
    state.withLock { state in
      for entry in state.entries where entry.number == number {
        state.last.removeAll { $0.name == entry.name }
      }
      state.entries.removeAll { $0.number == number }
    }
  }

  /// Everything has started: from now on the process is ready when what it needs is there.
  public func started() { state.withLock { $0.isStarted = true } }

  /// The process is about to end.
  public func draining() { state.withLock { $0.isDraining = true } }

  /// Looks at every dependency now, all at once, in the order in which they were added.
  ///
  /// - Parameters:
  ///   - prefix: only at those of one part: `ticketing/`.
  ///   - localOnly: not at what another process must be asked for.
  public func findings(of prefix: String = "", localOnly: Bool = false) async -> [Finding] {
    let entries = state.withLock { state in
      state.entries.filter { $0.name.hasPrefix(prefix) && !(localOnly && $0.isRemote) }
    }
    let found = await withTaskGroup(of: (Int, Finding).self) { group in
      for entry in entries {
        group.addTask {
          let reason = await entry.check()
          return (
            entry.number, Finding(name: entry.name, isNeeded: entry.isNeeded, reason: reason)
          )
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let findings = found.sorted { $0.0 < $1.0 }.map(\.1)
    state.withLock { state in
      let names = Set(findings.map(\.name))
      state.last.removeAll { names.contains($0.name) }
      state.last += findings
    }
    return findings
  }

  /// Whether the process wants to be called, and what was found.
  public func report() async -> (isReady: Bool, phase: String, findings: [Finding]) {
    let findings = await findings()
    let (isStarted, isDraining) = state.withLock { ($0.isStarted, $0.isDraining) }
    let phase = isDraining ? "draining" : isStarted ? "running" : "starting"
    let isReady = phase == "running" && !findings.contains { $0.isNeeded && $0.reason != nil }
    return (isReady, phase, findings)
  }

  /// As it was found when somebody last looked.
  var families: [MetricFamily] {
    let last = state.withLock { $0.last }
    return [
      MetricFamily(
        "portico_ready", .gauge, help: "Whether a dependency was there when last looked at.",
        samples: last.map { .init($0.reason == nil ? 1 : 0, [.init("dependency", $0.name)]) })
    ]
  }
}
