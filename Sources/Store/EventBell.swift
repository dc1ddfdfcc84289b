import Synchronization
import Values

/// Rings after a commit that appended events, so that those who wait need not look again and again. It tells of this
/// process's commits, and of those of other processes on the same database as far as the engine hears of them: that it
/// hears nothing proves nothing, and whoever must not miss an event looks now and then.
public final class EventBell: Sendable {
  public typealias Listener = @Sendable (Set<TenantID>) -> Void

  private let hears = Atomic(false)
  private let listeners = Mutex<(next: Int, all: [Int: Listener])>((0, [:]))

  public init() {}

  /// Called on a thread of the store, right after the commit: must not wait. Returns what `ignore` takes.
  public func listen(_ listener: @escaping Listener) -> Int {
    listeners.withLock { listeners in
      listeners.next += 1
      listeners.all[listeners.next] = listener
      return listeners.next
    }
  }

  public func ignore(_ number: Int) {
    listeners.withLock { _ = $0.all.removeValue(forKey: number) }
  }

  /// Whether it rings for other processes' commits too, at the moment.
  public var hearsOthers: Bool { hears.load(ordering: .acquiring) }

  /// For engines.
  public func setHearsOthers(_ hears: Bool) { self.hears.store(hears, ordering: .releasing) }

  /// For engines, after a commit.
  public func ring(_ tenants: Set<TenantID>) {
    guard !tenants.isEmpty else { return }
    for listener in listeners.withLock({ Array($0.all.values) }) { listener(tenants) }
  }
}
