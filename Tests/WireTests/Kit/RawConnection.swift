import Foundation

/// Frames over a socket. Acknowledges SETTINGS and PING by itself unless told not to; does nothing else by itself.
final class RawConnection {
  let socket: Socket
  var acknowledges = true
  private var buffer: [UInt8] = []
  private var start = 0
  private var decoder = RawFieldDecoder()
  private var isAtEnd = false

  init(_ socket: Socket) { self.socket = socket }

  func send(_ frames: RawFrame...) throws { try send(frames) }
  func send(_ frames: [RawFrame]) throws { try socket.write(frames.flatMap(\.bytes)) }

  /// The next frame; nil once the peer has closed.
  func next(within seconds: Double = HangGuard.seconds) throws -> RawFrame? {
    while true {
      if let frame = takeFrame() {
        if acknowledges { try acknowledge(frame) }
        return frame
      }
      guard !isAtEnd else { return nil }
      if start > 0 {
        buffer.removeFirst(start)
        start = 0
      }
      let bytes = try socket.read(within: seconds)
      isAtEnd = bytes.isEmpty
      buffer += bytes
    }
  }

  /// Reads the client's preface (server side).
  func expectPreface() throws {
    while buffer.count < RawFrame.preface.count {
      let bytes = try socket.read()
      guard !bytes.isEmpty else { throw WireError.closed }
      buffer += bytes
    }
    guard buffer.starts(with: RawFrame.preface) else { throw WireError.unexpected("no preface") }
    buffer.removeFirst(RawFrame.preface.count)
  }

  private func takeFrame() -> RawFrame? {
    let rest = buffer.count - start
    guard rest >= RawFrame.headerSize else { return nil }
    let head = Array(buffer[start..<start + RawFrame.headerSize])
    let count = Int(RawFrame.number(head[..<3]))
    guard rest >= RawFrame.headerSize + count else { return nil }
    let body = start + RawFrame.headerSize
    start = body + count
    return RawFrame(
      kind: .init(rawValue: head[3]), flags: head[4],
      stream: RawFrame.number(head[5..<9]) & 0x7FFF_FFFF, payload: Array(buffer[body..<start]))
  }

  private func acknowledge(_ frame: RawFrame) throws {
    guard frame.flags & RawFrame.Flag.ack == 0 else { return }
    var answer = frame
    answer.flags = RawFrame.Flag.ack
    switch frame.kind {
    case .settings: answer.payload = []
    case .ping: break
    default: return
    }
    try sendIfOpen([answer])
  }

  /// Sends to a peer that may be gone: what it sent before can still be read.
  func sendIfOpen(_ frames: [RawFrame]) throws {
    do { try send(frames) } catch WireError.closed {}
  }

  /// The fields of a HEADERS frame. Every block must come through here, in order.
  func fields(of frame: RawFrame) throws -> RawFields {
    var block = frame.payload[...]
    if frame.flags & RawFrame.Flag.padded != 0 {
      let padding = Int(block.popFirst() ?? 0)
      block = block.dropLast(padding)
    }
    if frame.flags & RawFrame.Flag.priority != 0 { block = block.dropFirst(5) }
    var whole = Array(block)
    var last = frame
    while last.flags & RawFrame.Flag.endHeaders == 0 {
      guard let more = try next(), more.kind == .continuation else {
        throw WireError.unexpected("no CONTINUATION")
      }
      whole += more.payload
      last = more
    }
    return try decoder.decode(whole)
  }

  /// Reads until the peer closes; the frames that came.
  @discardableResult
  func untilClosed() throws -> [RawFrame] {
    var frames: [RawFrame] = []
    while let frame = try next() { frames.append(frame) }
    return frames
  }

  /// Reads until a frame is what is wanted; nil when the peer closes first.
  @discardableResult
  func until(_ isWanted: (RawFrame) -> Bool) throws -> RawFrame? {
    while let frame = try next() { if isWanted(frame) { return frame } }
    return nil
  }
}
