extension MessageDescriptor {
  /// Throws when bytes are no message of this type, or would cost more to read than the limits allow. For whoever passes
  /// bytes on and has to tell whose mistake it is that the next one cannot read them.
  public func check(
    serialized bytes: [UInt8], limits: DecodingLimits = .default
  ) throws(DecodingError) {
    try bytes.withUnsafeBufferPointer { buffer throws(DecodingError) in
      try withUnpacked(buffer, limits: limits) { _ in }
    }
  }
}
