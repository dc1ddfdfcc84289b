import CProtobufC
import Synchronization

/// How much memory a decoded message takes, estimated from above: the C structure in the arena and, at the same
/// time, the Swift value that it is copied to.
enum MessageFootprint {
  /// A string of `length` bytes in C, its Swift value, which up to 15 bytes needs no heap, and their places in lists.
  static func bytes(ofText length: Int) -> Int {
    40 + length + (length > 15 ? 48 + length : 0)
  }

  static func bytes(ofData length: Int) -> Int { 88 + 2 * length }

  static func bytes(ofUnknown length: Int) -> Int { 112 + 2 * length }

  /// Remembers the type asked for last: lists are of one type.
  struct Memo {
    private var last: UnsafePointer<ProtobufCMessageDescriptor>?
    private var lastBytes = 0

    /// What one message of the type takes, without what its fields point to.
    mutating func bytes(of type: UnsafePointer<ProtobufCMessageDescriptor>) -> Int {
      if last != type {
        last = type
        lastBytes = MessageFootprint.bytes(of: type)
      }
      return lastBytes
    }
  }

  private static let known = Mutex<[UInt: Int]>([:])

  private static func bytes(of type: UnsafePointer<ProtobufCMessageDescriptor>) -> Int {
    let address = UInt(bitPattern: type)
    if let bytes = known.withLock({ $0[address] }) { return bytes }
    var open: Set<UInt> = []
    // Rounded to the arena's alignment, a pointer to it, an array or box around the value.
    let bytes = ((type.pointee.sizeof_message + 15) & ~15) + 8 + stride(of: type, &open) + 40
    known.withLock { $0[address] = bytes }
    return bytes
  }

  /// The stride of the Swift struct. A message in a singular field lies inside, absent or not, unless it
  /// leads back to its own type.
  private static func stride(
    of type: UnsafePointer<ProtobufCMessageDescriptor>, _ open: inout Set<UInt>
  ) -> Int {
    open.insert(UInt(bitPattern: type))
    defer { open.remove(UInt(bitPattern: type)) }
    // The array of unknown fields.
    var size = 8
    for index in 0..<Int(type.pointee.n_fields) {
      let field = type.pointee.fields[index]
      switch field.type {
      case _ where field.label == PROTOBUF_C_LABEL_REPEATED: size += 8
      case PROTOBUF_C_TYPE_STRING: size += 16
      case PROTOBUF_C_TYPE_MESSAGE:
        let inner = field.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
        let isOpen = open.count > 32 || open.contains(UInt(bitPattern: inner))
        size += isOpen ? 8 : stride(of: inner, &open) + 8
      default: size += 9
      }
      // A type of a pool can be wide and deep at once; it has no Swift struct.
      guard size < 1 << 16 else { return size }
    }
    return (size + 7) & ~7
  }
}
