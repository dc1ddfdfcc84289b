import Crypto
import Foundation
import Testing
import Values

@testable import Blobs

/// A folder that is gone with the test.
private final class Folder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  deinit { try? FileManager.default.removeItem(at: url) }

  var files: [String] {
    (FileManager.default.subpaths(atPath: url.path) ?? []).filter {
      let kind = try? FileManager.default.attributesOfItem(
        atPath: url.appendingPathComponent($0).path)[.type]
      return kind as? FileAttributeType != .typeDirectory
    }
  }
}

private let acme = TenantID("acme")

private func chunks(_ chunks: [[UInt8]]) -> AsyncStream<[UInt8]> {
  AsyncStream { continuation in
    for chunk in chunks { continuation.yield(chunk) }
    continuation.finish()
  }
}

@Suite("Blobs in a folder")
struct BlobTests {
  private let folder = Folder()

  private func store() throws -> DirectoryBlobStore { try DirectoryBlobStore(root: folder.url) }

  @Test("D-57 a blob is what was written, with its size, its hash and what it really is")
  func roundTrip() async throws {
    let store = try store()
    let content = Array("%PDF-1.7\n".utf8) + [UInt8](repeating: 0x2a, count: 300_000)
    let blob = try await store.write(
      chunks([Array(content[..<10]), Array(content[10...])]), of: acme, limit: 1_000_000)
    #expect(blob.size == content.count)
    #expect(blob.sha256 == SHA256.hash(content))
    #expect(blob.contentType == "application/pdf")
    let reader = try await store.read(blob.id, of: acme)
    #expect(reader.size == content.count)
    #expect(try await reader.collect() == content)
    var count = 0
    for try await chunk in reader {
      #expect(chunk.count <= DirectoryBlobStore.chunkSize)
      count += 1
    }
    #expect(count == 3)
  }

  @Test(
    "a range reads its bytes, clamped to the blob",
    arguments: [(0..<4, 0..<4), (3..<7, 3..<7), (8..<100, 8..<10), (50..<60, 10..<10)])
  func ranges(_ wanted: Range<Int>, _ got: Range<Int>) async throws {
    let store = try store()
    let content = Array("0123456789".utf8)
    let blob = try await store.write(content, of: acme, limit: 10)
    let reader = try await store.read(blob.id, of: acme, range: wanted)
    #expect(reader.range == got)
    #expect(try await reader.collect() == Array(content[got]))
  }

  @Test("X-19 a write over the limit ends at the chunk that passes it, and leaves nothing")
  func limit() async throws {
    let store = try store()
    let endless = AsyncStream<[UInt8]> { [UInt8](repeating: 1, count: 1000) }
    await #expect(throws: BlobError.tooLarge(limit: 2500)) {
      try await store.write(endless, of: acme, limit: 2500)
    }
    #expect(folder.files.isEmpty)
    #expect(try await store.write([1, 2, 3], of: acme, limit: 3).size == 3)
  }

  @Test("a stream that breaks leaves nothing")
  func broken() async throws {
    struct Gone: Error {}
    let store = try store()
    let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
    continuation.yield([1, 2, 3])
    continuation.finish(throwing: Gone())
    await #expect(throws: Gone.self) { try await store.write(stream, of: acme, limit: 100) }
    #expect(folder.files.isEmpty)
  }

  @Test("D-53 a tenant's id means nothing to another, and no tenant's name leaves the folder")
  func tenants() async throws {
    let store = try store()
    let blob = try await store.write([1], of: acme, limit: 1)
    await #expect(throws: BlobError.absent) { try await store.read(blob.id, of: TenantID("other")) }
    #expect(!(try await store.delete(blob.id, of: TenantID("other"))))
    for name in ["", "..", "a/b", "a\0b", "A", String(repeating: "a", count: 64)] {
      await #expect(throws: BlobError.invalidTenant) {
        try await store.write([1], of: TenantID(name), limit: 1)
      }
    }
    #expect(folder.files.allSatisfy { $0.hasPrefix("acme/") })
  }

  @Test("X-11 ids are random, and nothing else is an id")
  func ids() async throws {
    let store = try store()
    let first = try await store.write([1], of: acme, limit: 1)
    let second = try await store.write([1], of: acme, limit: 1)
    #expect(first.id != second.id)
    for text in ["", "../../../../etc/passwd", "short", String(repeating: "a", count: 23)] {
      #expect(BlobID(rawValue: text) == nil)
    }
    #expect(BlobID(rawValue: first.id.rawValue) == first.id)
  }

  @Test("a deleted blob is absent; deleting it again says so")
  func deletion() async throws {
    let store = try store()
    let blob = try await store.write([1], of: acme, limit: 1)
    #expect(try await store.delete(blob.id, of: acme))
    #expect(!(try await store.delete(blob.id, of: acme)))
    await #expect(throws: BlobError.absent) { try await store.read(blob.id, of: acme) }
  }

  @Test("an empty blob is one")
  func empty() async throws {
    let store = try store()
    let blob = try await store.write(chunks([]), of: acme, limit: 10)
    #expect(blob.size == 0)
    #expect(blob.contentType == ContentType.unknown)
    #expect(try await store.read(blob.id, of: acme).collect().isEmpty)
  }
}

@Suite("What bytes are")
struct ContentTypeTests {
  @Test(
    "D-57 content is told by its bytes",
    arguments: [
      ("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "image/png"),
      ("ffd8ffe000104a46494600010100000100010000", "image/jpeg"),
      ("47494638396101000100800000000000ffffff2c", "image/gif"),
      ("3c68746d6c3e3c626f64793e68693c2f626f64793e3c2f68746d6c3e", "text/html"),
      ("68656c6c6f2c20776f726c640a", "text/plain"),
    ])
  func sniff(_ hex: String, _ type: String) throws {
    let bytes = stride(from: 0, to: hex.count, by: 2).compactMap {
      UInt8(hex.dropFirst($0).prefix(2), radix: 16)
    }
    #expect(try ContentType.sniff(bytes) == type)
  }
}
