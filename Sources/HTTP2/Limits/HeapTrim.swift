import Foundation
import Synchronization

/// Gives the memory that an attack or a rush has left behind back to the system: the C library keeps what was freed for
/// the next time, all of it and for ever.
public final class HeapTrim: Sendable {
  public static let shared = HeapTrim()

  /// A process smaller than this keeps what it has, bytes.
  public static let threshold = 64 * 1024 * 1024
  /// Between the end of a connection and the look at the memory, so that many ends cost one.
  private static let pause = 5
  /// On a busy machine handlers outlive their connection by more than one pause, and free memory when they end.
  private static let looksAfterAnEnd = 4

  private let isScheduled = Atomic<Bool>(false)
  private let looksLeft = Atomic<Int>(0)

  /// A connection has ended, and with it, perhaps, the need for much of the memory.
  public func connectionEnded() {
    looksLeft.store(Self.looksAfterAnEnd, ordering: .relaxed)
    schedule()
  }

  private func schedule() {
    guard !isScheduled.exchange(true, ordering: .relaxed) else { return }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .seconds(Self.pause)) {
      self.isScheduled.store(false, ordering: .relaxed)
      self.look()
    }
  }

  private func look() {
    guard Self.resident > Self.threshold else { return }
    _ = Self.trim?(0)
    if looksLeft.subtract(1, ordering: .relaxed).newValue > 0 { schedule() }
  }

  /// glibc's `malloc_trim`; other C libraries have none and keep less.
  private static let trim: (@convention(c) (Int) -> Int32)? =
    dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: (@convention(c) (Int) -> Int32).self) }

  /// Resident bytes of this process; 0 where the system does not say.
  private static var resident: Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let fields = line.split(separator: CChar(UInt8(ascii: " ")))
    guard fields.count > 1 else { return 0 }
    let pages = fields[1].reduce(0) { $0 &* 10 &+ Int($1) &- 48 }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
