import Foundation

/// What a process holds.
enum ProcessMemory {
  /// Open descriptors of this process.
  static func descriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }

  /// Resident bytes of a process.
  static func resident(_ process: pid_t) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else {
      throw WireError.unexpected("statm: \(text)")
    }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
