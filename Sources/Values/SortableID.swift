import Synchronization

/// A 128-bit identifier whose text sorts by the time it was made: 26 characters of lower-case
/// base 32 (digits, then letters without i, l, o and u). 48 bits of milliseconds lead, 80 random
/// bits follow.
public struct SortableID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the 26 characters of `description`; nil for anything else, capital letters included.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count == 26 else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for (index, byte) in text.utf8.enumerated() {
      guard let digit = Self.alphabet.firstIndex(of: byte), index > 0 || digit < 8 else {
        return nil
      }
      high = high << 5 | low >> 59
      low = low << 5 | UInt64(digit)
    }
    self.init(high: high, low: low)
  }

  /// When it was made, to the millisecond.
  public var time: Instant { Instant(microseconds: Int64(high >> 16) * 1000) }

  public var description: String {
    var (high, low) = (high, low)
    var characters = [UInt8](repeating: 0, count: 26)
    for index in characters.indices.reversed() {
      characters[index] = Self.alphabet[Int(low & 31)]
      low = low >> 5 | high << 59
      high >>= 5
    }
    return String(decoding: characters, as: UTF8.self)
  }

  public static func < (a: SortableID, b: SortableID) -> Bool {
    (a.high, a.low) < (b.high, b.low)
  }

  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}

/// Makes sortable identifiers, each greater than the one before it, also within a millisecond and
/// when the clock is set back. Safe to share between tasks.
public final class SortableIDGenerator: Sendable {
  private let clock: any WallClock
  private let last = Mutex(SortableID(high: 0, low: 0))

  public init(clock: any WallClock) { self.clock = clock }

  public func next() -> SortableID {
    let milliseconds = UInt64(clamping: clock.now.microseconds / 1000) & 0xFFFF_FFFF_FFFF
    var random = SystemRandomNumberGenerator()
    let fresh = SortableID(
      high: milliseconds << 16 | random.next() & 0xFFFF, low: random.next())
    return last.withLock { last in
      // Within one millisecond a random step of up to 2^32 keeps the order and stays unguessable.
      last = fresh.time > last.time ? fresh : Self.successor(of: last, by: random.next() >> 32)
      return last
    }
  }

  private static func successor(of id: SortableID, by step: UInt64) -> SortableID {
    let (low, carry) = id.low.addingReportingOverflow(step + 1)
    return SortableID(high: carry ? id.high &+ 1 : id.high, low: low)
  }
}
