/// Something that must not be printed: a password, a key, a token.
///
/// Every way a value is usually printed (interpolation, `print`, `dump`, a log line, a failed expectation) shows
/// `<secret>`; reading it takes the word `reveal`.
public struct Secret<Value: Sendable>: Sendable {
  private let value: Value

  public init(_ value: Value) { self.value = value }

  /// The value itself. Only where it leaves for its destination.
  public func reveal() -> Value { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
