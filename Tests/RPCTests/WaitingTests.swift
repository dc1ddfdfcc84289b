import PorticoAPI
import Testing

@testable import RPC

/// Parts of a streaming call that run in child tasks, as people write them with task groups.
@Suite struct WaitingTests {
  /// Answers each message, once it has been told to begin.
  private struct Partner: StreamsService {
    /// A reader of requests that was cancelled in the handler saw this.
    let stoppedReading = Signal()

    func unary(_ request: Node, _ call: Call) async throws -> Node { request }
    func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {}

    /// Reads in a child task that another one cancels.
    func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node {
      let reader = Task {
        await status { for try await _ in requests {} }
      }
      await Task.yield()
      reader.cancel()
      let seen = await reader.value
      stoppedReading.set()
      return Node(text: seen.code.name)
    }

    func chat(
      _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
    ) async throws {
      for try await request in requests { try await responses.write(request) }
    }
  }

  @Test("R-062 a cancelled reader stops waiting, and the call goes on", .timeLimit(.minutes(1)))
  func clientReader() async throws {
    try await withLoopback(Partner()) { channel, _ in
      try await StreamsClient(channel).chat { requests, responses in
        let reader = Task {
          await status { for try await _ in responses {} }
        }
        await Task.yield()
        reader.cancel()
        let seen = await reader.value
        #expect(seen.code == .cancelled)

        try await requests.write(Node(text: "still here"))
        var rest = responses.makeAsyncIterator()
        let answer = try await rest.next()
        #expect(answer?.text == "still here")
      }
    }
  }

  @Test("R-062 a cancelled writer stops waiting for the window", .timeLimit(.minutes(1)))
  func clientWriter() async throws {
    try await withLoopback(Partner()) { channel, _ in
      try await StreamsClient(channel).chat { requests, _ in
        let message = Node(text: String(repeating: "x", count: 60_000))
        let writer = Task {
          // Nobody takes the answers, so the server stops reading and the window stays shut.
          await status { while true { try await requests.write(message) } }
        }
        await Task.yield()
        writer.cancel()
        let seen = await writer.value
        #expect(seen.code == .cancelled)
      }
    }
  }

  @Test("R-019 a cancelled reader in a handler stops waiting", .timeLimit(.minutes(1)))
  func handlerReader() async throws {
    let service = Partner()
    try await withLoopback(service) { channel, _ in
      let answer = try await StreamsClient(channel).collect { _ in
        // The requests stay open until the handler has given up on them.
        await service.stoppedReading.wait()
      }
      #expect(answer.text == "CANCELLED")
    }
  }
}
