import RPC

/// Writes the messages of a call as they come, each when the one before has been taken by the client.
///
/// The first message, or the end, decides over the head. A later failure is told in the stream, and then the answer
/// breaks off: a chunked body without its last chunk, a reset HTTP/2 stream. So nothing takes it for the end.
struct StreamAnswer: Sendable {
  let framing: StreamFraming
  /// Longest silence of a stream of events.
  let heartbeat: Duration

  /// Returns when the answer is written. Throws what came before the first message.
  func run(_ responses: ResponseStream<[UInt8]>, _ reply: Reply) async throws {
    var iterator = responses.makeAsyncIterator()
    let first = try await iterator.next()
    var response = framing.head
    response.body = .stream(length: nil) { writer in
      guard let first else { return try await writer.write(framing.end) }
      try await write(first, to: writer)
      switch framing.format.stream {
      case .lines: try await lines(responses, to: writer)
      case .events: try await events(responses, to: writer)
      }
    }
    await reply(response)
  }

  private func lines(
    _ responses: ResponseStream<[UInt8]>, to writer: any BodyWriter
  ) async throws {
    var iterator = responses.makeAsyncIterator()
    while let message = try await told(writer, { try await iterator.next() }) {
      try await write(message, to: writer)
    }
  }

  private enum Happening: Sendable {
    case message([UInt8]?)
    case silence
  }

  private func events(
    _ responses: ResponseStream<[UInt8]>, to writer: any BodyWriter
  ) async throws {
    try await withThrowingTaskGroup(of: Happening.self) { group in
      func awaitMessage() {
        group.addTask {
          var iterator = responses.makeAsyncIterator()
          return .message(try await iterator.next())
        }
      }
      func awaitSilence() {
        group.addTask { [heartbeat] in
          try await Task.sleep(for: heartbeat)
          return .silence
        }
      }
      defer { group.cancelAll() }
      awaitMessage()
      awaitSilence()
      while let happening = try await told(writer, { try await group.next() }) {
        switch happening {
        case .message(let message?):
          try await write(message, to: writer)
          awaitMessage()
        case .message(nil): return try await writer.write(framing.end)
        case .silence:
          try await writer.write(StreamFraming.heartbeat)
          awaitSilence()
        }
      }
    }
  }

  private func write(_ message: [UInt8], to writer: any BodyWriter) async throws {
    try await writer.write(try await told(writer) { try framing.message(message) })
  }

  /// Runs `body`; tells the client of its failure before passing it on.
  private func told<Result>(
    _ writer: any BodyWriter, _ body: () async throws -> Result
  ) async throws -> Result {
    do { return try await body() } catch {
      // Whoever is gone hears nothing.
      try Task.checkCancellation()
      try await writer.write(framing.error(Problem(error)))
      throw error
    }
  }
}
