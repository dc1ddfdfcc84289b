/// One top-level text field of a serialized message, without decoding the rest.
public struct WireText: Sendable, Hashable {
  private let number: UInt32

  /// Nil unless the message has a singular string field of this name.
  public init?(_ name: String, of type: MessageDescriptor) {
    guard let field = type.field(named: name), field.kind == .string, !field.isRepeated,
      let number = UInt32(exactly: field.number)
    else { return nil }
    self.number = number
  }

  /// Whether the message says something there. Nil when the bytes are no message.
  public func isEmpty(in bytes: [UInt8]) -> Bool? {
    bytes.withUnsafeBufferPointer { buffer in
      var cursor = WireCursor(buffer, 0..<buffer.count)
      var isEmpty = true
      do throws(DecodingError) {
        // The last one counts.
        while let field = try cursor.next() {
          if field.number == number, field.wireType == .lengthDelimited {
            isEmpty = field.value.isEmpty
          }
        }
      } catch { return nil }
      return isEmpty
    }
  }

  /// The message with this text there; of several the last one counts.
  ///
  /// - Parameter text: up to 127 bytes.
  public func setting(_ text: String, in bytes: [UInt8]) -> [UInt8] {
    precondition(text.utf8.count < 128, "a text of one length byte")
    var result = bytes
    result.reserveCapacity(bytes.count + text.utf8.count + 6)
    var tag = number << 3 | UInt32(WireType.lengthDelimited.rawValue)
    while tag >= 0x80 {
      result.append(UInt8(truncatingIfNeeded: tag) | 0x80)
      tag >>= 7
    }
    result.append(UInt8(tag))
    result.append(UInt8(text.utf8.count))
    result.append(contentsOf: text.utf8)
    return result
  }
}
