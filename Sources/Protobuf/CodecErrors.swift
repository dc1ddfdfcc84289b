/// Why bytes could not become a message.
public enum DecodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The bytes are not a message of this type: truncated, wrong wire type, invalid UTF-8, a NUL in a
  /// string, nested too deep. The text says what and where, without any of the bytes.
  case malformed(String)
  /// Decoding would need more memory or more fields than the limits allow.
  case resourceExhausted(String)

  public var description: String {
    switch self {
    case .malformed(let reason): "malformed message: \(reason)"
    case .resourceExhausted(let reason): "message over a limit: \(reason)"
    }
  }
}

/// Why a message could not become bytes.
public enum EncodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A string holds U+0000, which libprotobuf-c would silently cut.
  case nulInString
  /// The message does not fit the address space or the C library's 2 GiB limit.
  case tooLarge

  public var description: String {
    switch self {
    case .nulInString: "a string holds U+0000"
    case .tooLarge: "the message is larger than 2 GiB"
    }
  }
}

/// What decoding one message may cost.
public struct DecodingLimits: Sendable, Hashable {
  /// Messages inside messages, the outermost counting as one.
  public var depth: Int
  /// Fields on the wire, in all nested messages together.
  public var fields: Int
  /// Arena bytes allowed for each byte on the wire.
  public var memoryFactor: Int
  /// Arena bytes allowed however short the message is.
  public var memoryFloor: Int
  /// Arena bytes never exceeded.
  public var memoryCap: Int

  public init(
    depth: Int = 100, fields: Int = 1 << 18, memoryFactor: Int = 16, memoryFloor: Int = 4 << 20,
    memoryCap: Int = 128 << 20
  ) {
    self.depth = depth
    self.fields = fields
    self.memoryFactor = memoryFactor
    self.memoryFloor = memoryFloor
    self.memoryCap = memoryCap
  }

  public static let `default` = DecodingLimits()

  /// The arena budget, in bytes, for a message of `wireSize` bytes.
  public func budget(forWireSize wireSize: Int) -> Int {
    let (scaled, overflow) = wireSize.multipliedReportingOverflow(by: memoryFactor)
    return min(memoryCap, max(memoryFloor, overflow ? .max : scaled))
  }
}
