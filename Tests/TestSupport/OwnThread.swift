import Foundation

/// Runs what blocks on a thread of its own. Swift's and NIO's shared pools have few threads: tests that waited there would
/// hold those that the answer they wait for needs.
public func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}

/// Handed from one thread to another, never shared.
public struct Unchecked<Value>: @unchecked Sendable {
  public let value: Value
  public init(_ value: Value) { self.value = value }
}
