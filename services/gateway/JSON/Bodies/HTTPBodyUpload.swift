import NIOCore
import Protobuf

/// A request body that is a `google.api.HttpBody`, whole or in pieces: any bytes, under the type that the client gives.
struct HTTPBodyUpload: Sendable {
  let contentType: String
  /// The field of the request message; nil where the request message is the HttpBody itself.
  let field: FieldDescriptor?

  /// Nil when the body of this route is something else.
  init?(_ route: JSONRouter.Route, contentType: String) {
    self.contentType = contentType
    switch route.rule.body {
    case .none: return nil
    case .whole:
      guard route.method.input == HTTPBodyAnswer.type else { return nil }
      field = nil
    case .field(let name):
      guard let field = route.method.input.field(named: name), !field.isRepeated,
        field.message == HTTPBodyAnswer.type
      else { return nil }
      self.field = field
    }
  }

  /// Most bytes of one message of a stream; what the transport gives at a time is mostly less.
  static let piece = 256 * 1024

  /// A request message that carries `data`.
  ///
  /// - rest: the serialized fields that path and query give.
  /// - isFirst: only the first message of a stream says the type.
  func message(_ data: some Collection<UInt8>, rest: [UInt8] = [], isFirst: Bool = true) -> [UInt8]
  {
    var body: [UInt8] = []
    let type = isFirst ? Array(contentType.utf8) : []
    body.reserveCapacity(data.count + type.count + 16)
    if !type.isEmpty { WireText.append(1, type, to: &body) }
    if !data.isEmpty { WireText.append(2, data, to: &body) }
    guard let field else { return rest + body }
    var message = rest
    WireText.append(field.number, body, to: &message)
    return message
  }
}

/// Length-delimited fields, written by hand: the bytes of a file are copied once.
enum WireText {
  static func append(_ number: Int, _ value: some Collection<UInt8>, to bytes: inout [UInt8]) {
    Varint.append(UInt64(number) << 3 | 2, to: &bytes)
    Varint.append(UInt64(value.count), to: &bytes)
    bytes += value
  }
}
