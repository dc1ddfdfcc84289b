import CProtobufC

extension Message {
  /// Decodes a message: scan, unpack into a budgeted arena, copy into Swift values.
  public init(
    serialized bytes: UnsafeBufferPointer<UInt8>, limits: DecodingLimits = .default
  ) throws(DecodingError) {
    if bytes.isEmpty {
      self.init()
      return
    }
    self = try Self.descriptor.withUnpacked(bytes, limits: limits) { structure in
      Self(reading: structure)
    }
  }

  public init(
    serialized bytes: [UInt8], limits: DecodingLimits = .default
  ) throws(DecodingError) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(DecodingError) in
      try Self(serialized: buffer, limits: limits)
    }
  }

  public init(
    serialized bytes: ArraySlice<UInt8>, limits: DecodingLimits = .default
  ) throws(DecodingError) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(DecodingError) in
      try Self(serialized: buffer, limits: limits)
    }
  }

  /// The wire bytes: known fields by ascending number, then the unknown ones.
  public func serialized() throws(EncodingError) -> [UInt8] {
    let arena = Arena()
    let structure = try arena.initialized(Self.descriptor)
    try write(to: structure, in: arena)
    return try arena.pack(structure)
  }
}

extension MessageDescriptor {
  /// Checks and unpacks `bytes`, and runs `body` on the C structure, which lives no longer than that.
  func withUnpacked<R>(
    _ bytes: UnsafeBufferPointer<UInt8>, limits: DecodingLimits = .default,
    _ body: (UnsafeMutableRawPointer) -> R
  ) throws(DecodingError) -> R {
    guard try WireScan.check(bytes, as: self, limits: limits) else {
      return try withRewritten(bytes, limits: limits, body)
    }
    return try withArena(bytes, limits: limits, body)
  }

  private func withRewritten<R>(
    _ bytes: UnsafeBufferPointer<UInt8>, limits: DecodingLimits,
    _ body: (UnsafeMutableRawPointer) -> R
  ) throws(DecodingError) -> R {
    let plain = try WireRewrite.rewritten(bytes, as: self)
    return try plain.withUnsafeBufferPointer { buffer throws(DecodingError) in
      try withArena(buffer, limits: limits, body)
    }
  }

  private func withArena<R>(
    _ bytes: UnsafeBufferPointer<UInt8>, limits: DecodingLimits,
    _ body: (UnsafeMutableRawPointer) -> R
  ) throws(DecodingError) -> R {
    let arena = Arena(
      budget: limits.budget(forWireSize: bytes.count),
      firstChunk: structureSize + 2 * bytes.count + 256)
    return try arena.unpack(bytes, as: self, body)
  }
}

// Methods of the arena, so that it outlives what they use of it.
extension Arena {
  fileprivate func unpack<R>(
    _ bytes: UnsafeBufferPointer<UInt8>, as descriptor: MessageDescriptor,
    _ body: (UnsafeMutableRawPointer) -> R
  ) throws(DecodingError) -> R {
    let unpacked = withAllocator {
      protobuf_c_message_unpack(descriptor.pointer, $0, bytes.count, bytes.baseAddress)
    }
    guard let unpacked else {
      throw isExhausted
        ? .resourceExhausted("\(bytes.count) bytes need more memory than a message may take")
        : .malformed("not a \(descriptor.name)")
    }
    return body(UnsafeMutableRawPointer(unpacked))
  }

  /// Bytes up to which a copy from the stack costs less than an array without contents, which looks up its type at run
  /// time.
  private static var smallMessage: Int { 512 }

  /// Packs a filled C structure of this arena into one exactly sized buffer.
  func pack(_ structure: UnsafeMutableRawPointer) throws(EncodingError) -> [UInt8] {
    let message = structure.assumingMemoryBound(to: ProtobufCMessage.self)
    let size = protobuf_c_message_get_packed_size(message)
    guard size <= Int(Int32.max) else { throw .tooLarge }
    // The one empty array there is would have its count written, by every thread at once.
    guard size > 0 else { return [] }
    if size <= Self.smallMessage {
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { room in
        guard let start = room.baseAddress else { return [] }
        protobuf_c_message_pack(message, start)
        return Array(UnsafeBufferPointer(room))
      }
    }
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      count = protobuf_c_message_pack(message, start)
    }
  }
}
