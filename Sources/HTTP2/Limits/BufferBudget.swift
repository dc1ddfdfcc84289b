import Synchronization

/// The memory that connections may hold in bytes nobody has read and bytes that could not be sent.
///
/// A connection reports what it holds in steps of 64 KiB, so that small calls never touch what all threads share; the
/// bound is therefore the limit and one step a connection. When the limit is reached, new streams are
/// refused and a connection that still grows is ended.
public final class BufferBudget: Sendable {
  /// 512 MiB for the process.
  public static let shared = BufferBudget(limit: 512 * 1024 * 1024)

  /// Bytes.
  public let limit: Int
  private let total = Atomic<Int>(0)

  public init(limit: Int) { self.limit = limit }

  /// Bytes that are held now, as far as reported.
  public var used: Int { total.load(ordering: .relaxed) }

  var isExhausted: Bool { used > limit }

  /// Most of it is taken: peers that leave much waiting have to take it within the time they have.
  var isTight: Bool { used > limit / 4 * 3 }

  func change(by count: Int) { total.wrappingAdd(count, ordering: .relaxed) }

  static let step = 64 * 1024
}
