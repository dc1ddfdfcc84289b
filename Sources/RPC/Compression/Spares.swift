import Synchronization

/// Keeps a few of what is costly to make. A message is compressed or inflated in one go on its event loop, so
/// no more are in use than there are loops.
final class Spares<Item: AnyObject & Sendable>: Sendable {
  private let items = Mutex<[Item]>([])
  private let limit: Int
  private let make: @Sendable () -> Item?

  init(limit: Int, _ make: @escaping @Sendable () -> Item?) {
    self.limit = limit
    self.make = make
  }

  /// Lends one to `body`; nil when there is none and none can be made.
  func use<R, E: Error>(_ body: (Item) throws(E) -> R) throws(E) -> R? {
    guard let item = items.withLock({ $0.popLast() }) ?? make() else { return nil }
    defer { items.withLock { if $0.count < limit { $0.append(item) } } }
    return try body(item)
  }
}
