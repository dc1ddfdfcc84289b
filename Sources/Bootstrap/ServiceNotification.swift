import Foundation
import Logging

/// Tells systemd how the process is (`Type=notify`), where systemd asks: ready, ending, and alive while its event loops and
/// tasks still run. Elsewhere it does nothing.
struct ServiceNotification: Sendable {
  private let socket: String
  /// Half of the time after which systemd takes a silent process for stuck; nil without a watchdog.
  let beat: Duration?

  /// Nil unless `NOTIFY_SOCKET` names one.
  init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
    guard let socket = environment["NOTIFY_SOCKET"], let first = socket.first,
      first == "/" || first == "@"
    else { return nil }
    self.socket = socket
    let isMeant =
      environment["WATCHDOG_PID"].map { $0 == "\(ProcessInfo.processInfo.processIdentifier)" }
      ?? true
    let time = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
    beat = isMeant ? time.flatMap { $0 > 1 ? .microseconds($0 / 2) : nil } : nil
  }

  func ready() throws { try send("READY=1") }
  func stopping() throws { try send("STOPPING=1") }

  /// Until the task is cancelled.
  func keepAlive(_ logger: Logger) async {
    guard let beat else { return }
    while !Task.isCancelled {
      do {
        try send("WATCHDOG=1")
        try await Task.sleep(for: beat)
      } catch is CancellationError {
        return
      } catch {
        // The next beat may get through; if none does, systemd restarts the process.
        logger.warning("systemd does not hear of us", metadata: ["reason": "\(error)"])
        do { try await Task.sleep(for: beat) } catch { return }
      }
    }
  }

  private func send(_ state: String) throws {
    let handle = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard handle >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    defer { close(handle) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // A leading @ stands for the NUL of an abstract name.
    let path = Array(socket.hasPrefix("@") ? "\0\(socket.dropFirst())" : socket).flatMap {
      Array($0.utf8)
    }
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count < room else { throw POSIXError(.ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    let bytes = Array(state.utf8)
    let sent = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(handle, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
    guard sent == bytes.count else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }
}
