import TestSupport

/// HTTP/2 in frames of the test's own: any bytes as field names and values, nothing checked.
final class RawHTTP2Client {
  struct Frame {
    let type: UInt8
    let flags: UInt8
    let stream: UInt32
    let payload: [UInt8]
    var endsStream: Bool { (type == 0 || type == 1) && flags & 1 != 0 }
  }

  private let socket: RawSocket
  private var received: [UInt8] = []
  /// Frames of streams that nobody has asked about yet.
  private var waiting: [Frame] = []
  /// Streams whose answer was a head alone.
  private var ended: Set<UInt32> = []

  init(port: Int) throws {
    socket = try RawSocket(port: port)
    try socket.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
    try send(4, 0, 0, [])
  }

  func send(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) throws {
    let size = UInt32(payload.count)
    try socket.send(
      [UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255), type, flags]
        + withUnsafeBytes(of: stream.bigEndian) { Array($0) } + payload)
  }

  /// Literals without indexing.
  ///
  /// - Parameter isOpen: a body follows.
  func request(_ fields: [(String, String)], stream: UInt32, isOpen: Bool = false) throws {
    var block: [UInt8] = []
    for (name, value) in fields { block += [0] + Self.text(name) + Self.text(value) }
    try send(1, isOpen ? 0x04 : 0x05, stream, block)
  }

  /// A string of HPACK: its length in seven bits, or more bytes of seven bits each.
  private static func text(_ text: String) -> [UInt8] {
    var rest = text.utf8.count
    guard rest >= 127 else { return [UInt8(rest)] + text.utf8 }
    var length: [UInt8] = [127]
    rest -= 127
    while rest >= 128 {
      length.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return length + [UInt8(rest)] + text.utf8
  }

  /// Gives a stream up: CANCEL.
  func cancel(_ stream: UInt32) throws { try send(3, 0, stream, [0, 0, 0, 8]) }

  /// The status of an answer (the first field of its block, as nghttp2 writes it), or how it ended without one.
  func outcome(of stream: UInt32) throws -> String {
    // A GOAWAY without an error is no end of a stream.
    guard
      let frame = try next(where: { $0.stream == stream || ($0.type == 7 && $0.payload[7] != 0) })
    else {
      return "closed"
    }
    switch frame.type {
    case 1:
      if frame.endsStream { ended.insert(stream) }
      return status(frame.payload)
    case 3: return "reset"
    case 7: return "goaway"
    default: return "other"
    }
  }

  /// What follows the head of an answer: its bytes, and whether it ended well. Windows are opened as bytes come.
  func rest(of stream: UInt32) throws -> (body: [UInt8], isWhole: Bool) {
    var body: [UInt8] = []
    if ended.contains(stream) { return (body, true) }
    while let frame = try next(where: { $0.stream == stream }) {
      if frame.type == 3 { return (body, false) }
      if frame.type == 0, !frame.payload.isEmpty {
        body += frame.payload
        let count = withUnsafeBytes(of: UInt32(frame.payload.count).bigEndian) { Array($0) }
        try send(8, 0, 0, count)
        if !frame.endsStream { try send(8, 0, stream, count) }
      }
      if frame.endsStream { return (body, true) }
    }
    return (body, false)
  }

  /// The next frame of a kind, nil at the end of the connection. Others wait for whoever wants them; SETTINGS and PING are
  /// answered.
  func next(where isWanted: (Frame) -> Bool) throws -> Frame? {
    if let index = waiting.firstIndex(where: isWanted) { return waiting.remove(at: index) }
    while let frame = try read() {
      if isWanted(frame) { return frame }
      if frame.stream != 0 { waiting.append(frame) }
    }
    return nil
  }

  private func read() throws -> Frame? {
    while true {
      if received.count >= 9 {
        let size = Int(received[0]) << 16 | Int(received[1]) << 8 | Int(received[2])
        if received.count >= 9 + size {
          let id = received[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
          let frame = Frame(
            type: received[3], flags: received[4], stream: id,
            payload: Array(received[9..<9 + size]))
          received.removeFirst(9 + size)
          if frame.flags & 1 == 0 {
            if frame.type == 4 { try send(4, 1, 0, []) }
            if frame.type == 6 { try send(6, 1, 0, frame.payload) }
          }
          return frame
        }
      }
      let bytes = try socket.read()
      if bytes.isEmpty { return nil }
      received += bytes
    }
  }

  /// The static table has the statuses that count: each is one byte.
  private func status(_ block: [UInt8]) -> String {
    let known: [UInt8: String] = [
      0x88: "200", 0x89: "204", 0x8A: "206", 0x8B: "304", 0x8C: "400", 0x8D: "404", 0x8E: "500",
    ]
    return block.first.flatMap { known[$0] } ?? "other"
  }
}
