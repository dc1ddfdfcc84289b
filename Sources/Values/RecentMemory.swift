/// A bounded memory in two halves: when the young one is full it becomes the old one, and the old one is forgotten. No
/// scan, no clock: an entry that is still in use moves back to the young half, so a flood of new keys never wipes what is
/// asked for all the time.
public struct RecentMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline let half: Int
  @usableFromInline var young: [Key: Value] = [:]
  @usableFromInline var old: [Key: Value] = [:]

  /// - Parameter capacity: how many entries are remembered at most.
  @inlinable
  public init(capacity: Int) { half = max(1, capacity / 2) }

  public var count: Int { young.count + old.count }

  @inlinable
  public subscript(key: Key) -> Value? {
    mutating get {
      if let value = young[key] { return value }
      guard let value = old.removeValue(forKey: key) else { return nil }
      self[key] = value
      return value
    }
    set {
      old[key] = nil
      if newValue != nil, young[key] == nil, young.count >= half {
        old = young
        young = [:]
      }
      young[key] = newValue
    }
  }

  /// Forgets what `isGone` says; looks at every entry.
  public mutating func removeAll(where isGone: (Key, Value) -> Bool) {
    for (key, value) in young where isGone(key, value) { young[key] = nil }
    for (key, value) in old where isGone(key, value) { old[key] = nil }
  }
}
