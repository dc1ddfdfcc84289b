import Synchronization

/// How often something happened, by a few labels: one metric of a process.
///
/// A lock and a table, for what happens some thousand times a second at most; calls are counted by `CallMetrics`.
public final class Counter: Sendable {
  /// Combinations of label values that are told apart. What comes after them is counted as `other`.
  public static let mostSeries = 200

  public let name: String
  private let help: String
  private let labels: [String]
  private let counts = Mutex<[[String]: UInt64]>([:])

  /// - Parameters:
  ///   - name: `portico_logins_total`.
  ///   - labels: the names of what `add` is given values of.
  ///   - known: values that are shown before anything was counted, so that a first one is seen as a change.
  public init(_ name: String, help: String, labels: [String] = [], known: [[String]] = []) {
    self.name = name
    self.help = help
    self.labels = labels
    let first = labels.isEmpty ? [[]] : known
    counts.withLock { counts in for values in first { counts[values] = 0 } }
  }

  /// - Parameter values: one for each label, in their order; chosen by the program, never by a stranger.
  public func add(_ amount: UInt64 = 1, _ values: String...) {
    counts.withLock { counts in
      let isKnown = counts[values] != nil || counts.count < Self.mostSeries
      let key = isKnown ? values : labels.map { _ in "other" }
      counts[key, default: 0] &+= amount
    }
  }

  /// Of all labels together.
  public var total: UInt64 { counts.withLock { $0.values.reduce(0, &+) } }

  public var family: MetricFamily {
    let counts = counts.withLock { $0 }
    let samples = counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { values, count in
      MetricFamily.Sample(Double(count), zip(labels, values).map { MetricFamily.Label($0, $1) })
    }
    return MetricFamily(name, .counter, help: help, samples: samples)
  }
}
