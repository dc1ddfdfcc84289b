/// What an interceptor does to the messages of a call, on their way to the handler and back: bytes in, bytes out.
public struct MessageFilter: Sendable {
  /// Nil: requests pass as they are.
  public var request: (@Sendable ([UInt8]) throws -> [UInt8])?
  /// Nil: answers pass as they are. An answer that it gives nil for is not there: NOT_FOUND where it is the only one,
  /// and in a stream the next one follows.
  public var response: (@Sendable ([UInt8]) throws -> [UInt8]?)?

  public init(
    request: (@Sendable ([UInt8]) throws -> [UInt8])? = nil,
    response: (@Sendable ([UInt8]) throws -> [UInt8]?)? = nil
  ) {
    self.request = request
    self.response = response
  }

  func received(_ message: [UInt8]) throws -> [UInt8] { try request?(message) ?? message }

  func answer(_ message: [UInt8]) throws -> [UInt8] {
    guard let response else { return message }
    guard let shown = try response(message) else {
      throw Status(.notFound, "not found", because: "the answer is hidden from the caller")
    }
    return shown
  }
}

enum MessageFilterKey: CallKey {
  typealias Value = MessageFilter
}

extension Call {
  /// Set by an interceptor before the handler runs; nil where messages pass as they are.
  public var messageFilter: MessageFilter? {
    get { self[MessageFilterKey.self] }
    set { self[MessageFilterKey.self] = newValue }
  }
}

/// A stream of answers with a filter before it.
final class FilteredSink: MessageSink {
  private let sink: any MessageSink
  private let filter: MessageFilter

  init(_ sink: any MessageSink, _ filter: MessageFilter) {
    self.sink = sink
    self.filter = filter
  }

  func write(_ message: [UInt8], compressed: Bool) async throws {
    guard let response = filter.response else {
      return try await sink.write(message, compressed: compressed)
    }
    guard let shown = try response(message) else { return }
    try await sink.write(shown, compressed: compressed)
  }

  func sendInitialMetadata() async throws { try await sink.sendInitialMetadata() }
  func finish() async throws { try await sink.finish() }
}

extension ServerStream {
  /// Runs the handler, with a filter between the handler and the wire.
  func invoke(
    _ message: [UInt8], _ call: Call, through filter: MessageFilter
  ) async throws -> [UInt8]? {
    let requests = RequestStream<[UInt8]>(source: self) { try filter.received($0) }
    let responses = ResponseWriter<[UInt8]>(sink: FilteredSink(self, filter)) { $0 }
    switch call.route.body {
    case .unary(let handle):
      return try filter.answer(try await handle(try filter.received(message), call))
    case .clientStreaming(let handle): return try filter.answer(try await handle(requests, call))
    case .serverStreaming(let handle):
      try await handle(try filter.received(message), call, responses)
    case .bidirectional(let handle): try await handle(requests, call, responses)
    case nil: throw Status(.unimplemented, "no such method")
    }
    return nil
  }
}
