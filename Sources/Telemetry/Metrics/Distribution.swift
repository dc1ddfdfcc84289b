import Synchronization

/// How often values of which size were seen. Anybody may count and read at any time; counting takes no lock and allocates
/// nothing.
public final class Distribution: @unchecked Sendable {
  // @unchecked: the block is allocated once, and every place in it is an atomic.
  /// Seconds, from a millisecond to half a minute.
  public static let times = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]
  /// Counts, up to the largest group commit.
  public static let counts: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256]

  /// The largest value of each bucket, ascending; one more bucket holds what is above them all.
  public let bounds: [Double]
  private let block: UnsafeMutablePointer<Atomic<UInt64>>
  /// The sum in millionths, which a double would round away.
  private let sum = Atomic<UInt64>(0)

  public init(_ bounds: [Double] = Distribution.times) {
    self.bounds = bounds
    block = .allocate(capacity: bounds.count + 1)
    for place in 0...bounds.count { (block + place).initialize(to: Atomic(0)) }
  }

  deinit {
    block.deinitialize(count: bounds.count + 1)
    block.deallocate()
  }

  /// Negative values count as none at all.
  public func record(_ value: Double) {
    let value = value.isFinite ? max(0, value) : 0
    let place = bounds.firstIndex { value <= $0 } ?? bounds.count
    block[place].wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(UInt64(min(value * 1e6, 1e18)), ordering: .relaxed)
  }

  /// In seconds.
  public func record(_ duration: Duration) { record(duration / .seconds(1)) }

  public var count: UInt64 {
    (0...bounds.count).reduce(0) { $0 &+ block[$1].load(ordering: .relaxed) }
  }

  /// The bound of the bucket that holds the value in the middle; nil without values, and for one above all bounds.
  public var median: Double? {
    let counts = (0...bounds.count).map { block[$0].load(ordering: .relaxed) }
    let half = (counts.reduce(0, &+) + 1) / 2
    guard half > 0 else { return nil }
    var seen: UInt64 = 0
    for (bound, count) in zip(bounds, counts) {
      seen &+= count
      if seen >= half { return bound }
    }
    return nil
  }

  /// Adds its lines to a histogram.
  public func add(to family: inout MetricFamily, _ labels: [MetricFamily.Label] = []) {
    let counts = (0...bounds.count).map { block[$0].load(ordering: .relaxed) }
    family.add(
      buckets: zip(bounds, counts).map { ($0, $1) }, count: counts.reduce(0, &+),
      sum: Double(sum.load(ordering: .relaxed)) / 1e6, labels)
  }

  /// The histogram by itself.
  public func family(_ name: String, help: String) -> MetricFamily {
    var family = MetricFamily(name, .histogram, help: help)
    add(to: &family)
    return family
  }
}
