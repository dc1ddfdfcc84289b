import Synchronization

/// What one method did on one event loop. Only that loop writes, so that counting is a load and a store; anybody may
/// read. No lock, no allocation, nothing that two cores would pass back and forth.
final class MethodCounters: @unchecked Sendable {
  /// Places in the one block of memory.
  private enum Place {
    static var started: Int { 0 }
    static var codes: Int { 1 }
    static var latency: Int { codes + 17 }
    static var requests: Int { latency + 2 + Buckets.latencyCount }
    static var responses: Int { requests + 2 + Buckets.sizeCount }
    static var end: Int { responses + 2 + Buckets.sizeCount }
  }

  private let block: UnsafeMutablePointer<Atomic<UInt64>>

  init() {
    block = .allocate(capacity: Place.end)
    for place in 0..<Place.end { (block + place).initialize(to: Atomic(0)) }
  }

  deinit {
    block.deinitialize(count: Place.end)
    block.deallocate()
  }

  @inline(__always)
  private func add(_ amount: UInt64, _ place: Int) {
    block[place].store(block[place].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  private func value(_ place: Int) -> UInt64 { block[place].load(ordering: .relaxed) }

  // MARK: on the loop

  func began() { add(1, Place.started) }

  /// The call has its status, `nanoseconds` after its headers.
  func ended(_ code: Status.Code, nanoseconds: UInt64) {
    add(1, Place.codes + code.rawValue)
    add(nanoseconds, Place.latency)
    add(1, Place.latency + 1 + Buckets.latency(nanoseconds))
  }

  /// A request of this many bytes, not counting compression.
  func request(_ bytes: Int) { addMessage(bytes, Place.requests) }
  func response(_ bytes: Int) { addMessage(bytes, Place.responses) }

  private func addMessage(_ bytes: Int, _ place: Int) {
    add(UInt64(truncatingIfNeeded: bytes), place)
    add(1, place + 1 + Buckets.size(bytes))
  }

  // MARK: anywhere

  func snapshot(_ label: MethodLabel) -> CallMetrics.Method {
    var handled: [Status.Code: UInt64] = [:]
    for code in Status.Code.allCases {
      let count = value(Place.codes + code.rawValue)
      if count > 0 { handled[code] = count }
    }
    return CallMetrics.Method(
      label: label, started: value(Place.started), handled: handled,
      latency: histogram(Place.latency, Buckets.latency),
      requestSizes: histogram(Place.requests, Buckets.size),
      responseSizes: histogram(Place.responses, Buckets.size))
  }

  private func histogram(_ place: Int, _ bounds: [UInt64]) -> Histogram {
    Histogram(
      upperBounds: bounds, counts: (0...bounds.count).map { value(place + 1 + $0) },
      sum: value(place))
  }
}
