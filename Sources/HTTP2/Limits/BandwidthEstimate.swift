import NIOCore

/// Estimates how many bytes are under way between the peers, so that windows can be made large enough for it.
///
/// A sample runs from a PING to its acknowledgement and counts what the application took meanwhile: a reader that sleeps
/// takes nothing and gets no larger window. It starts only after half a window of data, so small calls cost no PING,
/// and a server that counts PINGs has always sent DATA in between.
///
/// What is under way on a short path is a queue, and small answers wait behind it. So the window stays as it is
/// where a PING was ever answered within `shortPath`, and no sample that was twice as slow as the fastest one grows it.
struct BandwidthEstimate {
  /// Bytes one stream may have under way.
  private(set) var window: Int
  private let cap: Int
  private var taken = 0
  private var sampleStart: NIODeadline?
  private var fastest = 0.0
  private var shortest = TimeAmount.nanoseconds(.max)
  private var samples = 0

  /// A window of 256 KiB for each such round trip is 1 Gbit/s for one stream.
  private static let shortPath = TimeAmount.milliseconds(2)
  /// A busy machine answers late now and then: so many samples say how long the path is.
  private static let leastSamples = 3

  init(window: Int, cap: Int) {
    self.window = window
    self.cap = max(window, cap)
  }

  /// The application took bytes; true when a PING should be sent.
  mutating func took(_ count: Int) -> Bool {
    taken += count
    return sampleStart == nil && taken >= window / 2 && window < cap && shortest >= Self.shortPath
  }

  mutating func sampleStarted(at now: NIODeadline) {
    sampleStart = now
    taken = 0
  }

  /// The PING came back; true when `window` has grown.
  mutating func sampleEnded(at now: NIODeadline) -> Bool {
    guard let start = sampleStart else { return false }
    sampleStart = nil
    let sample = taken
    taken = 0
    let roundTrip = now - start
    shortest = min(shortest, roundTrip)
    samples += 1
    guard samples >= Self.leastSamples, shortest >= Self.shortPath,
      roundTrip.nanoseconds / 2 <= shortest.nanoseconds
    else { return false }
    let seconds = Double(roundTrip.nanoseconds) / 1e9
    let speed = Double(sample) / seconds
    // A sender held by the window sends it in two halves, as we open it, and one falls into the sample. More in
    // flight that brings no more throughput is only a longer queue.
    guard sample >= window / 5 * 2, speed > fastest * 1.1, window < cap else { return false }
    fastest = speed
    window = min(cap, max(window, sample) * 2)
    return true
  }
}
