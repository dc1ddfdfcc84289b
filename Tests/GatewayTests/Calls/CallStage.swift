import PorticoAPI
import Protobuf
import RPC
import Synchronization
import TestSupport
import WellKnown

@testable import Gateway

/// Events as a test wants them: the request's resource says how the stream goes.
final class TestEvents: TicketingEventsService {
  private let seen = Mutex<(cancelled: Int, deadlines: [Duration], traces: [String])>((0, [], []))
  let written = Atomic(0)

  /// Streams whose client went away.
  var cancelled: Int { seen.withLock { $0.cancelled } }
  /// Time that each call had left when it came.
  var deadlines: [Duration] { seen.withLock { $0.deadlines } }
  /// What came as metadata and was not put there by the gateway itself.
  var foreignMetadata: [String] { seen.withLock { $0.traces } }

  func watchEvents(
    _ request: Events.WatchEventsRequest, _ call: Call, _ responses: ResponseWriter<Events.Event>
  ) async throws {
    seen.withLock { seen in
      if let deadline = call.deadline { seen.deadlines.append(deadline.remaining) }
      seen.traces += call.metadata.entries.map(\.key).filter { !$0.hasPrefix("portico-") }
    }
    switch request.resource {
    case "none": return
    case "refused": throw try Self.failure
    case "broken":
      try await responses.write(.init(cursor: "1"))
      throw try Self.failure
    case "leaky":
      try await responses.write(.init(cursor: "1"))
      throw Status(.internal, "SELECT secret")
    case "endless": try await endless(responses)
    case "silent":
      try await responses.sendInitialMetadata()
      try await waitForEnd()
    default:
      for index in 1...3 {
        try await responses.write(.init(cursor: "\(index)", type: "ticket.updated"))
      }
    }
  }

  private static var failure: Status {
    get throws {
      Status(
        .failedPrecondition, "später nochmal",
        details: [
          .init(
            typeName: "google.rpc.ErrorInfo",
            value: try GoogleRpc.ErrorInfo(reason: "CLOSED", domain: "portico").serialized())
        ])
    }
  }

  private func endless(_ responses: ResponseWriter<Events.Event>) async throws {
    do {
      let event = Events.Event(cursor: String(repeating: "x", count: 60_000))
      while true {
        try await responses.write(event)
        written.add(1, ordering: .relaxed)
      }
    } catch {
      seen.withLock { $0.cancelled += 1 }
      throw error
    }
  }

  private func waitForEnd() async throws {
    do { try await Task.sleep(for: .seconds(600)) } catch {
      seen.withLock { $0.cancelled += 1 }
      throw error
    }
  }
}

/// An HTTP/1.1 answer as bytes.
struct BinaryAnswer {
  let head: Answer
  let body: [UInt8]
  var status: Int { head.status }
  subscript(name: String) -> String? { head[name] }

  struct Frame: Equatable {
    let flags: UInt8
    let bytes: [UInt8]
    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  init(_ bytes: [UInt8]) {
    let end = Self.index(of: Array("\r\n\r\n".utf8), in: bytes) ?? bytes.count
    head = Answer(String(decoding: bytes[..<end], as: UTF8.self) + "\r\n\r\n")
    let rest = Array(bytes[min(end + 4, bytes.count)...])
    body = head["transfer-encoding"] == "chunked" ? Self.dechunked(rest) : rest
  }

  /// The envelopes of the body; a rest that is none counts as one with flags 255.
  var frames: [Frame] { Self.frames(body) }

  static func frames(_ body: [UInt8]) -> [Frame] {
    var rest = body[...]
    var found: [Frame] = []
    while !rest.isEmpty {
      let prefix = Array(rest.prefix(5))
      guard prefix.count == 5 else { return found + [Frame(flags: 255, bytes: prefix)] }
      let count = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(5)
      guard rest.count >= count else { return found + [Frame(flags: 255, bytes: Array(rest))] }
      found.append(Frame(flags: prefix[0], bytes: Array(rest.prefix(count))))
      rest = rest.dropFirst(count)
    }
    return found
  }

  private static func dechunked(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var rest = bytes[...]
    while let end = index(of: [13, 10], in: Array(rest)) {
      let size = Int(String(decoding: rest.prefix(end), as: UTF8.self), radix: 16) ?? 0
      rest = rest.dropFirst(end + 2)
      out += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
      if size == 0 { break }
    }
    return out
  }

  private static func index(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= mark.count else { return nil }
    return (0...(bytes.count - mark.count)).first { Array(bytes[$0..<($0 + mark.count)]) == mark }
  }
}

extension EdgeStage {
  static let watch = "/portico.ticketing.v1.TicketingEvents/WatchEvents"
  static let portal = "/portico.identity.v1.Portals/GetPortal"

  /// A stage with events, and the headers of somebody who is signed in.
  static func runCalls(
    limits: EdgeLimits = .testing,
    _ body: (EdgeStage, TestEvents, [String: String]) async throws -> Void
  ) async throws {
    let events = TestEvents()
    try await run(limits: limits, serving: ["ticketing": [events]]) { stage in
      let cookie = "portico=\(stage.identity.open())"
      try await body(stage, events, ["Cookie": cookie, "Sec-Fetch-Site": "same-origin"])
    }
  }

  /// A request of bytes, and the answer up to the end of the connection.
  func call(
    _ path: String, _ headers: [String: String], body: [UInt8] = []
  ) async throws -> BinaryAnswer {
    try await call("POST", path, headers, body: body)
  }

  func call(
    _ method: String, _ path: String, _ headers: [String: String], body: [UInt8] = []
  ) async throws -> BinaryAnswer {
    let bytes = request(method, path, headers, body: body)
    let port = port
    return try await onOwnThread {
      let socket = try RawSocket(port: port)
      try socket.send(bytes)
      return BinaryAnswer(try socket.readAll())
    }
  }

  func request(
    _ method: String, _ path: String, _ headers: [String: String], body: [UInt8]
  ) -> [UInt8] {
    var text = "\(method) \(path) HTTP/1.1\r\nHost: \(Self.host)\r\nConnection: close\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if method == "POST" { text += "Content-Length: \(body.count)\r\n" }
    return Array((text + "\r\n").utf8) + body
  }
}
