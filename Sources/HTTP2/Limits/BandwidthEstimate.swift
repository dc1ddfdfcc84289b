import NIOCore

/// Estimates how many bytes are under way between the peers, so that windows can be made large enough for it.
///
/// A sample runs from a PING to its acknowledgement and counts what the application took meanwhile: a reader that sleeps
/// takes nothing and gets no larger window. It starts only after half a window of data, so small calls cost no PING,
/// and a server that counts PINGs has always sent DATA in between.
struct BandwidthEstimate {
  /// Bytes one stream may have under way.
  private(set) var window: Int
  private let cap: Int
  private var taken = 0
  private var sampleStart: NIODeadline?
  private var fastest = 0.0

  init(window: Int, cap: Int) {
    self.window = window
    self.cap = max(window, cap)
  }

  /// The application took bytes; true when a PING should be sent.
  mutating func took(_ count: Int) -> Bool {
    taken += count
    return sampleStart == nil && taken >= window / 2 && window < cap
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
    let seconds = max(1e-6, Double((now - start).nanoseconds) / 1e9)
    let speed = Double(sample) / seconds
    // A sender held by the window sends it in two halves, as we open it, and one falls into the sample. More in
    // flight that brings no more throughput is only a longer queue.
    guard sample >= window / 5 * 2, speed > fastest * 1.1, window < cap else { return false }
    fastest = speed
    window = min(cap, max(window, sample) * 2)
    return true
  }
}
