import Foundation
import NIOCore
import StoreSQLite

/// The cores that this process may use, and what is made as often as there are cores.
public enum ProcessCores {
  /// How many `taskset`, systemd or a container leave to the process. At least one.
  public static var count: Int {
    // NIO's own count knows the quota of a container, but not to which cores a process is bound.
    max(1, min(bound ?? .max, System.coreCount))
  }

  /// One event loop for each: a process that is bound to one core would otherwise have as many as the machine, which interrupt
  /// each other and share no reads and writes. Whoever sets the variable decides. Before the first loop is made.
  static func fitEventLoops() { setenv("NIO_SINGLETON_GROUP_LOOP_COUNT", "\(count)", 0) }

  /// As Linux tells it, which is what `sched_getaffinity` says; nil elsewhere.
  private static var bound: Int? {
    do { return cores(in: try String(contentsOfFile: "/proc/self/status", encoding: .utf8)) } catch
    {
      return nil
    }
  }

  /// Cores that a status of Linux allows; nil when it does not tell.
  static func cores(in status: String) -> Int? {
    let name = "Cpus_allowed:"
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    // `ff,ffffffff`: a mask in hexadecimal digits.
    return line?.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
  }
}

extension SQLiteStore.Limits {
  /// Readers for so many cores, two to four: more of them than cores make each read take longer, and everybody's while one
  /// tenant's fill them all. With a single one a long read would be in the way of all others.
  public static func fitted(to cores: Int = ProcessCores.count) -> Self {
    var limits = Self()
    limits.readers = max(2, min(cores, 4))
    return limits
  }
}
