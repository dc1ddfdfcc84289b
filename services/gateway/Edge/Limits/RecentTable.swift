/// A dictionary that never holds more than its capacity: what nobody asked for longest gives way, one entry at a time.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Slot {
    let key: Key
    var value: Value
    var newer: Int?
    var older: Int?
  }

  let capacity: Int
  private var slots: [Slot] = []
  private var places: [Key: Int] = [:]
  private var newest: Int?
  private var oldest: Int?
  /// Places of entries that were taken out.
  private var spare: [Int] = []

  init(capacity: Int) { self.capacity = max(1, capacity) }

  var count: Int { places.count }

  /// Reading is asking: the entry counts as the most recent.
  subscript(key: Key) -> Value? {
    mutating get {
      guard let place = places[key] else { return nil }
      touch(place)
      return slots[place].value
    }
    set {
      guard let newValue else { return remove(key) }
      update(key, default: newValue) { $0 = newValue }
    }
  }

  /// Changes an entry, or the default where there is none.
  @discardableResult
  mutating func update<Result>(
    _ key: Key, default value: @autoclosure () -> Value, _ body: (inout Value) -> Result
  ) -> Result {
    guard let place = places[key] else {
      var value = value()
      let result = body(&value)
      insert(key, value)
      return result
    }
    touch(place)
    return body(&slots[place].value)
  }

  mutating func remove(_ key: Key) {
    guard let place = places.removeValue(forKey: key) else { return }
    unlink(place)
    spare.append(place)
  }

  /// Takes out every entry that `isGone` says so of.
  mutating func removeAll(where isGone: (Key, Value) -> Bool) {
    for (key, place) in places where isGone(key, slots[place].value) { remove(key) }
  }

  private mutating func insert(_ key: Key, _ value: Value) {
    if places.count >= capacity, let oldest { remove(slots[oldest].key) }
    let slot = Slot(key: key, value: value)
    let place: Int
    if let free = spare.popLast() {
      place = free
      slots[free] = slot
    } else {
      place = slots.count
      slots.append(slot)
    }
    places[key] = place
    linkNewest(place)
  }

  private mutating func touch(_ place: Int) {
    guard place != newest else { return }
    unlink(place)
    linkNewest(place)
  }

  private mutating func linkNewest(_ place: Int) {
    slots[place].older = newest
    slots[place].newer = nil
    if let newest { slots[newest].newer = place }
    newest = place
    if oldest == nil { oldest = place }
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (slots[place].newer, slots[place].older)
    if let newer { slots[newer].older = older } else { newest = older }
    if let older { slots[older].newer = newer } else { oldest = newer }
  }
}
