import Glibc
import Values

/// Bytes of JSON as they are written. Memory of its own: an answer is made of hundreds of short pieces, and what an
/// array asks itself before it takes one costs more than the piece.
///
/// Belongs to the one who writes; the copies of a `JSONPrinter` write to the same.
final class JSONOutput {
  @exclusivity(unchecked) private var start: UnsafeMutablePointer<UInt8>
  @exclusivity(unchecked) private var room: Int
  @exclusivity(unchecked) private(set) var count = 0

  init(room: Int) {
    self.room = max(64, room)
    start = .allocate(capacity: self.room)
  }

  deinit { start.deallocate() }

  /// What was written.
  var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

  @inline(__always)
  func append(_ byte: UInt8) {
    if count == room { grow(1) }
    start[count] = byte
    count &+= 1
  }

  @inline(__always)
  func append(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress else { return }
    if room &- count < bytes.count { grow(bytes.count) }
    memcpy(start + count, from, bytes.count)
    count &+= bytes.count
  }

  func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  func append(_ text: String) {
    text.withBytes { append(UnsafeRawBufferPointer($0)) }
  }

  /// A number in decimal.
  func append(_ number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var first = digits.count
      repeat {
        first -= 1
        digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      append(UnsafeRawBufferPointer(rebasing: digits[first...]))
    }
  }

  @inline(never)
  private func grow(_ more: Int) {
    let larger = max(room * 2, count + more)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memory.update(from: start, count: count)
    start.deallocate()
    start = memory
    room = larger
  }
}
