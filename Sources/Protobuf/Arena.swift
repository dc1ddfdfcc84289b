import CProtobufC
import Glibc

/// Memory for the C structures of one message: bump allocation from a few chunks, all freed at once.
///
/// Decoding gives it a budget, over which allocation fails with NULL, as libprotobuf-c expects and
/// survives; encoding gives it none. Nothing inside may be used after the arena is gone.
public struct Arena: ~Copyable {
  private struct Chunk {
    var next: UnsafeMutablePointer<Chunk>?
  }

  private struct State {
    var cursor: UnsafeMutableRawPointer?
    var end: UnsafeMutableRawPointer?
    var chunks: UnsafeMutablePointer<Chunk>?
    var nextChunkSize: Int
    var remaining: Int
    var isExhausted: Bool
  }

  private let state: UnsafeMutablePointer<State>

  private static let alignment = 16
  private static let largestChunk = 1 << 20

  /// An arena that gives out at most `budget` bytes; its first chunk holds `firstChunk`: by default as much
  /// as malloc still serves, together with the state, from the thread's own cache.
  init(budget: Int = .max, firstChunk: Int = 896) {
    let capacity = max(64, min(firstChunk, Self.largestChunk))
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: Self.stateSize + capacity, alignment: Self.alignment)
    state = memory.bindMemory(to: State.self, capacity: 1)
    state.initialize(
      to: State(
        cursor: memory + Self.stateSize, end: memory + Self.stateSize + capacity,
        nextChunkSize: min(capacity &* 2, Self.largestChunk), remaining: budget,
        isExhausted: false))
  }

  /// Rounded up, so that what follows is aligned.
  private static var stateSize: Int {
    MemoryLayout<State>.size + (-MemoryLayout<State>.size & (alignment - 1))
  }

  deinit {
    var chunk = state.pointee.chunks
    while let current = chunk {
      chunk = current.pointee.next
      free(current)
    }
    UnsafeMutableRawPointer(state).deallocate()
  }

  /// Whether an allocation was refused for lack of budget.
  var isExhausted: Bool { state.pointee.isExhausted }

  /// Bytes given out so far that still count against the budget.
  var remaining: Int { state.pointee.remaining }

  /// `size` bytes, 16-aligned and uninitialized, or nil when the budget does not allow them.
  func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    Self.allocate(size, from: state)
  }

  /// Runs `body` with this arena as libprotobuf-c's allocator.
  func withAllocator<R>(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> R) -> R {
    var allocator = ProtobufCAllocator(
      alloc: { state, size in
        guard let state, size <= Int.max else { return nil }
        return Arena.allocate(Int(size), from: state.assumingMemoryBound(to: State.self))
      },
      free: { _, _ in },
      allocator_data: state)
    return withUnsafeMutablePointer(to: &allocator, body)
  }

  private static func allocate(
    _ size: Int, from state: UnsafeMutablePointer<State>
  ) -> UnsafeMutableRawPointer? {
    guard size >= 0, size <= state.pointee.remaining else {
      state.pointee.isExhausted = true
      return nil
    }
    let rounded = max(size + (-size & (alignment - 1)), alignment)
    defer { state.pointee.remaining = max(0, state.pointee.remaining - rounded) }
    guard let cursor = state.pointee.cursor, let end = state.pointee.end, end - cursor >= rounded
    else { return grow(state, toHold: rounded) }
    state.pointee.cursor = cursor + rounded
    return cursor
  }

  /// Starts a chunk that holds at least `size` bytes and takes those from it. malloc itself aligns as
  /// needed, and costs half of what Swift's `allocate` does.
  private static func grow(
    _ state: UnsafeMutablePointer<State>, toHold size: Int
  ) -> UnsafeMutableRawPointer? {
    let capacity = max(size, state.pointee.nextChunkSize)
    guard let memory = malloc(alignment + capacity) else {
      state.pointee.isExhausted = true
      return nil
    }
    state.pointee.nextChunkSize = min(capacity &* 2, largestChunk)
    let chunk = memory.bindMemory(to: Chunk.self, capacity: 1)
    chunk.initialize(to: Chunk(next: state.pointee.chunks))
    state.pointee.chunks = chunk
    state.pointee.cursor = memory + alignment + size
    state.pointee.end = memory + alignment + capacity
    return memory + alignment
  }
}
