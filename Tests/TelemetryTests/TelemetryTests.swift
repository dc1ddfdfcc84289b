import Foundation
import Logging
import Synchronization
import Testing
import Values

@testable import Telemetry

private final class Lines: LogSink {
  private let kept = Mutex<[String]>([])
  func write(line: String) { kept.withLock { $0.append(line) } }
  var all: [String] { kept.withLock { $0 } }
}

private func logger(
  _ format: LineLogHandler.Format, _ lines: Lines,
  at time: Instant = Instant(seconds: 1_770_091_506)
) -> Logger {
  Logger(label: "ticketing") {
    LineLogHandler(label: $0, format: format, to: lines, clock: ManualClock(time))
  }
}

@Suite("Log lines")
struct LogTests {
  @Test("a record is one JSON object, with its fields")
  func json() throws {
    let lines = Lines()
    logger(.json, lines).warning(
      "slow call",
      metadata: ["call": "a1b2", "parts": ["x", "y"], "more": ["k": "v"], "level": "9"])
    let line = try #require(lines.all.first)
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(object?["time"] as? String == "2026-02-03T04:05:06.000000Z")
    #expect(object?["level"] as? String == "warning")
    #expect(object?["level_"] as? String == "9")
    #expect(object?["service"] as? String == "ticketing")
    #expect(object?["message"] as? String == "slow call")
    #expect(object?["call"] as? String == "a1b2")
    #expect(object?["parts"] as? [String] == ["x", "y"])
    #expect(object?["more"] as? [String: String] == ["k": "v"])
  }

  @Test("every text comes back as it was said, in a line of ASCII and beyond")
  func spelling() throws {
    let lines = Lines()
    let texts = ["", "plain ASCII", "tab\there", "\\ and \"", "Zoë, 日本, 👩🏽‍🚀", "\u{7e}\u{7f}\u{80}"]
    for text in texts { logger(.json, lines).info("\(text)", metadata: ["\(text)x": "\(text)"]) }
    for (text, line) in zip(texts, lines.all) {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["message"] as? String == text)
      #expect(object?["\(text)x"] as? String == text)
    }
    #expect(lines.all.count == texts.count)
  }

  @Test(
    "X-29 what a stranger typed cannot forge a line, colour a terminal or turn the text around",
    arguments: [LineLogHandler.Format.json, .text])
  func injection(_ format: LineLogHandler.Format) throws {
    let lines = Lines()
    let evil = "x\r\n{\"level\":\"error\"}\u{1b}[31mred\u{9b}2J\u{2028}\u{202e}\u{0}\u{7f}\"\\"
    logger(format, lines).info("\(evil)", metadata: ["user": "\(evil)", "a\nb": "c"])
    #expect(lines.all.count == 1)
    let line = try #require(lines.all.first)
    let unsafe = line.unicodeScalars.filter {
      $0.properties.generalCategory == .control || (0x2028...0x202e).contains($0.value)
    }
    #expect(unsafe.isEmpty)
    if format == .json {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["message"] as? String == evil)
    }
  }

  @Test("X-27 a secret in the metadata stays one")
  func secrets() {
    let lines = Lines()
    logger(.text, lines).info(
      "login", metadata: ["password": .stringConvertible(Secret("hunter2"))])
    #expect(lines.all == ["04:05:06.000 info    ticketing  login  password=<secret>"])
  }

  @Test("instants before 1970 and fractions of a second are spelled right")
  func times() {
    let lines = Lines()
    logger(.json, lines, at: Instant(microseconds: -1)).info("x")
    #expect(lines.all[0].hasPrefix("{\"time\":\"1969-12-31T23:59:59.999999Z\""))
  }
}
