import Logging

/// One field of a line that is written for every request.
public struct LogField: Sendable {
  public let name: String
  let value: Logger.MetadataValue

  /// - Parameter name: none of `time`, `level`, `service` and `message`.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = .string(value)
  }

  public init(_ name: String, _ value: LogNumber) {
    self.name = name
    self.value = .stringConvertible(value)
  }
}

extension Logger {
  /// Writes a line with fields in their order, which is that of their names. The same line as with metadata; a table of it,
  /// hashed and sorted again, would cost more than the line.
  public func log(level: Logger.Level, _ message: String, fields: [LogField]) {
    guard logLevel <= level else { return }
    if let lines = handler as? LineLogHandler, lines.write(level, message, fields) { return }
    var metadata: Logger.Metadata = [:]
    for field in fields { metadata[field.name] = field.value }
    log(level: level, "\(message)", metadata: metadata)
  }
}
