/// The version of a resource as callers carry it (AIP-154): `v7`. Opaque to them.
public struct Etag: Hashable, Sendable, CustomStringConvertible {
  public let version: Int64

  public init(version: Int64) { self.version = version }

  /// Reads what `description` wrote; nil for anything else.
  public init?(_ text: some StringProtocol) {
    guard text.hasPrefix("v"), let version = Int64(text.dropFirst()), version >= 0,
      "v\(version)" == text
    else { return nil }
    self.version = version
  }

  public var description: String { "v\(version)" }

  /// Throws `stale` unless `text` is empty (the caller does not ask) or this version's.
  public func require(_ text: String) throws(StoreError) {
    guard text.isEmpty || text == description else { throw .stale }
  }
}
