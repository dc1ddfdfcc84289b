import Foundation

enum WireError: Error, Equatable {
  /// The peer is gone.
  case closed
  /// Nothing happened for as long as `HangGuard` allows.
  case hangs(String)
  case system(String, Int32)
  /// What came is not what the script waited for.
  case unexpected(String)
}

/// One TCP connection on the loopback, blocking. Used by one thread at a time; `close` may come from another.
final class Socket: @unchecked Sendable {
  private let lock = NSLock()
  private var descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close() }

  /// `receiveBuffer` keeps the kernel from taking much for a peer that does not read.
  convenience init(port: Int, receiveBuffer: Int32? = nil) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw WireError.system("socket", errno) }
    if var size = receiveBuffer {
      setsockopt(
        descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = Self.loopback(port: port)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      let error = errno
      Glibc.close(descriptor)
      throw WireError.system("connect", error)
    }
    self.init(descriptor: descriptor)
  }

  static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return address
  }

  /// Sends all of it.
  func write(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = try writeSome(bytes[sent...])
      sent += count
      if count == 0 { try wait(for: Int16(POLLOUT), "writing") }
    }
  }

  /// Sends what the kernel takes now; 0 when it is full.
  func writeSome(_ bytes: ArraySlice<UInt8>) throws -> Int {
    let count = bytes.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw WireError.closed
  }

  /// What has come; empty at the end of the connection.
  func read(within seconds: Double = HangGuard.seconds) throws -> [UInt8] {
    while true {
      if let bytes = try readSome() { return bytes }
      try wait(for: Int16(POLLIN), "reading", within: seconds)
    }
  }

  /// Nil when nothing waits, empty at the end.
  func readSome() throws -> [UInt8]? {
    let size = 64 * 1024
    var code = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      code = recv(descriptor, buffer.baseAddress, size, 0)
      count = max(0, code)
    }
    if code >= 0 { return bytes }
    if errno == EAGAIN || errno == EINTR { return nil }
    if errno == ECONNRESET || errno == EBADF || errno == EPIPE { return [] }
    throw WireError.system("recv", errno)
  }

  private func wait(
    for event: Int16, _ doing: String, within seconds: Double = HangGuard.seconds
  ) throws {
    var entry = pollfd(fd: descriptor, events: event, revents: 0)
    let code = poll(&entry, 1, Int32(seconds * 1000))
    if code == 0 { throw WireError.hangs(doing) }
    if code < 0, errno != EINTR { throw WireError.system("poll", errno) }
  }

  /// The port at the other end.
  var peerPort: Int {
    get throws {
      var address = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let code = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getpeername(descriptor, $0, &size)
        }
      }
      guard code == 0 else { throw WireError.system("getpeername", errno) }
      return Int(UInt16(bigEndian: address.sin_port))
    }
  }

  /// Says that nothing more comes; reading goes on.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends both directions and wakes whoever reads; `close` must follow.
  func hangUp() {
    lock.withLock { if descriptor >= 0 { shutdown(descriptor, Int32(SHUT_RDWR)) } }
  }

  func close() {
    lock.withLock {
      if descriptor >= 0 { Glibc.close(descriptor) }
      descriptor = -1
    }
  }

  /// Ends the connection with a TCP reset.
  func abort() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close()
  }
}

/// Runs a script that blocks on a thread of its own, so that it takes none from the tasks it waits for.
func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}
