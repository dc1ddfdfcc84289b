import Foundation

/// What came back on one stream.
struct RawAnswer: Sendable {
  var headers = RawFields()
  var trailers: RawFields?
  var body: [UInt8] = []
  var hasEnded = false
  /// The code of a RST_STREAM, also of one after the end.
  var reset: UInt32?
  var goAway: UInt32?
  var isClosed = false

  var http: String? { headers[":status"] }
  var grpc: String? { trailers?["grpc-status"] ?? headers["grpc-status"] }
}

/// A client of our own frames.
final class RawClient {
  let wire: RawConnection
  private var nextStream: UInt32 = 1
  /// Answers whose frames came while another stream was waited for.
  private var answers: [UInt32: RawAnswer] = [:]
  private var connectionWindow = 65_535
  /// What the windows of streams are beyond the initial one.
  private var streamWindows: [UInt32: Int] = [:]
  private(set) var goAway: RawFrame?
  private(set) var settings: [UInt16: UInt32] = [:]

  static let unary = "/portico.testing.v1.Streams/Unary"
  static let echo = "/portico.testing.v1.Nesting/Echo"

  init(_ socket: Socket) { wire = RawConnection(socket) }

  /// Connects and says hello; the server's SETTINGS are read with the first answer.
  convenience init(
    port: Int, settings: KeyValuePairs<UInt16, UInt32> = [:], receiveBuffer: Int32? = nil
  ) throws {
    self.init(try Socket(port: port, receiveBuffer: receiveBuffer))
    try wire.socket.write(RawFrame.preface + RawFrame.settings(settings).bytes)
  }

  static func headers(
    _ path: String = RawClient.echo, _ more: RawFields = [:]
  ) -> RawFields {
    [
      ":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
      "te": "trailers", "content-type": "application/grpc",
    ] + more
  }

  func takeStream() -> UInt32 {
    defer { nextStream += 2 }
    return nextStream
  }

  /// Opens a stream; its id.
  @discardableResult
  func open(_ fields: RawFields = RawClient.headers(), end: Bool = false) throws -> UInt32 {
    let id = takeStream()
    try wire.send(.headers(id, fields, end: end))
    return id
  }

  /// Sends a whole call in one write; its stream.
  @discardableResult
  func call(_ fields: RawFields = RawClient.headers(), _ body: [UInt8] = RawMessage.frame([]))
    throws -> UInt32
  {
    let id = takeStream()
    try wire.send(.headers(id, fields), .data(id, body, end: true))
    return id
  }

  func answer(_ fields: RawFields = RawClient.headers(), _ body: [UInt8] = RawMessage.frame([]))
    throws -> RawAnswer
  {
    try answer(to: try call(fields, body))
  }

  /// Reads until the stream has ended, was reset, or the connection closed.
  func answer(to id: UInt32) throws -> RawAnswer {
    while true {
      if let answer = answers[id], answer.hasEnded || answer.reset != nil {
        answers[id] = nil
        return answer
      }
      guard let frame = try wire.next() else {
        var answer = answers.removeValue(forKey: id) ?? RawAnswer()
        answer.isClosed = true
        answer.goAway = goAway?.errorCode
        return answer
      }
      try note(frame)
    }
  }

  func note(_ frame: RawFrame) throws {
    switch frame.kind {
    case .headers:
      let fields = try wire.fields(of: frame)
      if answers[frame.stream]?.headers.isEmpty == false {
        answers[frame.stream]?.trailers = fields
      } else {
        answers[frame.stream, default: RawAnswer()].headers = fields
      }
    case .data:
      answers[frame.stream, default: RawAnswer()].body += frame.payload
      let count = UInt32(clamping: frame.payload.count)
      if count > 0 {
        try wire.sendIfOpen([.windowUpdate(0, count), .windowUpdate(frame.stream, count)])
      }
    case .reset: answers[frame.stream, default: RawAnswer()].reset = frame.errorCode
    case .goAway: goAway = frame
    case .settings where frame.flags == 0: noteSettings(frame)
    case .windowUpdate:
      let increment = Int(RawFrame.number(frame.payload[...]))
      if frame.stream == 0 {
        connectionWindow += increment
      } else {
        streamWindows[frame.stream, default: 0] += increment
      }
    default: break
    }
    if frame.endsStream || frame.kind == .reset { streamWindows[frame.stream] = nil }
    if frame.endsStream { answers[frame.stream, default: RawAnswer()].hasEnded = true }
  }

  func isAnswered(_ id: UInt32) -> Bool {
    answers[id].map { $0.hasEnded || $0.reset != nil } ?? false
  }

  /// Takes so many bytes out of both windows, if they are there.
  func takeWindow(_ id: UInt32, _ count: Int) -> Bool {
    let initial = Int(settings[RawFrame.Setting.window] ?? 65_535)
    let window = initial + (streamWindows[id] ?? 0)
    guard connectionWindow >= count, window >= count else { return false }
    connectionWindow -= count
    streamWindows[id, default: 0] -= count
    return true
  }

  private func noteSettings(_ frame: RawFrame) {
    for start in stride(from: 0, to: frame.payload.count - 5, by: 6) {
      let id = UInt16(frame.payload[start]) << 8 | UInt16(frame.payload[start + 1])
      settings[id] = RawFrame.number(frame.payload[start + 2..<start + 6])
    }
  }

  /// Reads until the server has closed; its last GOAWAY's code.
  func untilClosed() throws -> UInt32? {
    while let frame = try wire.next() { try note(frame) }
    return goAway?.errorCode
  }

  /// Waits until the server has worked off all that was sent before.
  func synchronize() throws {
    try wire.send(.ping(0x7379_6E63))
    while let frame = try wire.next() {
      try note(frame)
      if frame.kind == .ping, frame.flags & RawFrame.Flag.ack != 0 { return }
    }
    throw WireError.closed
  }

  func close() { wire.socket.close() }
}
