import NIOCore
import RPC
import Synchronization

/// The messages of an enveloped request body, one at a time: the next bytes are read from the client when somebody waits for
/// the next message, so that a client is never faster than the service.
final class RequestMessages: Sendable {
  private struct State {
    var reader: EnvelopeReader
    var text: Base64Chunks?
    /// What came last, until the reader has taken it.
    var piece = ByteBuffer()
  }
  private let body: RequestBody
  private let coding: MessageCoding
  private let state: Mutex<State>
  /// Bytes that are looked at in one go: a read of the socket may hold thousands of small messages.
  private static let step = 4096

  /// - Parameters:
  ///   - limit: largest message, bytes, as sent and inflated.
  ///   - inflation: when the headers name gzip.
  ///   - isText: the body is base64.
  init(
    _ body: RequestBody, _ coding: MessageCoding, limit: Int, inflation: Inflation?,
    isText: Bool = false
  ) {
    self.body = body
    self.coding = coding
    state = Mutex(
      State(
        reader: EnvelopeReader(limit: limit, inflation: inflation),
        text: isText ? Base64Chunks() : nil))
  }

  /// The next message as the service takes it; nil at the end.
  func next() async throws -> [UInt8]? {
    while true {
      if let message = try Self.asFault({ () throws(Status) in try advance() }) {
        return try coding.request(message)
      }
      guard let chunk = try await body.next() else { break }
      state.withLock { $0.piece = chunk }
    }
    let isWhole = state.withLock { !$0.reader.isInsideMessage && $0.text?.isInsideGroup != true }
    guard isWhole else {
      throw Problem(.badRequest, .invalidArgument, "the request ends inside a message")
    }
    return nil
  }

  /// The one message of a request that has exactly one.
  func single() async throws -> [UInt8] {
    guard let message = try await next(), try await next() == nil else {
      throw Problem(.badRequest, .unimplemented, "this method takes exactly one message")
    }
    return message
  }

  /// The next message out of what is here, nil when more bytes are needed.
  private func advance() throws(Status) -> [UInt8]? {
    try state.withLock { state throws(Status) in
      while true {
        if let message = try state.reader.take() { return message }
        guard let slice = state.piece.readSlice(length: min(Self.step, state.piece.readableBytes)),
          slice.readableBytes > 0
        else { return nil }
        try Self.feed(slice, &state)
      }
    }
  }

  private static func feed(_ slice: ByteBuffer, _ state: inout State) throws(Status) {
    let bytes: [UInt8]
    if state.text != nil {
      guard let decoded = slice.withUnsafeReadableBytes({ state.text?.decode($0) }) else {
        throw Status(.internal, "the request is not base64")
      }
      bytes = decoded
    } else {
      bytes = Array(slice.readableBytesView)
    }
    let result = bytes.withUnsafeBytes { raw -> Status? in
      do throws(Status) {
        try state.reader.append(raw)
        return nil
      } catch { return error }
    }
    if let result { throw result }
  }

  /// What the frames' reader calls INTERNAL is between programs of ours; here a stranger wrote them.
  private static func asFault<R>(_ body: () throws(Status) -> R) throws(Problem) -> R {
    do throws(Status) { return try body() } catch {
      switch error.code {
      case .resourceExhausted:
        throw Problem(.payloadTooLarge, .resourceExhausted, error.message)
      default: throw Problem(.badRequest, .invalidArgument, error.message)
      }
    }
  }
}
