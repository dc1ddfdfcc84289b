import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite struct FlowTests {
  /// Reads when told to, and counts what it wrote.
  private struct Slow: StreamsService {
    let mayRead = Signal()
    let written = Written()

    final class Written: Sendable {
      private let count = Atomic<Int>(0)
      func add() { count.wrappingAdd(1, ordering: .sequentiallyConsistent) }
      var value: Int { count.load(ordering: .sequentiallyConsistent) }
    }

    func unary(_ request: Node, _ call: Call) async throws -> Node { request }

    func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {
      let message = Node(text: String(repeating: "x", count: 60_000))
      for _ in 0..<1000 {
        try await responses.write(message)
        written.add()
      }
    }

    func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node {
      await mayRead.wait()
      var count = 0
      for try await _ in requests { count += 1 }
      return Node(text: "\(count)")
    }

    func chat(
      _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
    ) async throws {}
  }

  @Test("R-024 R-025 a handler that does not read stops the sender within the window")
  func slowHandler() async throws {
    let service = Slow()
    try await withLoopback(service) { channel, _ in
      let sent = Slow.Written()
      let client = StreamsClient(channel)
      let message = Node(text: String(repeating: "x", count: 60_000))
      let call = Task {
        try await client.collect { requests in
          for _ in 0..<100 {
            try await requests.write(message)
            sent.add()
          }
        }
      }
      // The connection serves others meanwhile, as often as it takes for the sender to have come to a stop.
      var last = -1
      while last != sent.value || sent.value == 0 {
        last = sent.value
        for _ in 0..<200 { _ = try await client.unary(Node()) }
      }
      // 256 KiB of window, 64 KiB of write buffer, and a message on each side of either.
      #expect(sent.value <= 10)
      service.mayRead.set()
      #expect(try await call.value.text == "100")
    }
  }

  @Test("R-025 a client that does not read stops the handler; leaving cancels it")
  func slowClient() async throws {
    let service = Slow()
    try await withLoopback(service) { channel, server in
      let client = StreamsClient(channel)
      try await client.serve(Node()) { responses in
        var answers = responses.makeAsyncIterator()
        #expect(try await answers.next() != nil)
        var last = -1
        while last != service.written.value {
          last = service.written.value
          for _ in 0..<200 { _ = try await client.unary(Node()) }
        }
        #expect(service.written.value <= 12)
      }
      while server.runningHandlers > 0 { _ = try await client.unary(Node()) }
      #expect(service.written.value < 1000)
    }
  }

  @Test("V-20 connections cut mid-flight: every handler ends and the server serves on")
  func abruptDisconnects() async throws {
    let server = Server(services: [Slow()])
    let port = try await port(of: server)
    for _ in 0..<5 {
      var clients: [RawClient] = []
      for _ in 0..<10 { clients.append(try await RawClient(port: port)) }
      await withTaskGroup(of: Void.self) { group in
        for client in clients {
          for index in 0..<20 {
            let path = ["Serve", "Collect", "Unary", "Chat"][index % 4]
            group.addTask {
              // How it ends depends on when the connection is cut; that it ends is the point.
              _ = await status {
                _ = try await client.request(
                  RawClient.headers(path: "/portico.testing.v1.Streams/\(path)"),
                  body: index % 3 == 0 ? [0, 0, 0, 0, 0] : [0, 0, 0, 1, 0, 7],
                  finish: index % 2 == 0)
              }
            }
          }
          group.addTask { _ = await status { try await client.close() } }
        }
      }
    }
    let channel = try Channel("127.0.0.1:\(port)")
    #expect(try await StreamsClient(channel).unary(Node(text: "x")).text == "x")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }
}
