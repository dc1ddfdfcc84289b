import Foundation

/// A blocking socket of the test, with a limit so that a silent server fails a test instead of hanging it.
public final class RawSocket {
  /// What the system said.
  public struct Failure: Error { public let code: Int32 }

  private let descriptor: Int32

  public init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 90, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(code: errno) }
  }

  deinit { close(descriptor) }

  /// Ends both directions at once.
  public func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  public func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure(code: errno) }
      rest = rest.dropFirst(count)
    }
  }

  /// What is there, at most 64 KiB; empty at the end.
  public func read() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65536)
    var count = recv(descriptor, &buffer, buffer.count, 0)
    // With a limit set, a process that was stopped and goes on is told so here.
    while count < 0, errno == EINTR { count = recv(descriptor, &buffer, buffer.count, 0) }
    guard count >= 0 else { throw Failure(code: errno) }
    return Array(buffer.prefix(count))
  }

  public func read(until mark: String) throws -> String {
    var text = ""
    while !text.contains(mark) {
      let bytes = try read()
      if bytes.isEmpty { break }
      text += String(decoding: bytes, as: UTF8.self)
    }
    return text
  }

  /// `read(until:)` for who may not block.
  public func text(until mark: String) async throws -> String {
    let socket = Unchecked(self)
    return try await onOwnThread { try socket.value.read(until: mark) }
  }

  public func readAll() throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let bytes = try read()
      if bytes.isEmpty { return all }
      all += bytes
    }
  }
}
