/// The streams of one connection by their ids, in open addressing: a dictionary's hash alone costs more than a whole
/// look-up does here.
///
/// The peer chooses the ids; which of them meet in one place depends on a factor that it cannot know.
struct StreamTable {
  private struct Slot {
    var id: Int32 = 0
    var stream: HTTP2Stream?
  }

  /// None, or a power of two of which at most half are taken. Stream 0 is the connection itself, so 0 is a free slot.
  private var slots: [Slot] = []
  private(set) var count = 0
  private let factor = Self.secret
  private static let secret = UInt64.random(in: .min ... .max) | 1

  var isEmpty: Bool { count == 0 }

  var all: [HTTP2Stream] { slots.compactMap(\.stream) }

  subscript(id: Int32) -> HTTP2Stream? {
    guard !slots.isEmpty else { return nil }
    return slots[place(of: id)].stream
  }

  /// Adds a stream whose id is not in the table.
  mutating func insert(_ stream: HTTP2Stream) {
    if 2 * (count + 1) > slots.count { grow() }
    slots[place(of: stream.id)] = Slot(id: stream.id, stream: stream)
    count += 1
  }

  mutating func remove(_ id: Int32) -> HTTP2Stream? {
    guard !slots.isEmpty else { return nil }
    var free = place(of: id)
    guard let stream = slots[free].stream else { return nil }
    slots[free] = Slot()
    count -= 1
    // Whoever stands behind the gap and would be found through it moves up.
    var next = following(free)
    while slots[next].id != 0 {
      let home = home(of: slots[next].id)
      if distance(from: home, to: next) >= distance(from: free, to: next) {
        slots.swapAt(free, next)
        free = next
      }
      next = following(next)
    }
    return stream
  }

  /// Where this stream is, or the free slot where it would be.
  private func place(of id: Int32) -> Int {
    var place = home(of: id)
    while slots[place].id != id, slots[place].id != 0 { place = following(place) }
    return place
  }

  private func home(of id: Int32) -> Int {
    let spread = UInt64(UInt32(bitPattern: id)) &* factor
    return Int(truncatingIfNeeded: spread >> 32) & (slots.count - 1)
  }

  private func following(_ place: Int) -> Int { (place + 1) & (slots.count - 1) }

  private func distance(from start: Int, to end: Int) -> Int { (end - start) & (slots.count - 1) }

  private mutating func grow() {
    let streams = all
    slots = [Slot](repeating: Slot(), count: max(8, 2 * slots.count))
    for stream in streams { slots[place(of: stream.id)] = Slot(id: stream.id, stream: stream) }
  }
}
