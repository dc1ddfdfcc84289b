import Crypto
import Foundation
import Store
import Values

/// A backup as a folder: made beside its name and renamed when it is whole, so that what has the name is complete.
struct BackupFolder: Sendable {
  let url: URL

  private var manifestURL: URL { url.appending(path: "manifest.json") }
  private var digestURL: URL { url.appending(path: "manifest.sha256") }

  /// Makes a backup: `fill` writes the services into a folder and says what they hold.
  func make(
    _ fill: (URL) async throws -> BackupManifest
  ) async throws -> BackupManifest {
    let files = FileManager.default
    guard !files.fileExists(atPath: url.path) else { throw BackupError.exists(url.path) }
    let part = BackupFolder(url: url.appendingPathExtension("part-\(UUID().uuidString)"))
    try files.createDirectory(
      at: part.url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    do {
      let manifest = try await fill(part.url)
      try part.write(manifest)
      try part.verify(part.manifest())
      try DurableFile.sync(folder: part.url)
      try files.moveItem(at: part.url, to: url)
      try DurableFile.sync(folder: url.deletingLastPathComponent())
      return manifest
    } catch {
      try files.removeItem(at: part.url)
      throw error
    }
  }

  private func write(_ manifest: BackupManifest) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = [UInt8](try encoder.encode(manifest))
    var file = try DurableFile(creating: manifestURL)
    try file.write(text)
    let digest = try file.finish()
    var beside = try DurableFile(creating: digestURL)
    // As `sha256sum -c` reads it.
    try beside.write(Array("\(digest)  manifest.json\n".utf8))
    _ = try beside.finish()
  }

  /// What the backup says it holds.
  func manifest() throws -> BackupManifest {
    let (text, digest): (Data, String)
    do {
      text = try Data(contentsOf: manifestURL)
      digest = String(decoding: try Data(contentsOf: digestURL), as: UTF8.self)
    } catch { throw BackupError.damaged("\(url.path) has no manifest: \(error)") }
    guard digest.prefix(64) == SHA256.hash([UInt8](text)).hexadecimal else {
      throw BackupError.damaged("the manifest is not the one that was written")
    }
    let manifest: BackupManifest
    do { manifest = try JSONDecoder().decode(BackupManifest.self, from: text) } catch {
      throw BackupError.damaged("the manifest cannot be read: \(error)")
    }
    guard manifest.format == BackupManifest.format else {
      throw BackupError.damaged(
        "it is of format \(manifest.format), which this version does not know")
    }
    return manifest
  }

  /// Reads every file again and compares.
  func verify(_ manifest: BackupManifest) throws {
    for service in manifest.services {
      for table in service.tables {
        try verify(rows(of: table, service), table.bytes, table.sha256)
      }
      for (index, blob) in service.blobs.enumerated() {
        try verify(self.blob(blob, of: service), blob.bytes, blob.sha256)
        Console.progress("\(service.name) files verified", index + 1, of: service.blobs.count)
      }
    }
  }

  private func verify(_ file: URL, _ bytes: Int, _ sha256: String) throws {
    let found: (bytes: Int, sha256: String)
    do { found = try DurableFile.digest(of: file) } catch {
      throw BackupError.damaged("\(file.lastPathComponent) cannot be read: \(error)")
    }
    guard found == (bytes, sha256) else {
      throw BackupError.damaged("\(file.lastPathComponent) is not what was written")
    }
  }

  func rows(of table: BackupManifest.Table, _ service: BackupManifest.Service) -> URL {
    url.appending(path: "\(service.name)/\(table.name).rows")
  }

  func blob(_ file: BackupManifest.File, of service: BackupManifest.Service) -> URL {
    url.appending(path: "\(service.name)/blobs/\(file.tenant)/\(file.id)")
  }
}

/// The lines of a file, a piece at a time.
struct LineReader: ~Copyable {
  private let handle: FileHandle
  private var rest: [UInt8] = []
  private var isAtEnd = false

  init(_ url: URL) throws { handle = try FileHandle(forReadingFrom: url) }

  /// The next whole lines, each without its line feed; nil at the end of the file.
  mutating func next() throws -> [ArraySlice<UInt8>]? {
    while !isAtEnd {
      if let piece = try handle.read(upToCount: 1 << 18), !piece.isEmpty {
        rest += piece
        guard let last = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
        let lines = rest[..<last].split(
          separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Array(rest[(last + 1)...])
        return lines
      }
      isAtEnd = true
      guard rest.isEmpty else { throw BackupError.damaged("a file of rows is cut") }
    }
    return nil
  }
}
