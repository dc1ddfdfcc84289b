import Logging

/// One field of a line that is written for every request.
public struct LogField: Sendable {
  enum Value: Sendable {
    case text(String)
    case number(Int64)
    case milliseconds(Duration)
  }

  public let name: String
  let value: Value

  /// - Parameter name: none of `time`, `level`, `service` and `message`.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = .text(value)
  }

  public init(_ name: String, number: some BinaryInteger) {
    self.name = name
    value = .number(Int64(clamping: number))
  }

  public init(_ name: String, milliseconds: Duration) {
    self.name = name
    value = .milliseconds(milliseconds)
  }

  /// The same as a logger of any kind takes it.
  var metadata: Logger.MetadataValue {
    switch value {
    case .text(let text): .string(text)
    case .number(let number): .stringConvertible(LogNumber(number))
    case .milliseconds(let duration): .stringConvertible(LogNumber(milliseconds: duration))
    }
  }
}
