/// The receiving half of a stream: bytes in, whole messages out. Says how many bytes to give back to the sender's window,
/// which opens as messages are taken and not as they arrive. Compressed messages wait compressed and are
/// inflated as they are taken, so that a window full of them is no more than a window. Confined to an event loop.
struct Inbox {
  private var deframer: Deframer
  private let decompressor: Decompressor?
  /// The next message; the others wait in `ready`. A unary call has one and needs no list for it.
  private var head: Deframer.Message?
  private var ready: [Deframer.Message] = []
  private var first = 0
  private var isHeadInflated = false
  /// Bytes that count against the sender's window.
  private var held = 0
  /// Bytes that are here, whole messages or not.
  private var stored = 0
  /// Whether messages may come compressed.
  var acceptsCompressed: Bool { decompressor != nil }
  /// Whether the message that was taken last came compressed.
  private(set) var tookCompressed = false

  /// - Parameter decompressor: nil when the call's `grpc-encoding` is identity; a compressed message is an
  ///   error then.
  init(limit: Int, decompressor: Decompressor? = nil) {
    deframer = Deframer(limit: limit, acceptsCompressed: decompressor != nil)
    self.decompressor = decompressor
  }

  /// Adds bytes; the number to consume now. Bytes of a message that is still incomplete are consumed at
  /// once when nothing else waits, or a message larger than the window could never arrive.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(Status) -> Int {
    held += bytes.count
    stored += bytes.count
    try deframer.append(bytes) { message in
      if head == nil { head = message } else { ready.append(message) }
    }
    return count == 0 ? releaseAll() : 0
  }

  /// Whole messages that wait to be taken.
  var count: Int { (head == nil ? 0 : 1) + ready.count - first }

  /// What is here beyond the bytes that hold the sender's window: what arrived of a long message, and what it costs
  /// to keep many small ones apart.
  var kept: Int { stored - held + Self.costOfMessage * (ready.count - first) }

  /// Its place in the list and the memory block of its own.
  private static let costOfMessage = 64

  /// Bytes of a message that has not arrived completely.
  var isInsideMessage: Bool { deframer.isInsideMessage }

  /// The next message and the number of bytes to consume for it. Throws only for a compressed one.
  mutating func take() throws(Status) -> (message: [UInt8], consumed: Int)? {
    guard let (message, consumed) = takeRaw() else { return nil }
    guard let decompressor else { return (message.bytes, consumed) }
    tookCompressed = message.isCompressed
    guard message.isCompressed else { return (message.bytes, consumed) }
    if isHeadInflated {
      isHeadInflated = false
      return (message.bytes, consumed)
    }
    return (try decompressor.inflate(message.bytes), consumed)
  }

  /// Inflates the message that is next where it lies: its faults show before it is taken.
  mutating func inflateNext() throws(Status) {
    guard let decompressor, let message = head, message.isCompressed, !isHeadInflated else {
      return
    }
    let inflated = try decompressor.inflate(message.bytes)
    stored += inflated.count - message.bytes.count
    head = Deframer.Message(bytes: inflated, isCompressed: true)
    isHeadInflated = true
  }

  private mutating func takeRaw() -> (message: Deframer.Message, consumed: Int)? {
    guard let message = head else { return nil }
    stored -= message.bytes.count + Deframer.prefixSize
    guard first < ready.count else {
      head = nil
      return (message, releaseAll())
    }
    head = ready[first]
    ready[first].bytes = []
    first += 1
    if first == ready.count {
      ready.removeAll(keepingCapacity: true)
      first = 0
    }
    let consumed = min(held, message.bytes.count + Deframer.prefixSize)
    held -= consumed
    return (message, consumed)
  }

  /// Forgets everything.
  mutating func clear() {
    head = nil
    isHeadInflated = false
    if !ready.isEmpty { ready = [] }
    first = 0
    held = 0
    stored = 0
  }

  private mutating func releaseAll() -> Int {
    defer { held = 0 }
    return held
  }
}
