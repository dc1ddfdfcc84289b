import Foundation
import PorticoAPI

/// What a server tells of itself by reflection: the files that declare its services and all that those import.
/// What else the program was built with stays out.
public struct ReflectionIndex: Sendable {
  /// Full names of the services, sorted.
  let services: [String]
  private let files: [String: DescribedFile]
  /// Paths by full name.
  private let symbols: [String: String]
  private let extensions: [DescribedFile.Extension: String]

  /// - Parameters:
  ///   - services: full names; one that no file declares is listed all the same.
  ///   - files: serialized FileDescriptorProtos; bytes that are none are left out.
  public init(services: some Sequence<String>, files: [[UInt8]] = Self.generated) {
    self.services = Set(services).sorted()
    let known = files.compactMap { DescribedFile(serialized: $0) }
    let byPath = Dictionary(known.map { ($0.path, $0) }) { first, _ in first }
    let names = Set(self.services)
    let roots = known.filter { !names.isDisjoint(with: $0.services) }.map(\.path)
    let reached = Self.closure(of: roots, in: byPath)
    self.files = byPath.filter { reached.contains($0.key) }
    symbols = Dictionary(
      self.files.values.flatMap { file in file.symbols.map { ($0, file.path) } }
    ) { first, _ in first }
    extensions = Dictionary(
      self.files.values.flatMap { file in file.extensions.map { ($0, file.path) } }
    ) { first, _ in first }
  }

  /// The files of `proto/`.
  public static var generated: [[UInt8]] {
    FileDescriptors.all.compactMap { Data(base64Encoded: $0.base64).map { [UInt8]($0) } }
  }

  private static func closure(
    of roots: [String], in files: [String: DescribedFile]
  ) -> Set<String> {
    var reached: Set<String> = []
    var pending = roots
    while let path = pending.popLast() {
      guard let file = files[path], reached.insert(path).inserted else { continue }
      pending += file.dependencies
    }
    return reached
  }

  func file(_ path: String) -> DescribedFile? { files[path] }

  func file(declaring symbol: String) -> DescribedFile? { symbols[symbol].flatMap { files[$0] } }

  func file(extending type: String, number: Int32) -> DescribedFile? {
    extensions[.init(extendee: type, number: number)].flatMap { files[$0] }
  }

  /// Ascending; nil when there is no such message.
  func extensionNumbers(of type: String) -> [Int32]? {
    guard symbols[type] != nil else { return nil }
    return extensions.keys.filter { $0.extendee == type }.map(\.number).sorted()
  }
}
