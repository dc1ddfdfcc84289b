import Foundation

/// How much room there is where a path lies.
public struct DiskSpace: Sendable {
  /// Less than this is as good as full: a checkpoint of a database needs some megabytes.
  static let least: Int64 = 64 << 20

  public let freeBytes: Int64
  public let totalBytes: Int64

  /// Nil when the path cannot be looked at; that of a file that is not there yet is looked at by its folder.
  public init?(at url: URL) {
    var url = url
    while !FileManager.default.fileExists(atPath: url.path), url.pathComponents.count > 1 {
      url.deleteLastPathComponent()
    }
    var facts = statvfs()
    guard statvfs(url.path, &facts) == 0 else { return nil }
    freeBytes = Int64(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
    totalBytes = Int64(clamping: UInt64(facts.f_blocks) &* UInt64(facts.f_frsize))
  }
}
