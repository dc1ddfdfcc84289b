import CPostgres
import Foundation
import Store
import Synchronization
import Values

/// Tells the other processes on the same database whose event logs have grown, by NOTIFY, and hears them, by LISTEN; on
/// a connection and a thread of its own.
///
/// The notification is not part of the transaction that appended the event: PostgreSQL lets one transaction with a NOTIFY
/// commit at a time, and the disk would then be waited for one commit after the other. It follows right after, those of
/// many commits together, without waiting for the disk. One that is lost, because a process dies in between, is made up
/// for by those who look now and then. Behind a pooler it is told but not heard.
final class PostgresNotifier: Sendable {
  private struct State {
    var tenants: Set<TenantID> = []
    var isClosed = false
    var onEnd: CheckedContinuation<Void, Never>?
    var hasEnded = false
  }

  private let address: ConnectionAddress
  private let bell: EventBell
  private let wake: WakePipe
  private let state = Mutex(State())

  init(_ address: ConnectionAddress, bell: EventBell) throws(StoreError) {
    self.address = address
    self.bell = bell
    wake = try WakePipe()
    let thread = Thread { [self] in run() }
    thread.name = "postgres-notify"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Returns at once.
  func tell(_ tenants: Set<TenantID>) {
    let isFirst = state.withLock { state in
      defer { state.tenants.formUnion(tenants) }
      return state.tenants.isEmpty
    }
    if isFirst { wake.signal() }
  }

  func close() async {
    await withCheckedContinuation { done in
      let hasEnded = state.withLock { state in
        state.isClosed = true
        if !state.hasEnded { state.onEnd = done }
        return state.hasEnded
      }
      if hasEnded { return done.resume() }
      wake.signal()
    }
  }

  private var isClosed: Bool { state.withLock { $0.isClosed } }

  private func takeTenants() -> Set<TenantID> {
    state.withLock { state in
      defer { state.tenants = [] }
      return state.tenants
    }
  }

  private func run() {
    var pause = Duration.milliseconds(50)
    while !isClosed {
      do throws(StoreError) {
        let line = try NotificationLine(address)
        bell.setHearsOthers(line.listens)
        pause = .milliseconds(50)
        while !isClosed { try turn(line) }
      } catch {
        bell.setHearsOthers(false)
        // What was to be told is found by looking.
        _ = takeTenants()
        wake.wait(or: nil, for: pause)
        pause = min(pause * 2, .seconds(2))
      }
    }
    bell.setHearsOthers(false)
    let done = state.withLock { state in
      state.hasEnded = true
      return state.onEnd
    }
    done?.resume()
  }

  /// Waits for something to tell or to hear.
  private func turn(_ line: NotificationLine) throws(StoreError) {
    wake.wait(or: line.socket, for: .seconds(30))
    let tenants = takeTenants()
    if !tenants.isEmpty { try line.tell(tenants) }
    bell.ring(try line.hear())
  }
}

/// A pipe by which a thread that waits for a socket is woken.
private final class WakePipe: Sendable {
  private let reader: Int32
  private let writer: Int32

  init() throws(StoreError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .unavailable("no more files can be opened") }
    (reader, writer) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    close(reader)
    close(writer)
  }

  func signal() {
    // A full pipe wakes as well.
    var byte: UInt8 = 0
    _ = write(writer, &byte, 1)
  }

  /// Until `signal`, or until the socket has something to read, or until the time is over.
  func wait(or socket: Int32?, for time: Duration) {
    var descriptors = [pollfd(fd: reader, events: Int16(POLLIN), revents: 0)]
    if let socket { descriptors.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0)) }
    _ = poll(&descriptors, nfds_t(descriptors.count), Int32(clamping: time.wholeMilliseconds))
    var buffer = [UInt8](repeating: 0, count: 64)
    while read(reader, &buffer, buffer.count) > 0 {}
  }
}
