import Foundation
import Threads

/// Lines of standard input, read as they are wanted. A wait for the next one ends when its task is cancelled.
struct StandardInput {
  /// The longest line, bytes.
  static let longestLine = 64 << 20

  private let thread = WorkerPool(name: "stdin", threads: 1, queueLimit: 1)
  private var buffer: [UInt8] = []
  private var searched = 0
  private var isAtEnd = false

  /// The next line that is not blank; nil at the end.
  mutating func next() async throws -> [UInt8]? {
    while let line = try await nextLine() {
      if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return line }
    }
    return nil
  }

  /// Everything up to the end.
  mutating func rest() async throws -> [UInt8] {
    while !isAtEnd { try await fill() }
    defer { (buffer, searched) = ([], 0) }
    return buffer
  }

  private mutating func nextLine() async throws -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        let line = Array(buffer[..<end])
        buffer.removeFirst(end + 1)
        searched = 0
        return line
      }
      searched = buffer.count
      guard !isAtEnd else {
        guard !buffer.isEmpty else { return nil }
        defer { (buffer, searched) = ([], 0) }
        return buffer
      }
      try await fill()
    }
  }

  private mutating func fill() async throws {
    guard buffer.count <= Self.longestLine else { throw InputError.tooLong }
    var bytes: [UInt8]?
    repeat {
      try Task.checkCancellation()
      bytes = try await thread.run { try Self.available() }
    } while bytes == nil
    guard let bytes, !bytes.isEmpty else {
      isAtEnd = true
      return
    }
    buffer += bytes
  }

  /// What there is; nothing at the end, nil when there was none for a moment.
  private static func available() throws -> [UInt8]? {
    var descriptor = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    let ready = poll(&descriptor, 1, 100)
    if ready == 0 || (ready < 0 && errno == EINTR) { return nil }
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { space, used in
      count = read(0, space.baseAddress, space.count)
      used = max(0, count)
    }
    guard count >= 0 else { throw InputError.unreadable(errno) }
    return bytes
  }
}

enum InputError: Error, CustomStringConvertible {
  case tooLong
  case unreadable(Int32)

  var description: String {
    switch self {
    case .tooLong: "a line of standard input is over \(StandardInput.longestLine) bytes"
    case .unreadable(let code): "standard input cannot be read: \(String(cString: strerror(code)))"
    }
  }
}
