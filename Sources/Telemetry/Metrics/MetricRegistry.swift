import Synchronization

/// All that a process counts, by the part that counts it. Reading it asks every part for what it has in memory: nothing
/// waits, whatever the state of disks and databases.
public final class MetricRegistry: Sendable {
  public typealias Source = @Sendable () -> [MetricFamily]

  private struct Entry {
    let number: Int
    let labels: [MetricFamily.Label]
    let source: Source
  }

  private struct State {
    var next = 0
    var entries: [Entry] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// Adds a part until `remove`. Two parts may have metrics of one name: their labels tell them apart.
  ///
  /// - Parameters:
  ///   - labels: stand before those of each sample: `service="ticketing"`.
  ///   - source: asked with each reading; must not wait.
  /// - Returns: what `remove` takes.
  public func add(_ labels: [MetricFamily.Label] = [], _ source: @escaping Source) -> Int {
    state.withLock { state in
      state.next += 1
      state.entries.append(Entry(number: state.next, labels: labels, source: source))
      return state.next
    }
  }

  public func remove(_ number: Int) {
    state.withLock { $0.entries.removeAll { $0.number == number } }
  }

  /// One family for each name, in the order in which the parts were added.
  public var families: [MetricFamily] {
    var order: [String] = []
    var families: [String: MetricFamily] = [:]
    for entry in state.withLock({ $0.entries }) {
      for var family in entry.source() {
        for index in family.samples.indices {
          family.samples[index].labels.insert(contentsOf: entry.labels, at: 0)
        }
        if families[family.name] == nil {
          order.append(family.name)
          families[family.name] = family
        } else {
          families[family.name]?.samples += family.samples
        }
      }
    }
    return order.compactMap { families[$0] }
  }
}

extension MetricFamily {
  /// A value of now.
  public static func gauge(
    _ name: String, _ value: Double, help: String, _ labels: [Label] = []
  ) -> MetricFamily {
    MetricFamily(name, .gauge, help: help, samples: [Sample(value, labels)])
  }

  /// A value that only grows.
  public static func counter(
    _ name: String, _ value: some BinaryInteger, help: String, _ labels: [Label] = []
  ) -> MetricFamily {
    MetricFamily(name, .counter, help: help, samples: [Sample(Double(value), labels)])
  }
}
