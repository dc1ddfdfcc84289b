import CProtobufC

/// Copies from C structures into Swift values. For generated code; the pointers are those that
/// `protobuf_c_message_unpack` left in a live arena, after `WireScan` has passed the bytes.
public enum Reading {
  /// A string, known to be UTF-8 without NUL.
  @inlinable
  public static func string(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer, pointer.pointee != 0 else { return "" }
    return String(cString: pointer)
  }

  @inlinable
  public static func bytes(_ count: Int, _ start: UnsafePointer<UInt8>?) -> [UInt8] {
    guard count > 0, let start else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  @inlinable
  public static func scalars<T: BitwiseCopyable>(
    _ count: Int, _ start: UnsafePointer<T>?
  ) -> [T] {
    guard count > 0, let start else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  @inlinable
  public static func bools(_ count: Int, _ start: UnsafePointer<Int32>?) -> [Bool] {
    guard count > 0, let start else { return [] }
    return UnsafeBufferPointer(start: start, count: count).map { $0 != 0 }
  }

  /// Enum values; C keeps each as a 32-bit integer whatever its Swift import is called.
  @inlinable
  public static func enums<E: OpenEnum>(_ count: Int, _ start: UnsafeRawPointer?) -> [E] {
    guard count > 0, let start else { return [] }
    return (0..<count).map {
      E(rawValue: start.load(fromByteOffset: $0 * MemoryLayout<Int32>.stride, as: Int32.self))
    }
  }

  @inlinable
  public static func strings(
    _ count: Int, _ start: UnsafePointer<UnsafeMutablePointer<CChar>?>?
  ) -> [String] {
    guard count > 0, let start else { return [] }
    return UnsafeBufferPointer(start: start, count: count).map { string($0) }
  }

  /// An array of `ProtobufCBinaryData`.
  public static func byteStrings(_ count: Int, _ start: UnsafeRawPointer?) -> [[UInt8]] {
    guard count > 0, let start else { return [] }
    let items = start.assumingMemoryBound(to: ProtobufCBinaryData.self)
    return (0..<count).map { bytes(Int(items[$0].len), items[$0].data) }
  }

  @inlinable
  public static func message<M: Message, C>(_ pointer: UnsafeMutablePointer<C>?) -> M? {
    guard let pointer else { return nil }
    return M(reading: UnsafeRawPointer(pointer))
  }

  @inlinable
  public static func messages<M: Message, C>(
    _ count: Int, _ start: UnsafePointer<UnsafeMutablePointer<C>?>?
  ) -> [M] {
    guard count > 0, let start else { return [] }
    var result: [M] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      if let element = start[index] { result.append(M(reading: UnsafeRawPointer(element))) }
    }
    return result
  }
}
