extension String {
  /// Gives `body` the bytes where they are. As `withUTF8`, which needs a variable: a copy is a reference to be counted, and
  /// texts are looked at by the dozen for each request.
  @inlinable
  public func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = self
    return copy.withUTF8(body)
  }
}
