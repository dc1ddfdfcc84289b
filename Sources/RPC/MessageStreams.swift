/// Where serialized messages come from, one at a time: the window opens as they are taken.
protocol MessageSource: AnyObject, Sendable {
  /// Nil at the clean end; throws `Status` when the call ended otherwise.
  func next() async throws -> [UInt8]?
  func initialMetadata() async throws -> Metadata
  /// Empty until the stream has ended.
  var trailingMetadata: Metadata { get }
  /// Whether the message that was taken last came compressed.
  var tookCompressed: Bool { get }
}

/// Where serialized messages go. `write` suspends while the peer's window or the socket is full.
protocol MessageSink: AnyObject, Sendable {
  /// - Parameter compressed: false keeps this message as it is on a call that compresses.
  func write(_ message: [UInt8], compressed: Bool) async throws
  func sendInitialMetadata() async throws
  func finish() async throws
}

/// The requests of a streaming call, in order. One consumer.
public struct RequestStream<Element: Sendable>: AsyncSequence, Sendable {
  let source: any MessageSource
  let decode: @Sendable ([UInt8]) throws -> Element

  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: RequestStream

    public mutating func next() async throws -> Element? {
      guard let bytes = try await stream.source.next() else { return nil }
      return try stream.decode(bytes)
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

/// The responses of a streaming call, in order. One consumer. Ends cleanly on OK and throws `Status` otherwise.
public struct ResponseStream<Element: Sendable>: AsyncSequence, Sendable {
  let source: any MessageSource
  let decode: @Sendable ([UInt8]) throws -> Element

  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: ResponseStream

    public mutating func next() async throws -> Element? {
      guard let bytes = try await stream.source.next() else { return nil }
      return try stream.decode(bytes)
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

  /// Waits for the headers of the answer.
  public func initialMetadata() async throws -> Metadata { try await source.initialMetadata() }

  /// What came with the status; empty until the stream has ended.
  public var trailingMetadata: Metadata { source.trailingMetadata }

  /// Whether the response that was read last came compressed.
  public var wasCompressed: Bool { source.tookCompressed }

  /// The one message of an answer that must have exactly one.
  func single() async throws -> Element {
    var iterator = makeAsyncIterator()
    guard let first = try await iterator.next() else {
      throw Status(.internal, "the server answered OK without a message")
    }
    guard try await iterator.next() == nil else {
      throw Status(.internal, "the server answered with more than one message")
    }
    return first
  }
}

extension ResponseStream<[UInt8]> {
  func map<T>(_ decode: @escaping @Sendable ([UInt8]) throws -> T) -> ResponseStream<T> {
    ResponseStream<T>(source: source, decode: decode)
  }
}

/// Sends the responses of a streaming call.
public struct ResponseWriter<Element: Sendable>: Sendable {
  let sink: any MessageSink
  let encode: @Sendable (Element) throws -> [UInt8]

  /// Suspends while the peer does not read. Throws `Status` (CANCELLED) once the call is over.
  ///
  /// - Parameter compressed: false keeps this message as it is on a call that compresses; for what mixes a secret
  ///   with a stranger's text.
  public func write(_ message: Element, compressed: Bool = true) async throws {
    try await sink.write(try encode(message), compressed: compressed)
  }

  /// Sends the headers now instead of with the first message.
  public func sendInitialMetadata() async throws { try await sink.sendInitialMetadata() }
}

/// Sends the requests of a streaming call.
public struct RequestWriter<Element: Sendable>: Sendable {
  let sink: any MessageSink
  let encode: @Sendable (Element) throws -> [UInt8]

  /// Suspends while the peer does not read. Throws the call's `Status` once it is over.
  ///
  /// - Parameter compressed: false keeps this message as it is on a call that compresses; for what mixes a secret
  ///   with a stranger's text.
  public func write(_ message: Element, compressed: Bool = true) async throws {
    try await sink.write(try encode(message), compressed: compressed)
  }

  /// Ends the requests; harmless when repeated.
  public func finish() async throws { try await sink.finish() }
}

extension RequestWriter<[UInt8]> {
  func map<T>(_ encode: @escaping @Sendable (T) throws -> [UInt8]) -> RequestWriter<T> {
    RequestWriter<T>(sink: sink, encode: encode)
  }
}
