import PorticoAPI
import RPC
import Testing

@Suite struct CallKindTests {
  @Test("R-004 a unary call answers with the message")
  func unary() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      let client = StreamsClient(channel)
      for index in 0..<100 {
        let answer = try await client.unary(Node(text: "hello \(index)"))
        #expect(answer.text == "hello \(index)")
      }
    }
  }

  @Test("R-009 a message larger than every window and frame arrives whole, both ways")
  func large() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      let text = String(repeating: "portico ", count: 400_000)
      let answer = try await StreamsClient(channel).unary(Node(text: text))
      #expect(answer.text == text)
    }
  }

  @Test("a server stream delivers every message in order and then ends")
  func serverStreaming() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      let request = Node(children: (0..<200).map { Node(text: "message number \($0)") })
      let texts = try await StreamsClient(channel).serve(request) { responses in
        var texts: [String] = []
        for try await response in responses { texts.append(response.text) }
        return texts
      }
      #expect(texts == (0..<200).map { "message number \($0)" })
    }
  }

  @Test("a status after messages reaches the reader after the messages")
  func statusAfterMessages() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      let request = Node(text: EchoStreams.fails, children: [Node(text: "a"), Node(text: "b")])
      var seen = 0
      let status = await status {
        try await StreamsClient(channel).serve(request) { responses in
          for try await _ in responses { seen += 1 }
        }
      }
      #expect(seen == 2)
      #expect(status.code == .aborted)
      #expect(status.message == "after 2")
    }
  }

  @Test("a client stream is read to its end and answered once")
  func clientStreaming() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      let answer = try await StreamsClient(channel).collect { requests in
        for index in 0..<200 { try await requests.write(Node(text: "message number \(index)")) }
      }
      #expect(answer.children.map(\.text) == (0..<200).map { "message number \($0)" })
    }
  }

  @Test("a bidirectional call is a conversation: each answer before the next question")
  func bidirectional() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      try await StreamsClient(channel).chat { requests, responses in
        var answers = responses.makeAsyncIterator()
        for index in 0..<200 {
          try await requests.write(Node(text: "\(index)"))
          #expect(try await answers.next()?.text == "\(index)")
        }
        try await requests.finish()
        #expect(try await answers.next() == nil)
      }
    }
  }

  @Test("R-041 the same over a Unix socket")
  func unixSocket() async throws {
    let path = "/tmp/portico-rpc-\(RequestID.make()).sock"
    let server = Server(services: [EchoStreams()])
    try await server.listen(Listener(.unix(path: path)))
    let channel = try Channel("unix:\(path)")
    #expect(try await StreamsClient(channel).unary(Node(text: "x")).text == "x")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }

  @Test("many calls at once on one connection")
  func concurrent() async throws {
    try await withLoopback(EchoStreams()) { channel, _ in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<3000 {
          group.addTask {
            try await StreamsClient(channel).unary(Node(text: "\(index)")).text == "\(index)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }
}
