import Logging
import Synchronization
import Testing
import Values

@testable import Telemetry

private final class Written: LogSink {
  private let kept = Mutex<[String]>([])
  func write(line: String) { kept.withLock { $0.append(line) } }
  var all: [String] { kept.withLock { $0 } }
}

/// Both ways of writing the same line.
@Suite("Lines of fields")
struct FieldLogTests {
  private let written = Written()

  private func logger(
    _ format: LineLogHandler.Format = .json, level: Logger.Level = .info
  ) -> Logger {
    let clock = ManualClock(Instant(microseconds: 1_770_091_506_789_012))
    return Logger(label: "gateway") {
      LineLogHandler(label: $0, format: format, level: level, to: written, clock: clock)
    }
  }

  /// Every kind of field, each in its order.
  private static let fields = [
    LogField("bytes", number: 42), LogField("least", number: Int64.min),
    LogField("less", number: -7), LogField("ms", milliseconds: .microseconds(12_034_567)),
    LogField("never", milliseconds: .seconds(-1)), LogField("path", "/a\n\"b\"\u{202e}Zoë"),
    LogField("shortest", milliseconds: .microseconds(7)),
  ]
  private static let spelled =
    #""bytes":42,"least":-9223372036854775808,"less":-7,"ms":12034.567,"never":0.000,"#
    + #""path":"/a\n\"b\"\u202eZoë","shortest":0.007}"#

  @Test("X-29 fields are spelled as in metadata, numbers as numbers")
  func spelling() throws {
    let log = logger()
    FieldLog(log).write(.info, "request", Self.fields)
    var metadata: Logger.Metadata = [:]
    for field in Self.fields { metadata[field.name] = field.metadata }
    log.info("request", metadata: metadata)
    let lines = written.all
    try #require(lines.count == 2)
    #expect(lines[0].hasSuffix(Self.spelled))
    #expect(lines[0] == lines[1])
    #expect(lines[0].hasPrefix(#"{"time":"2026-02-03T04:05:06.789012Z","level":"info","#))
  }

  @Test("a logger that has more to say says it with the fields as well")
  func metadata() throws {
    var log = logger()
    log[metadataKey: "service"] = "identity"
    log[metadataKey: "shard"] = "3"
    FieldLog(log).write(.warning, "call", [LogField("bytes", number: 1)])
    let line = try #require(written.all.first)
    #expect(line.hasSuffix(#""service":"identity","message":"call","bytes":1,"shard":"3"}"#))
  }

  @Test("whose service it is stands in the place of the label")
  func service() throws {
    var log = logger()
    log[metadataKey: "service"] = "identity"
    FieldLog(log).write(.info, "call", [])
    #expect(written.all.first?.hasSuffix(#""service":"identity","message":"call"}"#) == true)
  }

  @Test("as text a line of fields is like any other, and one below the level is none")
  func levels() {
    FieldLog(logger(.text)).write(.info, "call", [LogField("ms", milliseconds: .milliseconds(2))])
    #expect(written.all == ["04:05:06.789 info    gateway    call  ms=2.000"])
    let quiet = FieldLog(logger(level: .warning))
    quiet.write(.info, "call", [])
    #expect(!quiet.isOn(.info) && quiet.isOn(.error))
    #expect(written.all.count == 1)
  }
}
