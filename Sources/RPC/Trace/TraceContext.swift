import Synchronization

/// Where a call stands in a distributed trace: W3C Trace Context, `traceparent` and `tracestate`.
public struct TraceContext: Sendable, Hashable {
  /// The same for every call of a trace.
  public let traceID: TraceID
  /// This call's own.
  public let spanID: UInt64
  /// The call that made this one; nil for the first of a trace.
  public let parentSpanID: UInt64?
  /// Bit 0: the trace is recorded. Others are passed on.
  public let flags: UInt8
  /// What tracing systems passed along; nil when there is none, or more than one may carry.
  public let state: String?

  public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64
    /// 16 of them, the most significant first.
    public var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    /// 32 hexadecimal digits.
    public var description: String { HexDigits.text(high) + HexDigits.text(low) }
  }

  public var isSampled: Bool { flags & 1 != 0 }

  /// The span's id, 8 bytes.
  public var spanBytes: [UInt8] { spanID.bigEndianBytes }
  /// That of the span around it; none for the first of a trace.
  public var parentBytes: [UInt8] { parentSpanID?.bigEndianBytes ?? [] }

  /// The first of a new trace.
  ///
  /// - Parameter isSampled: whether its spans are recorded.
  public static func root(isSampled: Bool = false) -> TraceContext {
    TraceContext(
      traceID: TraceID(high: SpanIDs.next(), low: SpanIDs.next()), spanID: SpanIDs.next(),
      parentSpanID: nil, flags: isSampled ? 1 : 0, state: nil)
  }

  /// A call made inside this one: the same trace, a span of its own.
  public func child() -> TraceContext {
    TraceContext(
      traceID: traceID, spanID: SpanIDs.next(), parentSpanID: spanID, flags: flags,
      state: state)
  }

  /// A span inside this one, recorded or not as is decided here: what a stranger asks for decides nothing.
  public func child(isSampled: Bool) -> TraceContext {
    TraceContext(
      traceID: traceID, spanID: SpanIDs.next(), parentSpanID: spanID,
      flags: (flags & ~1) | (isSampled ? 1 : 0), state: state)
  }

  /// As `traceparent` says it: version, trace, span, flags.
  public var traceparent: String {
    "00-\(traceID)-\(HexDigits.text(spanID))-\(HexDigits.text(flags))"
  }

  private init(
    traceID: TraceID, spanID: UInt64, parentSpanID: UInt64?, flags: UInt8, state: String?
  ) {
    self.traceID = traceID
    self.spanID = spanID
    self.parentSpanID = parentSpanID
    self.flags = flags
    self.state = state
  }

  /// What a caller sent; nil for anything that is not a valid `traceparent`, which is then as good as none.
  ///
  /// - Parameter states: the values of `tracestate`, in order.
  public init?(traceparent: some Collection<UInt8>, states: [String] = []) {
    let bytes = Array(traceparent)
    // A later version may have more behind a further dash; this one has not.
    guard bytes.count >= 55, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
      let version = HexDigits.value(bytes[0..<2]), version != 0xFF,
      bytes.count == 55 || (version != 0 && bytes[55] == Self.dash),
      let high = HexDigits.value(bytes[3..<19]), let low = HexDigits.value(bytes[19..<35]),
      high != 0 || low != 0,
      let span = HexDigits.value(bytes[36..<52]), span != 0,
      let flags = HexDigits.value(bytes[53..<55])
    else { return nil }
    self.init(
      traceID: TraceID(high: high, low: low), spanID: span, parentSpanID: nil,
      flags: UInt8(truncatingIfNeeded: flags), state: Self.joined(states))
  }

  private static let dash = UInt8(ascii: "-")
  private static let stateLimit = 512

  private static func joined(_ states: [String]) -> String? {
    let state = states.joined(separator: ",")
    let isFit =
      !state.isEmpty && state.utf8.count <= stateLimit
      && state.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    return isFit ? state : nil
  }
}

/// Ids that are unlike any other: a counter from a random start, mixed (SplitMix64). Drawn by the system they would cost
/// each call a switch to the kernel.
private enum SpanIDs {
  private static let counter = Atomic<UInt64>(.random(in: .min ... .max))

  /// Never 0.
  static func next() -> UInt64 {
    var value = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return max(1, value ^ (value >> 31))
  }
}

/// Lower-case hexadecimal of a fixed width.
private enum HexDigits {
  static func text<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: Value.bitWidth / 4 - digits.utf8.count) + digits
  }

  /// Nil for anything but lower-case digits; at most 16 of them.
  static func value(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for byte in digits {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - 48)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - 87)
      default: return nil
      }
    }
    return value
  }
}

extension UInt64 {
  fileprivate var bigEndianBytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) }
  }
}
