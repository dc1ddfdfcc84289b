import HTTP2
import Logging
import NIOCore

/// One connection of a server: turns accepted streams into calls. Confined to the connection's event loop.
final class ServerConnection: HTTP2ConnectionDelegate {
  let core: ServerCore
  let handlers: HandlerTasks
  /// Handlers that run, whether or not HTTP/2 still knows their streams.
  @exclusivity(unchecked) private var runningHandlers = 0
  @exclusivity(unchecked) private var peer: Peer?
  @exclusivity(unchecked) private var recorder: CallRecorder?
  @exclusivity(unchecked) private var deadlineQueue: DeadlineQueue<ServerStream>?

  init(core: ServerCore, handlers: HandlerTasks) {
    self.core = core
    self.handlers = handlers
    handlers.join()
  }

  func connection(
    _ connection: HTTP2Connection, accepted stream: HTTP2Stream, headers: HeaderFields
  ) {
    let peer = peer(of: connection)
    let head = RequestHead(headers)
    guard let method = head.method, headers.value(at: method, is: "POST") else {
      return stream.respond(HeaderFields([":status": "405", "allow": "POST"]), endStream: true)
    }
    guard let type = head.contentType, headers.withValue(at: type, Self.isGRPC) else {
      return stream.respond(HeaderFields([":status": "415"]), endStream: true)
    }
    let recorder = recorder(of: connection)
    guard let path = head.path,
      let route = headers.withValue(at: path, core.router.route)
    else {
      recorder.unknown.began()
      return refuse(stream, core.router.missing(headers[":path"] ?? ""), recorder.unknown)
    }
    let counters = recorder.counters(of: route)
    counters.began()
    do {
      let encoding = try Self.encoding(head, headers)
      let call = try makeCall(route, head, headers, peer: peer)
      stream.delegate = ServerStream(
        call: call, stream: stream, connection: self, encoding: encoding, counters: counters)
    } catch {
      refuse(stream, error, counters)
    }
  }

  private func refuse(_ stream: HTTP2Stream, _ status: Status, _ counters: MethodCounters) {
    counters.ended(status.code, nanoseconds: 0)
    stream.respond(status.trailersOnly, endStream: true)
  }

  private func recorder(of connection: HTTP2Connection) -> CallRecorder {
    if let recorder { return recorder }
    let recorder = core.metrics.recorder(on: connection.eventLoop)
    self.recorder = recorder
    return recorder
  }

  /// Takes a place among the running handlers of the connection, of the client and of the process; false when there is
  /// none.
  func beginHandler() -> Bool {
    guard runningHandlers < core.configuration.handlersPerConnection, core.beginHandler() else {
      return false
    }
    if let bound = core.peerHandlers, let peer, !bound.begin(peer.client) {
      core.endHandler()
      return false
    }
    runningHandlers += 1
    return true
  }

  func endHandler() {
    runningHandlers -= 1
    if let bound = core.peerHandlers, let peer { bound.end(peer.client) }
    core.endHandler()
  }

  /// The deadlines of this connection's calls.
  func deadlines(_ eventLoop: any EventLoop) -> DeadlineQueue<ServerStream> {
    if let deadlineQueue { return deadlineQueue }
    let queue = DeadlineQueue<ServerStream>(eventLoop)
    deadlineQueue = queue
    return queue
  }

  private func peer(of connection: HTTP2Connection) -> Peer {
    if let peer { return peer }
    let peer = Peer(address: connection.peerAddress, certificateNames: connection.peerNames)
    self.peer = peer
    return peer
  }

  private func makeCall(
    _ route: Route, _ head: RequestHead, _ headers: HeaderFields, peer: Peer
  ) throws(Status) -> Call {
    let now = NIODeadline.now().uptimeNanoseconds
    try peer.check(route.requiredNames)
    var deadline: Deadline?
    if let index = head.timeout {
      guard let timeout = headers.withValue(at: index, { Timeout.nanoseconds($0) }) else {
        throw Status(.internal, "grpc-timeout is malformed")
      }
      deadline = .after(nanoseconds: timeout, from: now)
      guard timeout > 0 else { throw Status(.deadlineExceeded, "the deadline has passed") }
    }
    return Call(
      route: route, metadata: Metadata(received: headers), peer: peer,
      deadline: deadline, clock: core.clock, startedAt: now,
      compressesResponses: core.configuration.compressesResponses)
  }

  /// The request's `grpc-encoding`; UNIMPLEMENTED when it is not ours.
  private static func encoding(
    _ head: RequestHead, _ headers: HeaderFields
  ) throws(Status) -> Compression {
    guard let index = head.encoding else { return .identity }
    guard let encoding = headers.withValue(at: index, { Compression(named: $0) }) else {
      throw Status(.unimplemented, "this grpc-encoding is not supported")
    }
    return encoding
  }

  /// `application/grpc`, `application/grpc+proto`, either with parameters.
  private static func isGRPC(_ type: UnsafeRawBufferPointer) -> Bool {
    if type.isSame(as: "application/grpc") { return true }
    var essence = type.prefix { $0 != UInt8(ascii: ";") }
    while let last = essence.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") {
      essence.removeLast()
    }
    return essence.elementsEqual("application/grpc".utf8)
      || essence.elementsEqual("application/grpc+proto".utf8)
  }

  func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) {
    deadlineQueue?.stop()
    handlers.leave()
    if let error { core.logger.debug("connection lost", metadata: ["error": "\(error)"]) }
  }
}

extension Status {
  /// An answer that is only an error: one block.
  var trailersOnly: HeaderFields {
    var fields = HeaderFields([":status": "200", "content-type": "application/grpc"])
    if code == .unimplemented { fields.append("grpc-accept-encoding", Compression.accepted) }
    appendFields(to: &fields)
    return fields
  }
}
