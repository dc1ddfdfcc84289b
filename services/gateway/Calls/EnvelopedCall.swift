import RPC

/// How one protocol spells an answer that is made of envelopes.
protocol AnswerFraming: Sendable {
  /// The head of an answer that has begun well.
  func head(_ metadata: Metadata) -> Response
  /// One message, as `MessageCoding` made it.
  func message(_ bytes: [UInt8]) -> [UInt8]
  /// The end, good or bad; nothing follows it.
  func end(_ failure: Problem?, _ trailers: Metadata) -> [UInt8]
}

/// One call between a client's envelopes and the service. What it throws was found before the answer began; later errors are
/// in the answer's end. One message is held at a time in either direction.
struct EnvelopedCall<Framing: AnswerFraming>: Sendable {
  let coding: MessageCoding
  let framing: Framing
  let options: CallOptions
  let caller: any Caller

  func run(_ requests: RequestMessages, _ reply: Reply) async throws {
    let method = coding.method
    switch method.streaming {
    case .unary: try await unary(try await requests.single(), reply)
    case .serverStreaming:
      let request = try await requests.single()
      try await caller.stream(method, options) { writer, responses in
        if try await sent(request, writer) { try await Self.finish(writer) }
        try await answer(responses, reply)
      }
    case .clientStreaming:
      try await caller.stream(method, options) { writer, responses in
        try await pump(requests, writer)
        try await answer(responses, reply)
      }
    case .bidirectional: try await both(requests, reply)
    }
  }

  private func unary(_ request: [UInt8], _ reply: Reply) async throws {
    let answer = try await caller.unary(coding.method, request, options)
    var response = framing.head(answer.initialMetadata)
    response.body = .bytes(
      framing.message(try coding.answer(answer.message))
        + framing.end(nil, answer.trailingMetadata))
    await reply(response)
  }

  /// A fault in the requests ends the call, and the answer with it: broken off if it has begun.
  private func both(_ requests: RequestMessages, _ reply: Reply) async throws {
    try await caller.stream(coding.method, options) { writer, responses in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          try await pump(requests, writer)
          return false
        }
        group.addTask {
          try await answer(responses, reply)
          return true
        }
        while let isAnswered = try await group.next() {
          if isAnswered { break }
        }
        group.cancelAll()
      }
    }
  }

  // MARK: Requests

  private func pump(_ requests: RequestMessages, _ writer: RequestWriter<[UInt8]>) async throws {
    while let message = try await requests.next() {
      guard try await sent(message, writer) else { return }
    }
    try await Self.finish(writer)
  }

  /// False when the call is over already: its answer tells how.
  private func sent(_ message: [UInt8], _ writer: RequestWriter<[UInt8]>) async throws -> Bool {
    do {
      try await writer.write(message)
      return true
    } catch is Status { return false }
  }

  private static func finish(_ writer: RequestWriter<[UInt8]>) async throws {
    do { try await writer.finish() } catch is Status { return }
  }

  // MARK: The answer

  /// The head waits for the service's own: an error before it is the whole answer, one after it is the end.
  private func answer(_ responses: ResponseStream<[UInt8]>, _ reply: Reply) async throws {
    var response = framing.head(try await responses.initialMetadata())
    response.body = .stream(length: nil) { writer in
      try await writer.write(try await write(responses, to: writer))
    }
    await reply(response)
  }

  /// Writes the messages as they come; the end that is left to write. Throws when the client is gone.
  private func write(
    _ responses: ResponseStream<[UInt8]>, to writer: any BodyWriter
  ) async throws -> [UInt8] {
    var iterator = responses.makeAsyncIterator()
    while true {
      let frame: [UInt8]
      do {
        guard let message = try await iterator.next() else {
          return framing.end(nil, responses.trailingMetadata)
        }
        frame = framing.message(try coding.answer(message))
      } catch {
        try Task.checkCancellation()
        return framing.end(Problem(error), responses.trailingMetadata)
      }
      try await writer.write(frame)
    }
  }
}
