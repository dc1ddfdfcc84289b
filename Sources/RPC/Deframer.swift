/// Cuts a byte stream into gRPC messages: one flag byte, four bytes of length, the message. The length is
/// checked against the limit before anything is reserved for it.
struct Deframer {
  static let prefixSize = 5

  struct Message {
    var bytes: [UInt8]
    var isCompressed: Bool
  }

  private let limit: Int
  private let acceptsCompressed: Bool
  private var prefix: (count: Int, flag: UInt8, length: UInt32) = (0, 0, 0)
  private var message: [UInt8] = []
  private var missing = 0

  /// - Parameter limit: bytes of one message as it comes, compressed or not.
  init(limit: Int, acceptsCompressed: Bool = false) {
    self.limit = limit
    self.acceptsCompressed = acceptsCompressed
  }

  /// Whether bytes of an unfinished message have been seen.
  var isInsideMessage: Bool { prefix.count > 0 }

  /// Adds bytes and hands every message that became whole to `found`.
  mutating func append(
    _ bytes: UnsafeRawBufferPointer, found: (Message) -> Void
  ) throws(Status) {
    var rest = bytes[...]
    while true {
      while prefix.count < Self.prefixSize {
        guard let byte = rest.popFirst() else { return }
        if prefix.count == 0 {
          prefix.flag = byte
        } else {
          prefix.length = prefix.length << 8 | UInt32(byte)
        }
        prefix.count += 1
        if prefix.count == Self.prefixSize { try begin() }
      }
      let piece = rest.prefix(missing)
      message.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece))
      rest = rest.dropFirst(piece.count)
      missing -= piece.count
      guard missing == 0 else { return }
      found(Message(bytes: exchangeMessage(), isCompressed: prefix.flag == 1))
      prefix = (0, 0, 0)
    }
  }

  private mutating func exchangeMessage() -> [UInt8] {
    var whole: [UInt8] = []
    swap(&whole, &message)
    return whole
  }

  private mutating func begin() throws(Status) {
    switch prefix.flag {
    case 0: break
    case 1 where acceptsCompressed: break
    case 1: throw Status(.internal, "a compressed message without a grpc-encoding")
    default: throw Status(.internal, "flag byte \(prefix.flag) of a message is not known")
    }
    guard prefix.length <= UInt32(clamping: limit) else {
      throw Status(
        .resourceExhausted, "a message of \(prefix.length) bytes is over the limit of \(limit)")
    }
    missing = Int(prefix.length)
    message.reserveCapacity(min(missing, 64 * 1024))
  }
}
