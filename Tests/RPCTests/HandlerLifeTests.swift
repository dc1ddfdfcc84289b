import HTTP2
import NIOCore
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

/// When handlers start, and what ends them.
@Suite(.timeLimit(.minutes(2))) struct HandlerLifeTests {
  private static let streams = "/portico.testing.v1.Streams/"

  private func withServer(
    _ service: any RPCService, server configuration: ServerConfiguration = .init(),
    _ body: (Server, Int) async throws -> Void
  ) async throws {
    let server = Server(services: [service], configuration: configuration)
    try await body(server, try await port(of: server))
    while server.runningHandlers > 0 { await Task.yield() }
    await server.shutDown(grace: .zero)
  }

  /// Streams whose handler is a closure.
  private struct Scripted: StreamsService {
    var onUnary: @Sendable (Node, Call) async throws -> Node = { request, _ in request }
    var onServe: @Sendable (Call, ResponseWriter<Node>) async throws -> Void = { _, _ in }
    var onChat: @Sendable (RequestStream<Node>, Call, ResponseWriter<Node>) async throws -> Void = {
      _, _, _ in
    }

    func unary(_ request: Node, _ call: Call) async throws -> Node {
      try await onUnary(request, call)
    }
    func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {
      try await onServe(call, responses)
    }
    func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node { Node() }
    func chat(
      _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
    ) async throws { try await onChat(requests, call, responses) }
  }

  @Test("R-006 R-005 headers are held back: an error after reading is still one block")
  func headersHeldBack() async throws {
    let service = Scripted(onChat: { requests, _, _ in
      for try await _ in requests { throw Status(.aborted, "read one") }
    })
    try await withServer(service) { _, port in
      let raw = try await RawClient(port: port)
      let answer = try await raw.request(
        RawClient.headers(path: Self.streams + "Chat"), body: [0, 0, 0, 0, 0], finish: false)
      #expect(answer.trailers == nil)
      #expect(answer.headers["grpc-status"] == "10")
      try await raw.close()
    }
  }

  @Test("R-006 headers go out before any message when the handler sends them")
  func headersOnRequest() async throws {
    let arrived = Signal()
    let service = Scripted(onChat: { _, call, responses in
      try call.initialMetadata.append("x-early", "1")
      try await responses.sendInitialMetadata()
      await arrived.wait()
    })
    try await withServer(service) { _, port in
      let channel = try Channel("127.0.0.1:\(port)")
      try await StreamsClient(channel).chat { _, responses in
        #expect(try await responses.initialMetadata()["x-early"] == "1")
        arrived.set()
        for try await _ in responses {}
      }
      await channel.shutDown(grace: .zero)
    }
  }

  @Test("R-018 a handler whose deadline passed while it was queued is not started")
  func queued() async throws {
    let started = Mutex<[String]>([])
    let service = Scripted(onUnary: { request, call in
      started.withLock { $0.append(request.text) }
      // Keeps the loop from everything else, timers too.
      let end = Deadline.after(.milliseconds(20))
      while !end.hasPassed {}
      return request
    })
    try await withServer(service) { _, port in
      let raw = try await RawClient(port: port)
      let loop = raw.connection.eventLoop
      // Opened in one turn of the loop, so that they arrive in one read.
      let answers = try await loop.submit {
        try [("A", "1H"), ("B", "1m")].map { text, timeout in
          try raw.open(
            RawClient.headers(["grpc-timeout": timeout]),
            body: GzipBytes.frame([0x12, 1] + text.utf8, flag: 0))
        }
      }.get()
      #expect(try await answers[0].get().grpc == "0")
      #expect(try await answers[1].get().grpc == "4")
      try await raw.close()
    }
    #expect(started.withLock { $0 } == ["A"])
  }

  @Test("R-018 each of many deadlines ends its own call")
  func manyDeadlines() async throws {
    let service = Scripted(onUnary: { request, _ in
      try await Task.sleep(for: .seconds(600))
      return request
    })
    try await withServer(service) { server, port in
      let raw = try await RawClient(port: port)
      @Sendable func ask(_ milliseconds: Int) async throws -> String? {
        try await raw.request(
          RawClient.headers(["grpc-timeout": "\(milliseconds)m"]), body: [0, 0, 0, 0, 0]
        ).grpc
      }
      async let long = ask(3_600_000)
      while server.runningHandlers < 1 { await Task.yield() }
      try await withThrowingTaskGroup(of: String?.self) { group in
        for milliseconds in [40, 10, 80, 30, 30, 120, 20] {
          group.addTask { try await ask(milliseconds) }
        }
        for try await code in group { #expect(code == "4") }
      }
      // Answered before its handler, cancelled, has come to its end.
      while server.runningHandlers > 1 { await Task.yield() }
      #expect(server.runningHandlers == 1)
      try await raw.close()
      // The long one ends with its connection.
      #expect(try await long == nil)
    }
  }

  @Test("R-018 R-025 a deadline ends a call whose client does not read")
  func deadlineOfSlowReader() async throws {
    let service = Scripted(onServe: { _, responses in
      let message = Node(text: String(repeating: "x", count: 60_000))
      while true { try await responses.write(message) }
    })
    try await withServer(service) { _, port in
      let raw = try await RawClient(port: port)
      let answer = try await raw.request(
        RawClient.headers(path: Self.streams + "Serve", ["grpc-timeout": "100m"]),
        body: [0, 0, 0, 0, 0], consumes: false)
      #expect(answer.grpc == "4" || answer.closure == .reset(.cancel))
      try await raw.close()
    }
  }

  private enum End: CaseIterable { case reset, connection, deadline }

  @Test(
    "R-019 reset, lost connection and deadline cancel the handler, and its writes fail at once",
    arguments: [0, 1, 2])
  func cancelled(index: Int) async throws {
    let end = End.allCases[index]
    let started = Signal()
    let heard = Signal()
    let outcome = Mutex<Status?>(nil)
    let service = Scripted(onServe: { call, responses in
      call.onCancel { heard.set() }
      try await responses.write(Node(text: "first"))
      started.set()
      await heard.wait()
      #expect(call.isCancelled)
      #expect(Task.isCancelled)
      let late = await status { try await responses.write(Node(text: "late")) }
      outcome.withLock { $0 = late }
    })
    try await withServer(service) { server, port in
      let raw = try await RawClient(port: port)
      let loop = raw.connection.eventLoop
      // Long enough for the handler to start on a machine that stands still.
      let fields = RawClient.headers(
        path: Self.streams + "Serve", end == .deadline ? ["grpc-timeout": "4S"] : [:])
      let stream = loop.makePromise(of: HTTP2Stream.self)
      let answer = try await loop.submit {
        try raw.open(fields, body: [0, 0, 0, 0, 0], opened: stream)
      }.get()
      let opened = try await stream.futureResult.get()
      await started.wait()
      if end == .reset { loop.execute { opened.reset(.cancel) } }
      if end == .connection { try await raw.close() }
      _ = try await answer.get()
      while server.runningHandlers > 0 { await Task.yield() }
      if end != .connection { try await raw.close() }
    }
    let expected: Status.Code = end == .deadline ? .deadlineExceeded : .cancelled
    #expect(outcome.withLock { $0?.code } == expected)
  }

  @Test("R-019 a callback asked for after the end runs at once")
  func lateCallback() async throws {
    let heard = Signal()
    let service = Scripted(onUnary: { request, call in
      let first = Signal()
      call.onCancel { first.set() }
      await first.wait()
      call.onCancel { heard.set() }
      return request
    })
    try await withServer(service) { _, port in
      let raw = try await RawClient(port: port)
      // Long enough for the handler to start on a machine that stands still.
      let answer = try await raw.request(
        RawClient.headers(["grpc-timeout": "4S"]), body: [0, 0, 0, 0, 0])
      #expect(answer.grpc == "4")
      await heard.wait()
      try await raw.close()
    }
  }

  @Test("R-027 R-215 a handler that runs on after its stream was reset keeps its place")
  func resetKeepsPlace() async throws {
    let started = Signal()
    let release = Signal()
    let service = Scripted(onUnary: { request, _ in
      if request.text == "hold" {
        started.set()
        await release.wait()
      }
      return request
    })
    var configuration = ServerConfiguration()
    configuration.handlersPerConnection = 1
    try await withServer(service, server: configuration) { server, port in
      let raw = try await RawClient(port: port)
      let loop = raw.connection.eventLoop
      let stream = loop.makePromise(of: HTTP2Stream.self)
      let answer = try await loop.submit {
        try raw.open(
          RawClient.headers(), body: GzipBytes.frame([0x12, 4] + "hold".utf8, flag: 0),
          opened: stream)
      }.get()
      await started.wait()
      let opened = try await stream.futureResult.get()
      loop.execute { opened.reset(.cancel) }
      #expect(try await answer.get().closure == .reset(.cancel))
      let refused = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
      #expect(refused.grpc == "8")
      release.set()
      while server.runningHandlers > 0 { await Task.yield() }
      let served = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
      #expect(served.grpc == "0")
      try await raw.close()
    }
  }

  @Test("R-215 a client has one bound for all of its connections, and others have theirs")
  func perClient() async throws {
    let release = Signal()
    let service = Scripted(onUnary: { request, _ in
      await release.wait()
      return request
    })
    var configuration = ServerConfiguration()
    configuration.handlersPerClient = 2
    try await withServer(service, server: configuration) { server, port in
      var clients: [RawClient] = []
      for _ in 0..<3 { clients.append(try await RawClient(port: port)) }
      var answers: [EventLoopFuture<RawAnswer>] = []
      for raw in clients {
        answers.append(
          try await raw.connection.eventLoop.submit {
            try raw.open(RawClient.headers(), body: [0, 0, 0, 0, 0])
          }.get())
        while server.runningHandlers < min(2, answers.count) { await Task.yield() }
      }
      #expect(try await answers[2].get().grpc == "8")
      release.set()
      for answer in answers.prefix(2) { #expect(try await answer.get().grpc == "0") }
      let after = try await clients[2].request(RawClient.headers(), body: [0, 0, 0, 0, 0])
      #expect(after.grpc == "0")
      for raw in clients { try await raw.close() }
    }
  }

  @Test("R-215 clients are told apart by certificate, else by address without port")
  func clients() {
    #expect(Peer(address: "10.0.0.1:50000").client == "10.0.0.1")
    #expect(Peer(address: "[2001:db8:0:12:3::4]:50000").client == "2001:db8:0:12::/64")
    #expect(Peer(address: "[2001:db8:0:12::9]:1").client == "2001:db8:0:12::/64")
    #expect(Peer(address: "[2001:db8:0:13::9]:1").client == "2001:db8:0:13::/64")
    #expect(Peer(address: "[::ffff:10.0.0.1]:1").client == "10.0.0.1")
    #expect(Peer(address: "[fe80::1%eth0]:1").client == "fe80:0:0:0::/64")
    #expect(Peer(address: "unix:/run/a:b").client == "unix:/run/a:b")
    #expect(Peer(address: "10.0.0.1:1", certificateNames: ["a", "b"]).client == "a b")
    let handlers = PeerHandlers(limit: 1)
    #expect(handlers.begin("a") && handlers.begin("b") && !handlers.begin("a"))
    handlers.end("a")
    #expect(handlers.count == 1)
    #expect(handlers.begin("a"))
  }

  @Test("R-019 a handler that cancels its own task cancels no call but its own")
  func ownCancellation() async throws {
    let seen = Mutex<[Bool]>([])
    let service = Scripted(onUnary: { request, _ in
      seen.withLock { $0.append(Task.isCancelled) }
      withUnsafeCurrentTask { $0?.cancel() }
      return request
    })
    try await withServer(service) { _, port in
      let raw = try await RawClient(port: port)
      for _ in 0..<3 {
        let answer = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
        #expect(answer.grpc == "0")
      }
      try await raw.close()
    }
    #expect(seen.withLock { $0 } == [false, false, false])
  }

  @Test("R-027 the bounds hold for calls that come in one read", arguments: [true, false])
  func boundAtOnce(ofConnection: Bool) async throws {
    let release = Signal()
    let service = Scripted(onUnary: { request, _ in
      await release.wait()
      return request
    })
    var configuration = ServerConfiguration()
    if ofConnection {
      configuration.handlersPerConnection = 3
    } else {
      configuration.handlersInAll = 3
    }
    try await withServer(service, server: configuration) { server, port in
      let raw = try await RawClient(port: port)
      let answers = try await raw.connection.eventLoop.submit {
        try (0..<10).map { _ in try raw.open(RawClient.headers(), body: [0, 0, 0, 0, 0]) }
      }.get()
      for answer in answers.dropFirst(3) { #expect(try await answer.get().grpc == "8") }
      #expect(server.runningHandlers == 3)
      release.set()
      for answer in answers.prefix(3) { #expect(try await answer.get().grpc == "0") }
      try await raw.close()
    }
  }
}
