import Foundation

/// What a process holds.
enum ProcessMemory {
  /// Open descriptors of a process.
  static func descriptors(_ process: pid_t = getpid()) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
  }

  /// Seconds that a process has computed, in user and system mode.
  static func processorTime(_ process: pid_t) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    // The name in parentheses may hold spaces; the times are the 12th and 13th field behind it.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw WireError.unexpected("stat: \(text)")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
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
