import NIOCore
import Synchronization

/// Sends one answer from the task that made it.
struct HTTP1Writer: Sendable {
  let connection: HTTP1Connection
  private let eventLoop: any EventLoop

  init(_ connection: HTTP1Connection) {
    self.connection = connection
    eventLoop = connection.eventLoop
  }

  func send(_ response: Response) async {
    do {
      switch response.body {
      case .empty: try await whole(response, [])
      case .bytes(let bytes): try await whole(response, bytes)
      case .stream(let length, let produce): try await stream(response, length, produce)
      case .push(let accept): try await push(response, accept)
      }
    } catch {
      eventLoop.execute { connection.abandon() }
    }
  }

  private func whole(_ response: Response, _ bytes: [UInt8]) async throws {
    let promise = eventLoop.makePromise(of: Void.self)
    eventLoop.execute {
      guard
        let begun = connection.begin(response, length: bytes.count, with: bytes, promise: promise)
      else { return }
      // The next request waits until this answer has left: a peer that does not read gets no second one.
      promise.futureResult.whenSuccess { connection.end(begun, isWhole: true) }
    }
    try await promise.futureResult.get()
  }

  private func stream(
    _ response: Response, _ length: Int?,
    _ produce: @Sendable (any BodyWriter) async throws -> Void
  ) async throws {
    let promise = eventLoop.makePromise(of: Void.self)
    let begun = try await eventLoop.submit {
      connection.begin(response, length: length, with: [], promise: promise)
    }.get()
    guard let begun else { return }
    try await promise.futureResult.get()
    let sink = HTTP1BodyWriter(
      connection: connection, eventLoop: eventLoop, begun: begun, length: length)
    var isWhole = true
    if begun.hasBody {
      do {
        try await produce(sink)
        isWhole = sink.isComplete
      } catch { isWhole = false }
    }
    let ended = isWhole
    try await eventLoop.submit { connection.end(begun, isWhole: ended) }.get()
  }
}

extension HTTP1Writer {
  /// Returns when the head was sent: nothing waits for the rest.
  private func push(
    _ response: Response, _ accept: @escaping @Sendable (any LivePush) -> Void
  ) async throws {
    let promise = connection.eventLoop.makePromise(of: Void.self)
    connection.eventLoop.execute {
      guard let begun = connection.begin(response, length: nil, with: [], promise: promise) else {
        return
      }
      guard begun.hasBody else { return connection.end(begun, isWhole: true) }
      let push = HTTP1Push(connection, begun)
      connection.push(push)
      accept(push)
    }
    try await promise.futureResult.get()
  }
}

/// An answer that is written from outside. On the connection's event loop.
final class HTTP1Push: LivePush, @unchecked Sendable {
  let eventLoop: any EventLoop
  private weak var connection: HTTP1Connection?
  private let begun: HTTP1Connection.Begun
  private var onClose: (@Sendable () -> Void)?

  init(_ connection: HTTP1Connection, _ begun: HTTP1Connection.Begun) {
    eventLoop = connection.eventLoop
    self.connection = connection
    self.begun = begun
  }

  func write(_ frame: LiveFrame) -> Bool {
    guard let connection else { return false }
    return connection.write(begun.isChunked ? frame.chunk : frame.bytes)
  }

  func finish() {
    onClose = nil
    connection?.finish(self, begun)
    connection = nil
  }

  func onClose(_ body: @escaping @Sendable () -> Void) {
    if connection == nil { body() } else { onClose = body }
  }

  /// The connection has ended.
  func closed() {
    connection = nil
    let body = onClose
    onClose = nil
    body?()
  }
}

private final class HTTP1BodyWriter: BodyWriter {
  private let connection: HTTP1Connection
  private let eventLoop: any EventLoop
  private let begun: HTTP1Connection.Begun
  private let length: Int?
  private let written = Atomic(0)

  init(
    connection: HTTP1Connection, eventLoop: any EventLoop, begun: HTTP1Connection.Begun,
    length: Int?
  ) {
    self.connection = connection
    self.eventLoop = eventLoop
    self.begun = begun
    self.length = length
  }

  /// As many bytes as were promised.
  var isComplete: Bool { length.map { $0 == written.load(ordering: .acquiring) } ?? true }

  func write(_ bytes: [UInt8]) async throws {
    let total = written.add(bytes.count, ordering: .acquiringAndReleasing).newValue
    guard length.map({ total <= $0 }) ?? true else {
      throw ChannelError.inappropriateOperationForState
    }
    try Task.checkCancellation()
    let promise = eventLoop.makePromise(of: Void.self)
    eventLoop.execute { self.connection.write(bytes, self.begun, promise: promise) }
    try await promise.futureResult.get()
  }
}
