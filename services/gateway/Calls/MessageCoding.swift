import Protobuf
import RPC

/// The two spellings of a message that all protocols share.
enum MessageCodec: String, Sendable, CaseIterable { case proto, json }

/// Translates the messages of one method's calls. The services only ever see protobuf; JSON is that of the JSON API, without
/// the fields that hold their default, as the canonical mapping has it.
struct MessageCoding: Sendable {
  let codec: MessageCodec
  let method: Method
  let types: TypeRegistry

  /// Largest request message, bytes.
  func limit(_ limits: EdgeLimits) -> Int {
    codec == .json ? limits.jsonBytes : limits.messageBytes
  }

  /// A request as the service takes it. Its faults are the client's: told here, not as an INTERNAL of the service.
  func request(_ bytes: [UInt8]) throws -> [UInt8] {
    switch codec {
    case .json: return try method.input.serialized(fromJSON: bytes, types: types)
    case .proto:
      do { try method.input.check(serialized: bytes) } catch {
        switch error {
        case .malformed:
          throw Problem(
            .badRequest, .invalidArgument, "the message is no \(method.input.name)",
            because: error.description)
        case .resourceExhausted:
          throw Problem(
            .payloadTooLarge, .resourceExhausted, "the message costs too much to read",
            because: error.description)
        }
      }
      return bytes
    }
  }

  /// An answer as the client takes it.
  func answer(_ message: [UInt8]) throws -> [UInt8] {
    switch codec {
    case .proto: message
    case .json:
      try method.output.json(
        fromSerialized: message, options: JSONOptions(omitsDefaults: true, types: types))
    }
  }
}
