import CProtobufC
import Glibc
import Values

/// Copies from Swift values into C structures. For generated code.
extension Arena {
  /// A C string. The empty one is a fresh byte too: inside a oneof the static one means absent.
  public func string(_ value: String) throws(EncodingError) -> UnsafeMutablePointer<CChar> {
    let copy = value.withBytes { utf8 -> UnsafeMutablePointer<CChar>? in
      guard let start = allocate(utf8.count + 1) else { return nil }
      if let source = utf8.baseAddress {
        start.copyMemory(from: source, byteCount: utf8.count)
      }
      start.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
      return start.assumingMemoryBound(to: CChar.self)
    }
    guard let copy else { throw .tooLarge }
    guard strlen(copy) == value.utf8.count else { throw .nulInString }
    return copy
  }

  public func bytes(
    _ value: [UInt8]
  ) throws(EncodingError) -> (count: Int, start: UnsafeMutablePointer<UInt8>) {
    let start = try array(of: UInt8.self, count: value.count)
    value.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { start.update(from: base, count: source.count) }
    }
    return (value.count, start)
  }

  @inlinable
  public func scalars<T: BitwiseCopyable>(
    _ values: [T]
  ) throws(EncodingError) -> UnsafeMutablePointer<T> {
    let start = try array(of: T.self, count: values.count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { start.update(from: base, count: source.count) }
    }
    return start
  }

  public func bools(_ values: [Bool]) throws(EncodingError) -> UnsafeMutablePointer<Int32> {
    let start = try array(of: Int32.self, count: values.count)
    for index in values.indices { start[index] = values[index] ? 1 : 0 }
    return start
  }

  /// Enum values; `C` is the imported C enum, a 32-bit integer.
  @inlinable
  public func enums<E: OpenEnum, C>(
    _ values: [E], as type: C.Type = C.self
  ) throws(EncodingError) -> UnsafeMutablePointer<C> {
    precondition(MemoryLayout<C>.size == MemoryLayout<Int32>.size, "not a C enum")
    let start = UnsafeMutableRawPointer(try array(of: Int32.self, count: values.count))
    for index in values.indices {
      start.storeBytes(of: values[index].rawValue, toByteOffset: index * 4, as: Int32.self)
    }
    return start.assumingMemoryBound(to: C.self)
  }

  public func strings(
    _ values: [String]
  ) throws(EncodingError) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    let start = try array(of: UnsafeMutablePointer<CChar>?.self, count: values.count)
    for index in values.indices { start[index] = try string(values[index]) }
    return start
  }

  /// An array of `C`, which is `ProtobufCBinaryData` under the name its importer gives it.
  public func byteStrings<C>(
    _ values: [[UInt8]], as type: C.Type = C.self
  ) throws(EncodingError) -> UnsafeMutablePointer<C> {
    let start = try array(of: ProtobufCBinaryData.self, count: values.count)
    for index in values.indices {
      let copy = try bytes(values[index])
      start[index] = ProtobufCBinaryData(len: copy.count, data: copy.start)
    }
    return UnsafeMutableRawPointer(start).assumingMemoryBound(to: C.self)
  }

  /// A filled C structure `C` for `value`.
  @inlinable
  public func message<M: Message, C>(
    _ value: M, as type: C.Type = C.self
  ) throws(EncodingError) -> UnsafeMutablePointer<C> {
    let structure = try initialized(M.descriptor)
    try value.write(to: structure, in: self)
    return structure.assumingMemoryBound(to: C.self)
  }

  @inlinable
  public func messages<M: Message, C>(
    _ values: [M], as type: C.Type = C.self
  ) throws(EncodingError) -> UnsafeMutablePointer<UnsafeMutablePointer<C>?> {
    let start = try array(of: UnsafeMutablePointer<C>?.self, count: values.count)
    for index in values.indices { start[index] = try message(values[index]) }
    return start
  }

  /// An empty C structure of a message type, with its descriptor and defaults in place.
  public func initialized(
    _ descriptor: MessageDescriptor
  ) throws(EncodingError) -> UnsafeMutableRawPointer {
    guard let structure = allocate(descriptor.structureSize) else { throw .tooLarge }
    // A type made at run time has no such function: all zero is what it would do.
    if descriptor.pointer.pointee.message_init != nil {
      protobuf_c_message_init(descriptor.pointer, structure)
    } else {
      structure.initializeMemory(as: UInt8.self, repeating: 0, count: descriptor.structureSize)
      structure.assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor =
        descriptor.pointer
    }
    return structure
  }

  /// Room for `count` values of a trivial type; every one must be assigned.
  @inlinable
  public func array<T: BitwiseCopyable>(
    of type: T.Type, count: Int
  ) throws(EncodingError) -> UnsafeMutablePointer<T> {
    try room(count, MemoryLayout<T>.stride).bindMemory(to: T.self, capacity: count)
  }

  @usableFromInline
  func room(_ count: Int, _ stride: Int) throws(EncodingError) -> UnsafeMutableRawPointer {
    let (size, overflow) = count.multipliedReportingOverflow(by: stride)
    guard !overflow, let start = allocate(size) else { throw .tooLarge }
    return start
  }
}
