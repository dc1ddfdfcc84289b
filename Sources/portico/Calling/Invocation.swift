import Protobuf
import RPC

/// One call with JSON in and JSON out, a line for each response.
struct Invocation {
  let method: RPC.Method
  let caller: any Caller
  let options: CallOptions
  /// What `Any` may hold.
  let types: TypeRegistry
  /// The requests as JSON; empty or `-` alone: from standard input where the method takes many, else `{}`.
  let messages: [String]
  /// Whether the metadata of the answer goes to standard error.
  let showsMetadata: Bool

  func run() async throws {
    if method.streaming == .unary {
      let response = try await caller.unary(method, try await onlyRequest(), options)
      show(response.initialMetadata)
      try show(response.message)
      return show(response.trailingMetadata)
    }
    try await stream()
  }

  /// Sends and receives at once. A request that cannot be made ends the call, and the end of the call ends the reading of
  /// standard input: what is left of it is nobody's any more.
  private func stream() async throws {
    let (mistakes, sent) = AsyncThrowingStream<Never, any Error>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for try await _ in mistakes {} }
      group.addTask {
        try await caller.stream(method, options) { writer, responses in
          let sending = Task {
            do { try await send(writer) } catch {
              // What ends the call, `receive` tells.
              let endsTheCall = error is Status || error is CancellationError
              if !endsTheCall { sent.finish(throwing: error) }
            }
          }
          defer { sending.cancel() }
          try await receive(responses)
        }
        sent.finish()
      }
      while try await group.next() != nil {}
    }
  }

  private func receive(_ responses: ResponseStream<[UInt8]>) async throws {
    if showsMetadata { show(try await responses.initialMetadata()) }
    var count = 0
    for try await response in responses {
      count += 1
      try show(response)
    }
    show(responses.trailingMetadata)
    guard method.streaming != .clientStreaming || count == 1 else {
      throw Status(.internal, "the server answered with \(count) messages instead of one")
    }
  }

  private func send(_ writer: RequestWriter<[UInt8]>) async throws {
    if method.streaming == .serverStreaming {
      try await writer.write(try await onlyRequest())
    } else if readsLines {
      var input = StandardInput()
      while let line = try await input.next() { try await writer.write(try request(line)) }
    } else {
      for message in messages { try await writer.write(try request(Array(message.utf8))) }
    }
    try await writer.finish()
  }

  private var readsLines: Bool { messages.isEmpty || messages == ["-"] }

  private func onlyRequest() async throws -> [UInt8] {
    guard messages.count <= 1 else {
      throw CallMistake("\(method.name) takes one request")
    }
    if messages == ["-"] {
      var input = StandardInput()
      return try request(try await input.rest())
    }
    return try request(Array((messages.first ?? "{}").utf8))
  }

  private func request(_ json: [UInt8]) throws -> [UInt8] {
    do { return try method.input.serialized(fromJSON: json, types: types) } catch {
      throw CallMistake("the request is no \(method.input.name): \(error)")
    }
  }

  private func show(_ message: [UInt8]) throws {
    let json = try method.output.json(
      fromSerialized: message, options: JSONOptions(sortsMapKeys: true, types: types))
    Console.say(String(decoding: json, as: UTF8.self))
  }

  private func show(_ metadata: Metadata) {
    guard showsMetadata else { return }
    for entry in metadata.entries { Console.complain("\(entry.key): \(entry.value)") }
  }
}
