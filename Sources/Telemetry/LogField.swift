import Logging

/// One field of a line that is written for every request.
public struct LogField: Sendable {
  let name: String
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
  /// Writes a line at `info` with fields in their order, which is that of their names. The same line as with metadata; a
  /// table of it, hashed and sorted again, would cost more than the line.
  public func info(_ message: String, fields: [LogField]) {
    guard logLevel <= .info else { return }
    if let lines = handler as? LineLogHandler, lines.write(.info, message, fields) { return }
    var metadata: Logger.Metadata = [:]
    for field in fields { metadata[field.name] = field.value }
    info("\(message)", metadata: metadata)
  }
}
