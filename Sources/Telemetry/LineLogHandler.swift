import Logging
import Values

/// One line a record, to a `LogSink`, in the form of `format`.
public struct LineLogHandler: LogHandler {
  public enum Format: String, Sendable, CaseIterable { case json, text }

  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level
  public var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let format: Format
  private let sink: any LogSink
  private let clock: any WallClock

  public init(
    label: String, format: Format, level: Logger.Level = .info,
    to sink: any LogSink = StandardError(), clock: any WallClock = SystemClock()
  ) {
    self.label = label
    self.format = format
    self.sink = sink
    self.clock = clock
    logLevel = level
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// For lines whose fields come in their order. Nil when there is more to add to each line than which service it is: then
  /// they go the usual way.
  var fieldLines: FieldLines? {
    let service = metadata["service"]
    guard metadata.count == (service == nil ? 0 : 1), metadataProvider == nil, format == .json
    else { return nil }
    return FieldLines(label: service?.description ?? label, sink: sink, clock: clock)
  }

  public func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let own = event.metadata {
      if fields.isEmpty { fields = own } else { fields.merge(own) { $1 } }
    }
    // A process of several services says which of them speaks.
    let service = fields.removeValue(forKey: "service").map { "\($0)" } ?? label
    let record = LogRecord(
      time: clock.now, level: event.level, label: service, message: event.message.description,
      fields: fields)
    sink.write(line: format == .json ? record.json : record.text)
  }
}

/// Where finished lines go.
public protocol LogSink: Sendable {
  /// - Parameter line: without its line feed, and free of control characters.
  func write(line: String)

  /// The same in UTF-8. Taken over, so that what is put behind it costs no copy.
  func write(utf8 line: consuming [UInt8])
}

extension LogSink {
  public func write(utf8 line: consuming [UInt8]) {
    write(line: String(decoding: line, as: UTF8.self))
  }
}
