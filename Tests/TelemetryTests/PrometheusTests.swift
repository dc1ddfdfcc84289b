import Testing

@testable import Telemetry

@Suite struct PrometheusTests {
  private static let families = [
    MetricFamily(
      "calls_total", .counter, help: "Calls\nof a \\ server.",
      samples: [
        .init(3, [.init("method", "a\"b\\c\nd"), .init("code", "OK")]), .init(1.5),
      ]),
    MetricFamily("nothing", .gauge, help: "No lines."),
    {
      var family = MetricFamily("seconds", .histogram, help: "Time.")
      family.add(
        buckets: [(0.001, 2), (0.5, 3)], count: 6, sum: 7.25, [.init("method", "x")])
      return family
    }(),
  ]

  @Test("R-042 the text format, labels and help escaped, empty families left out")
  func text() {
    #expect(
      PrometheusText.text(Self.families) == #"""
        # HELP calls_total Calls\nof a \\ server.
        # TYPE calls_total counter
        calls_total{method="a\"b\\c\nd",code="OK"} 3
        calls_total 1.5
        # HELP seconds Time.
        # TYPE seconds histogram
        seconds_bucket{method="x",le="0.001"} 2
        seconds_bucket{method="x",le="0.5"} 5
        seconds_bucket{method="x",le="+Inf"} 6
        seconds_sum{method="x"} 7.25
        seconds_count{method="x"} 6

        """#)
  }

  @Test("R-042 every line is one that the format knows")
  func grammar() throws {
    let name = "[a-zA-Z_:][a-zA-Z0-9_:]*"
    let label = #"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*""#
    let line = try Regex(
      "(# (HELP \(name) .*|TYPE \(name) (counter|gauge|histogram))"
        + "|\(name)(\\{\(label)(,\(label))*\\})? ([-+]?[0-9.]+(e[-+]?[0-9]+)?|NaN|[-+]Inf))")
    let lines = PrometheusText.text(Self.families).split(separator: "\n")
    #expect(lines.count == 11)
    for text in lines { #expect(try line.wholeMatch(in: text) != nil, "\(text)") }
    #expect(try line.wholeMatch(in: "calls total 1") == nil)
  }

  @Test(
    "R-042 numbers",
    arguments: [
      (0, "0"), (-3, "-3"), (1e15, "1000000000000000"), (0.1, "0.1"), (1.024e-06, "1.024e-06"),
      (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ] as [(Double, String)])
  func numbers(value: Double, expected: String) {
    #expect(PrometheusText.number(value) == expected)
  }
}
