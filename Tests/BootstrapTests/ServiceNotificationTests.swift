import Foundation
import Logging
import Testing

@testable import Bootstrap

/// A datagram socket as systemd's, and what came.
private final class Listener: Sendable {
  let path = "/tmp/pn-\(UUID().uuidString.prefix(8))"
  private let handle: Int32

  init() throws {
    handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(handle, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
  }

  func next() -> String {
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = recv(handle, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  deinit {
    close(handle)
    unlink(path)
  }
}

@Suite("systemd hears how a process is", .timeLimit(.minutes(1)))
struct ServiceNotificationTests {
  private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test("ready, alive, ending")
  func states() async throws {
    let listener = try Listener()
    let notification = try #require(
      ServiceNotification(environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "2000"]))
    try notification.ready()
    #expect(listener.next() == "READY=1")
    let beating = Task { await notification.keepAlive(silent) }
    for _ in 0..<3 { #expect(listener.next() == "WATCHDOG=1") }
    beating.cancel()
    await beating.value
    try notification.stopping()
    var last = listener.next()
    while last == "WATCHDOG=1" { last = listener.next() }
    #expect(last == "STOPPING=1")
  }

  @Test("nobody who asks is nobody to tell; a watchdog of another process is not ours")
  func absent() throws {
    #expect(ServiceNotification(environment: [:]) == nil)
    #expect(ServiceNotification(environment: ["NOTIFY_SOCKET": ""]) == nil)
    #expect(ServiceNotification(environment: ["NOTIFY_SOCKET": "vsock:1"]) == nil)
    let other = ServiceNotification(
      environment: ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1"])
    #expect(other?.beat == nil)
    #expect(throws: (any Error).self) {
      try ServiceNotification(environment: ["NOTIFY_SOCKET": "/tmp/nobody-listens"])?.ready()
    }
  }
}
