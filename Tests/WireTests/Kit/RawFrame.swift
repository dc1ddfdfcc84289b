/// A frame as it is on the wire; every field may lie.
struct RawFrame: Sendable, Equatable {
  var kind: Kind
  var flags: UInt8 = 0
  var stream: UInt32 = 0
  var payload: [UInt8] = []
  /// What the length field says, when that is not the length.
  var declaredLength: Int?

  struct Kind: RawRepresentable, Sendable, Equatable {
    let rawValue: UInt8
    static let data = Kind(rawValue: 0)
    static let headers = Kind(rawValue: 1)
    static let priority = Kind(rawValue: 2)
    static let reset = Kind(rawValue: 3)
    static let settings = Kind(rawValue: 4)
    static let pushPromise = Kind(rawValue: 5)
    static let ping = Kind(rawValue: 6)
    static let goAway = Kind(rawValue: 7)
    static let windowUpdate = Kind(rawValue: 8)
    static let continuation = Kind(rawValue: 9)
    static let unknown = Kind(rawValue: 0xBE)
  }

  enum Flag {
    static let endStream: UInt8 = 1
    static let ack: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let padded: UInt8 = 8
    static let priority: UInt8 = 32
  }

  static let headerSize = 9

  var bytes: [UInt8] {
    let length = UInt32(clamping: declaredLength ?? payload.count)
    return [UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
      + [kind.rawValue, flags] + Self.big(stream) + payload
  }

  var endsStream: Bool { (kind == .data || kind == .headers) && flags & Flag.endStream != 0 }

  /// The error code of a RST_STREAM or a GOAWAY.
  var errorCode: UInt32? {
    switch kind {
    case .reset where payload.count >= 4: Self.number(payload[..<4])
    case .goAway where payload.count >= 8: Self.number(payload[4..<8])
    default: nil
    }
  }

  static func big(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
  static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// An HTTP/2 error code as a number; RFC 9113 §7.
enum RawError {
  static let none: UInt32 = 0
  static let `protocol`: UInt32 = 1
  static let `internal`: UInt32 = 2
  static let refused: UInt32 = 7
  static let cancel: UInt32 = 8
  static let calm: UInt32 = 11
}

extension RawFrame {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  enum Setting {
    static let tableSize: UInt16 = 1
    static let push: UInt16 = 2
    static let streams: UInt16 = 3
    static let window: UInt16 = 4
    static let frameSize: UInt16 = 5
  }

  static func settings(_ entries: KeyValuePairs<UInt16, UInt32> = [:]) -> RawFrame {
    let payload = entries.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] + big($1) }
    return RawFrame(kind: .settings, payload: payload)
  }

  static let settingsAck = RawFrame(kind: .settings, flags: Flag.ack)

  static func headers(
    _ stream: UInt32, _ fields: RawFields, end: Bool = false, endHeaders: Bool = true
  ) -> RawFrame {
    block(stream, fields.encoded, end: end, endHeaders: endHeaders)
  }

  static func block(
    _ stream: UInt32, _ block: [UInt8], end: Bool = false, endHeaders: Bool = true
  ) -> RawFrame {
    RawFrame(
      kind: .headers,
      flags: (end ? Flag.endStream : 0) | (endHeaders ? Flag.endHeaders : 0),
      stream: stream, payload: block)
  }

  static func continuation(_ stream: UInt32, _ block: [UInt8], endHeaders: Bool = false) -> RawFrame
  {
    RawFrame(
      kind: .continuation, flags: endHeaders ? Flag.endHeaders : 0, stream: stream, payload: block)
  }

  static func data(_ stream: UInt32, _ bytes: [UInt8], end: Bool = false) -> RawFrame {
    RawFrame(kind: .data, flags: end ? Flag.endStream : 0, stream: stream, payload: bytes)
  }

  static func padded(_ stream: UInt32, _ bytes: [UInt8], padding: UInt8, end: Bool = false)
    -> RawFrame
  {
    RawFrame(
      kind: .data, flags: Flag.padded | (end ? Flag.endStream : 0), stream: stream,
      payload: [padding] + bytes + [UInt8](repeating: 0, count: Int(padding)))
  }

  static func reset(_ stream: UInt32, _ code: UInt32) -> RawFrame {
    RawFrame(kind: .reset, stream: stream, payload: big(code))
  }

  static func ping(_ payload: UInt64 = 0, ack: Bool = false) -> RawFrame {
    RawFrame(
      kind: .ping, flags: ack ? Flag.ack : 0,
      payload: withUnsafeBytes(of: payload.bigEndian) { Array($0) })
  }

  static func goAway(last: UInt32, _ code: UInt32 = 0, _ text: String = "") -> RawFrame {
    RawFrame(kind: .goAway, payload: big(last) + big(code) + Array(text.utf8))
  }

  static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> RawFrame {
    RawFrame(kind: .windowUpdate, stream: stream, payload: big(increment))
  }

  static func priority(_ stream: UInt32, on other: UInt32) -> RawFrame {
    RawFrame(kind: .priority, stream: stream, payload: big(other) + [15])
  }
}

/// A gRPC message with its five bytes in front.
enum RawMessage {
  static func frame(_ message: [UInt8], flag: UInt8 = 0, length: UInt32? = nil) -> [UInt8] {
    [flag] + RawFrame.big(length ?? UInt32(clamping: message.count)) + message
  }
}
