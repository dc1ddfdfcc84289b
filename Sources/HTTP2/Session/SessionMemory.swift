import CNghttp2
import Glibc

/// The memory of one nghttp2 session; two of its blocks lie on pages of their own, so that a connection at rest can give
/// them back to the system. They come back as zeros when they are touched again.
///
/// One is the only large block made with a session, 16 KiB in which a frame is put together: nothing in it is needed
/// once the frame has left. The other is the table of streams, 4 KiB, and it goes only while it is all zeros.
final class SessionMemory {
  @exclusivity(unchecked) private var frame: UnsafeMutableRawPointer?
  @exclusivity(unchecked) private var table: UnsafeMutableRawPointer?
  @exclusivity(unchecked) private var isBeingMade = true
  private static let page = 4096
  private static let frameSize = 16 * 1024

  /// The session is made: from here on all blocks are ordinary ones.
  func didMakeSession() { isBeingMade = false }

  /// Only while no frame is being sent.
  func release() {
    if let frame { madvise(frame, Self.frameSize, MADV_DONTNEED) }
    guard let table else { return }
    let words = UnsafeRawBufferPointer(start: table, count: Self.page).bindMemory(to: UInt64.self)
    if words.allSatisfy({ $0 == 0 }) { madvise(table, Self.page, MADV_DONTNEED) }
  }

  private func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    guard isBeingMade, frame == nil else { return malloc(count) }
    frame = Self.pages(count)
    return frame
  }

  private func allocateZeros(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
    let (whole, overflows) = count.multipliedReportingOverflow(by: size)
    guard isBeingMade, table == nil, !overflows, whole == Self.page else {
      return calloc(count, size)
    }
    table = Self.pages(whole)
    if let table { memset(table, 0, whole) }
    return table
  }

  private func reallocate(
    _ pointer: UnsafeMutableRawPointer?, _ count: Int
  ) -> UnsafeMutableRawPointer? {
    guard let pointer else { return count < Self.frameSize ? malloc(count) : allocate(count) }
    forget(pointer)
    return realloc(pointer, count)
  }

  /// Nearly every block is an ordinary one, and those begin inside a page.
  private static func isOrdinary(_ pointer: UnsafeMutableRawPointer) -> Bool {
    UInt(bitPattern: pointer) % UInt(page) != 0
  }

  private func forget(_ pointer: UnsafeMutableRawPointer) {
    guard !Self.isOrdinary(pointer) else { return }
    if pointer == frame { frame = nil }
    if pointer == table { table = nil }
  }

  private static func pages(_ count: Int) -> UnsafeMutableRawPointer? {
    var pointer: UnsafeMutableRawPointer?
    return posix_memalign(&pointer, page, count) == 0 ? pointer : nil
  }

  private static func with<R>(
    _ userData: UnsafeMutableRawPointer?, _ body: (SessionMemory) -> R
  ) -> R? {
    userData.map { Unmanaged<SessionMemory>.fromOpaque($0)._withUnsafeGuaranteedRef(body) }
  }

  /// For `nghttp2_session_*_new3`; this object has to outlive the session. An ordinary block comes and goes without a
  /// look at this object.
  var functions: nghttp2_mem {
    nghttp2_mem(
      mem_user_data: Unmanaged.passUnretained(self).toOpaque(),
      malloc: { count, userData in
        guard count >= SessionMemory.frameSize else { return Glibc.malloc(count) }
        return SessionMemory.with(userData) { $0.allocate(count) } ?? nil
      },
      free: { pointer, userData in
        guard let pointer else { return }
        if !SessionMemory.isOrdinary(pointer) {
          SessionMemory.with(userData) { $0.forget(pointer) }
        }
        Glibc.free(pointer)
      },
      calloc: { count, size, userData in
        SessionMemory.with(userData) { $0.allocateZeros(count, size) } ?? nil
      },
      realloc: { pointer, count, userData in
        SessionMemory.with(userData) { $0.reallocate(pointer, count) } ?? nil
      })
  }
}
