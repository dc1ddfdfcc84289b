/// The receiving half of a stream: bytes in, whole messages out. Says how many bytes to give back to the sender's window,
/// which opens as messages are taken and not as they arrive. Confined to an event loop.
struct Inbox {
  private var deframer: Deframer
  private var ready: [[UInt8]] = []
  private var first = 0
  private var held = 0

  init(limit: Int) { deframer = Deframer(limit: limit) }

  /// Adds bytes; the number to consume now. Bytes of a message that is still incomplete are consumed at
  /// once when nothing else waits, or a message larger than the window could never arrive.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(Status) -> Int {
    held += bytes.count
    try deframer.append(bytes) { ready.append($0) }
    return count == 0 ? releaseAll() : 0
  }

  /// Whole messages that wait to be taken.
  var count: Int { ready.count - first }

  /// Bytes of a message that has not arrived completely.
  var isInsideMessage: Bool { deframer.isInsideMessage }

  /// The next message and the number of bytes to consume for it.
  mutating func take() -> (message: [UInt8], consumed: Int)? {
    guard first < ready.count else { return nil }
    let message = ready[first]
    ready[first] = []
    first += 1
    guard first == ready.count else {
      let consumed = min(held, message.count + Deframer.prefixSize)
      held -= consumed
      return (message, consumed)
    }
    ready.removeAll(keepingCapacity: true)
    first = 0
    return (message, releaseAll())
  }

  /// Forgets everything.
  mutating func clear() {
    ready = []
    first = 0
    held = 0
  }

  private mutating func releaseAll() -> Int {
    defer { held = 0 }
    return held
  }
}
