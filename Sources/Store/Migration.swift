import Foundation

/// One numbered step of a schema: `V0001_tickets.sql`, or a fork `V0007_search.sqlite.sql` and
/// `V0007_search.postgres.sql` where the engines differ.
public struct Migration: Sendable, Hashable {
  /// Whose schema: `portico` for the platform's tables, `service` for the service's own.
  public let part: String
  public let version: Int
  public let name: String
  public let sql: String
  /// SHA-256 of the file, in hexadecimal.
  public let checksum: String

  public init(part: String, version: Int, name: String, sql: String) {
    self.part = part
    self.version = version
    self.name = name
    self.sql = sql
    checksum = Digest.sha256(Array(sql.utf8)).hexadecimal
  }

  /// Reads a directory's files for one engine, in order. Every `.sql` file must follow the naming; a
  /// version must be there once, as one file or as a fork for both engines.
  public static func load(
    from directory: URL, for engine: Engine, part: String = "service"
  ) throws(StoreError) -> [Migration] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    } catch {
      throw .migration("cannot read \(directory.lastPathComponent): \(error)")
    }
    var files: [Int: [FileName]] = [:]
    for name in names where name.hasSuffix(".sql") {
      guard let file = FileName(name) else {
        throw .migration("\(name) is not V0001_name.sql or V0001_name.<engine>.sql")
      }
      files[file.version, default: []].append(file)
    }
    var migrations: [Migration] = []
    for (version, group) in files.sorted(by: { $0.key < $1.key }) {
      let file = try choose(group, version, engine)
      let text: String
      do {
        text = try String(contentsOf: directory.appending(path: file.text), encoding: .utf8)
      } catch {
        throw .migration("cannot read \(file.text): \(error)")
      }
      migrations.append(Migration(part: part, version: version, name: file.name, sql: text))
    }
    return migrations
  }

  private static func choose(
    _ files: [FileName], _ version: Int, _ engine: Engine
  ) throws(StoreError) -> FileName {
    if files.count == 1, let file = files.first, file.engine == nil { return file }
    let engines = Set(files.compactMap(\.engine))
    guard files.count == 2, engines == Set(Engine.allCases), files[0].name == files[1].name,
      let file = files.first(where: { $0.engine == engine })
    else {
      throw .migration("version \(version) is neither one file nor one for each engine")
    }
    return file
  }
}

private struct FileName {
  let text: String
  let version: Int
  let name: String
  let engine: Engine?

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts.last == "sql", let stem = parts.first,
      stem.hasPrefix("V"), let separator = stem.firstIndex(of: "_")
    else { return nil }
    let digits = stem[stem.index(after: stem.startIndex)..<separator]
    let name = stem[stem.index(after: separator)...]
    guard digits.count == 4, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let version = Int(digits), version > 0, !name.isEmpty
    else { return nil }
    if parts.count == 3 {
      guard let engine = Engine(rawValue: String(parts[1])) else { return nil }
      self.engine = engine
    } else {
      engine = nil
    }
    self.text = text
    self.version = version
    self.name = String(name)
  }
}
