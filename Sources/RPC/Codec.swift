import Protobuf

/// Messages to bytes and back, with errors as the wire names them.
enum Codec {
  @Sendable
  static func encode<M: Message>(_ message: M) throws -> [UInt8] {
    do { return try message.serialized() } catch {
      throw Status(.internal, "internal error", because: "cannot encode \(M.self): \(error)")
    }
  }

  @Sendable
  static func decode<M: Message>(_ bytes: [UInt8]) throws -> M {
    do { return try M(serialized: bytes) } catch {
      switch error {
      case .resourceExhausted(let reason):
        throw Status(
          .resourceExhausted, "the message costs too much to decode",
          because: "\(M.self): \(reason)")
      case .malformed(let reason):
        throw Status(.internal, "cannot decode the message", because: "\(M.self): \(reason)")
      }
    }
  }
}
