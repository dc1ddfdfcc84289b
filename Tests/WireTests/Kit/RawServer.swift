import Foundation
import Synchronization

/// A server of our own frames: what it does on each connection is a script, and after the script it answers every call
/// honestly.
final class RawServer: Sendable {
  typealias Script = @Sendable (_ peer: RawPeer, _ connection: Int) throws -> Void

  let port: Int
  private let listener: Socket
  /// Open once the test lets silent peers become honest.
  private let gate = Gate()
  private let descriptor: Int32
  private let state = Mutex<(connections: [Socket], isStopped: Bool)>(([], false))

  init(script: @escaping Script) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw WireError.system("socket", errno) }
    var address = Socket.loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, address, &size) == 0
      }
    }
    guard code else { throw WireError.system("bind", errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
    listener = Socket(descriptor: descriptor)
    // Blocking again: the thread below does nothing but wait.
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    Thread.detachNewThread { self.accept(script) }
  }

  private func accept(_ script: @escaping Script) {
    var number = 0
    while true {
      let connection = Glibc.accept(descriptor, nil, nil)
      guard connection >= 0 else { return }
      let socket = Socket(descriptor: connection)
      let isStopped = state.withLock { state in
        state.connections.append(socket)
        return state.isStopped
      }
      guard !isStopped else { return socket.close() }
      let index = number
      number += 1
      Thread.detachNewThread {
        let peer = RawPeer(socket, gate: self.gate)
        // The client may hang up in the middle of a script: that is its right.
        _ = Result { try peer.run { try script(peer, index) } }
        socket.close()
      }
    }
  }

  /// Connections so far.
  var connectionCount: Int { state.withLock { $0.connections.count } }

  /// Ends the silence of scripts that keep it.
  func release() { gate.open() }

  func stop() {
    release()
    let open = state.withLock { state in
      state.isStopped = true
      return state.connections
    }
    for socket in open { socket.hangUp() }
    listener.hangUp()
  }
}

/// The serving end of one connection.
final class RawPeer {
  let wire: RawConnection
  /// The script has ended the connection.
  private(set) var isThrough = false
  private var hasGreeted = false
  private var isHonest = false
  private var bodies: [UInt32: [UInt8]] = [:]

  static let ok: RawFields = [":status": "200", "content-type": "application/grpc"]
  static let success: RawFields = ["grpc-status": "0"]

  private let gate: Gate

  init(_ socket: Socket, gate: Gate) {
    wire = RawConnection(socket)
    self.gate = gate
  }

  func send(_ frames: RawFrame...) throws { try wire.send(frames) }

  func greet(_ settings: RawFrame = .settings()) throws {
    guard !hasGreeted else { return }
    hasGreeted = true
    try wire.expectPreface()
    try wire.send(settings)
  }

  /// Waits for the headers of the next call; its stream.
  func headers() throws -> UInt32 {
    try greet()
    guard let frame = try wire.until({ $0.kind == .headers }) else { throw WireError.closed }
    _ = try wire.fields(of: frame)
    return frame.stream
  }

  /// Waits for the whole of the next call; its stream and its body.
  func call() throws -> (id: UInt32, body: [UInt8]) {
    try greet()
    while let frame = try wire.next() {
      switch frame.kind {
      case .headers:
        _ = try wire.fields(of: frame)
        bodies[frame.stream] = []
      case .data: bodies[frame.stream, default: []] += frame.payload
      case .reset: bodies[frame.stream] = nil
      default: break
      }
      if frame.endsStream, let body = bodies.removeValue(forKey: frame.stream) {
        if gate.isOpen, !isHonest { throw Released(call: (frame.stream, body)) }
        return (frame.stream, body)
      }
    }
    throw WireError.closed
  }

  /// Answers a call with what it sent.
  func answer(_ call: (id: UInt32, body: [UInt8])) throws {
    try send(
      .headers(call.id, Self.ok), .data(call.id, call.body),
      .headers(call.id, Self.success, end: true))
  }

  func serveHonestly() throws {
    isHonest = true
    while true { try answer(try call()) }
  }

  /// A call that came after the test asked for honesty: on a slow machine the call before it can expire unseen.
  private struct Released: Error {
    let call: (id: UInt32, body: [UInt8])
  }

  /// The script, then honest service unless the script ended the connection.
  func run(_ script: () throws -> Void) throws {
    do {
      try script()
    } catch let released as Released {
      try answer(released.call)
    }
    if !isThrough { try serveHonestly() }
  }

  /// Ends the connection in order.
  func close() {
    isThrough = true
    wire.socket.close()
  }

  /// Ends the connection with a TCP reset.
  func abort() {
    isThrough = true
    wire.socket.abort()
  }

  /// Says and does nothing until the test lets it go on, honestly.
  func waitForRelease() { gate.wait() }

  /// Says and does nothing until the client hangs up.
  func keepSilent() throws {
    isThrough = true
    while !(try wire.socket.read()).isEmpty {}
  }

  /// Reads, acknowledges, never answers, until the client hangs up.
  func keepListening() throws {
    isThrough = true
    try wire.untilClosed()
  }
}

/// Closed until it is opened, for threads.
final class Gate: Sendable {
  private let condition = NSCondition()
  private let state = Mutex(false)

  var isOpen: Bool { state.withLock { $0 } }

  func open() {
    condition.withLock {
      state.withLock { $0 = true }
      condition.broadcast()
    }
  }

  func wait() {
    condition.withLock { while !isOpen { condition.wait() } }
  }
}
