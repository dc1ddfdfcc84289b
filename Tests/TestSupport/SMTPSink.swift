import Foundation
import Synchronization

/// A mail server of one conversation at a time on a loopback port: what it was told is what a test looks at.
public final class SMTPSink: Sendable {
  public struct Received: Sendable {
    public var hello = ""
    public var sender = ""
    public var recipients: [String] = []
    public var content = ""
  }

  public let port: Int
  private let socket: Int32
  private let kept = Mutex<[Received]>([])

  public var received: [Received] { kept.withLock { $0 } }

  /// - Parameter refusals: an answer to give instead of `250` to lines that begin with the key.
  public init(refusing refusals: [String: String] = [:]) throws {
    let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw Failed() }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port: Int? = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(socket, address, length) == 0, listen(socket, 8) == 0,
          getsockname(socket, address, &length) == 0
        else { return nil }
        return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          Int(UInt16(bigEndian: $0.pointee.sin_port))
        }
      }
    }
    guard let port else { throw Failed() }
    self.socket = socket
    self.port = port
    Thread { [self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        converse(connection, refusals)
        close(connection)
      }
    }.start()
  }

  public func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

  public struct Failed: Error {}

  private func converse(_ connection: Int32, _ refusals: [String: String]) {
    var mail = Received()
    var reader = LineReader(connection)
    say("220 sink", connection)
    while let line = reader.next() {
      if let refusal = refusals.first(where: { line.hasPrefix($0.key) }) {
        say(refusal.value, connection)
        continue
      }
      switch line.prefix(4) {
      case "EHLO":
        mail.hello = String(line.dropFirst(5))
        say("250 sink", connection)
      case "MAIL": mail.sender = line
      case "RCPT": mail.recipients.append(line)
      case "DATA":
        say("354 go on", connection)
        while let text = reader.next(), text != "." {
          mail.content += (text.hasPrefix(".") ? String(text.dropFirst()) : text) + "\r\n"
        }
        kept.withLock { $0.append(mail) }
      case "QUIT": return say("221 bye", connection)
      default: break
      }
      if line.prefix(4) != "EHLO" { say("250 ok", connection) }
    }
  }

  private func say(_ line: String, _ connection: Int32) {
    let bytes = Array((line + "\r\n").utf8)
    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}

/// Lines that end in CRLF, from a socket.
private struct LineReader {
  private let connection: Int32
  private var buffer: [UInt8] = []

  init(_ connection: Int32) { self.connection = connection }

  mutating func next() -> String? {
    while true {
      if let end = buffer.indices.dropLast().first(where: {
        buffer[$0] == 13 && buffer[$0 + 1] == 10
      }) {
        defer { buffer.removeSubrange(...(end + 1)) }
        return String(decoding: buffer[..<end], as: UTF8.self)
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      buffer += chunk[..<count]
    }
  }
}
