import Logging
import Values

/// Writes the lines that every request and every call has, with fields in their order. The same lines as with metadata; a
/// table of it, hashed and sorted again, would cost more than the line.
public struct FieldLog: Sendable {
  private let logger: Logger
  /// Nil when the logger is of another kind, or has more to add to each line than which service it is.
  private let lines: FieldLines?

  /// Looks at the logger once: what is changed in a copy of it later does not matter here.
  public init(_ logger: Logger) {
    self.logger = logger
    lines = (logger.handler as? LineLogHandler)?.fieldLines
  }

  public func isOn(_ level: Logger.Level) -> Bool { logger.logLevel <= level }

  /// - Parameter fields: in the order of their names.
  public func write(_ level: Logger.Level, _ message: String, _ fields: [LogField]) {
    guard isOn(level) else { return }
    if let lines { return lines.write(level, message, fields) }
    var metadata: Logger.Metadata = [:]
    for field in fields { metadata[field.name] = field.metadata }
    logger.log(level: level, "\(message)", metadata: metadata)
  }
}

/// What lines of fields share. A class: it goes along with every request.
final class FieldLines: Sendable {
  private let label: String
  private let sink: any LogSink
  private let clock: any WallClock

  init(label: String, sink: any LogSink, clock: any WallClock) {
    self.label = label
    self.sink = sink
    self.clock = clock
  }

  func write(_ level: Logger.Level, _ message: String, _ fields: [LogField]) {
    let record = LogRecord(
      time: clock.now, level: level, label: label, message: message, fields: [:])
    sink.write(utf8: record.json(fields))
  }
}
