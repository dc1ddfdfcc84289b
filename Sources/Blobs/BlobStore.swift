import Values

/// Where files live. Every call names the tenant: one tenant's id means nothing under another (D-53).
public protocol BlobStore: Sendable {
  /// Stores a stream and returns what it turned out to be. Nothing remains of a write that fails.
  ///
  /// - Parameter limit: the most bytes; the write ends with `BlobError.tooLarge` at the first chunk beyond it.
  func write<Chunks: AsyncSequence & Sendable>(
    _ chunks: Chunks, of tenant: TenantID, limit: Int
  ) async throws -> Blob where Chunks.Element == [UInt8]

  /// - Parameter range: the bytes wanted, clamped to the blob; all of them when nil.
  /// - Throws: `BlobError.absent`.
  func read(_ id: BlobID, of tenant: TenantID, range: Range<Int>?) async throws -> BlobReader

  /// Removes a blob; says whether there was one.
  @discardableResult
  func delete(_ id: BlobID, of tenant: TenantID) async throws -> Bool
}

extension BlobStore {
  public func read(_ id: BlobID, of tenant: TenantID) async throws -> BlobReader {
    try await read(id, of: tenant, range: nil)
  }

  public func write(_ bytes: [UInt8], of tenant: TenantID, limit: Int) async throws -> Blob {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    continuation.yield(bytes)
    continuation.finish()
    return try await write(stream, of: tenant, limit: limit)
  }
}

/// 128 random bits, 22 characters of base64url: a blob's id cannot be guessed, and says nothing.
public struct BlobID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: String

  /// Nil unless it has the form of an id; so an id can never be a path.
  public init?(rawValue: String) {
    guard rawValue.utf8.count == 22, rawValue.utf8.allSatisfy(Self.isAllowed) else { return nil }
    self.rawValue = rawValue
  }

  public var description: String { rawValue }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}

/// What a finished write stored.
public struct Blob: Sendable, Hashable {
  public let id: BlobID
  /// Bytes.
  public let size: Int
  /// SHA-256 of the content, 32 bytes.
  public let sha256: [UInt8]
  /// What the content says it is (`image/png`), never what the uploader said (D-57). Callers hold an allow-list.
  public let contentType: String

  public init(id: BlobID, size: Int, sha256: [UInt8], contentType: String) {
    self.id = id
    self.size = size
    self.sha256 = sha256
    self.contentType = contentType
  }
}

public enum BlobError: Error, Sendable, Equatable {
  case absent
  /// More than `limit` bytes came.
  case tooLarge(limit: Int)
  /// A tenant's name that cannot be a folder.
  case invalidTenant
  /// The disk is full; what is there can be read, and writes work again once there is room.
  case full
  /// Too many file operations wait.
  case busy
  case storage(String)
}

/// The bytes of one read, in chunks, for one consumer.
public struct BlobReader: AsyncSequence, Sendable {
  /// The whole blob's size in bytes.
  public let size: Int
  /// What is being read, within `0..<size`.
  public let range: Range<Int>
  private let next: @Sendable (Int) async throws -> [UInt8]

  /// - Parameter next: reads at least one byte at an offset within `range`.
  public init(size: Int, range: Range<Int>, next: @escaping @Sendable (Int) async throws -> [UInt8])
  {
    self.size = size
    self.range = range
    self.next = next
  }

  public func makeAsyncIterator() -> Iterator { Iterator(reader: self, offset: range.lowerBound) }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let reader: BlobReader
    fileprivate var offset: Int

    public mutating func next() async throws -> [UInt8]? {
      guard offset < reader.range.upperBound else { return nil }
      let chunk = try await reader.next(offset)
      offset += chunk.count
      return chunk
    }
  }

  /// All bytes at once.
  public func collect() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for try await chunk in self { bytes += chunk }
    return bytes
  }
}
