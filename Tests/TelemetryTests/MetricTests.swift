import Foundation
import Testing

@testable import Telemetry

@Suite("Metrics of a process")
struct MetricTests {
  @Test(
    "a counter shows what is known before anything happened, and never more series than its bound")
  func counters() {
    let counter = Counter("x_total", help: "X.", labels: ["who"], known: [["a"]])
    #expect(counter.family.samples == [.init(0, [.init("who", "a")])])
    for number in 0..<(Counter.mostSeries + 50) { counter.add(2, "n\(number)") }
    let samples = counter.family.samples
    #expect(samples.count == Counter.mostSeries + 1)
    #expect(samples.first { $0.labels == [.init("who", "other")] }?.value == 102)
    #expect(counter.total == UInt64(2 * (Counter.mostSeries + 50)))
  }

  @Test("a distribution counts into the first bucket that holds a value, from many threads")
  func distributions() async {
    let times = Distribution([1, 2, 4])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for value in [0.5, 1, 1.5, 4, 9, -3, .nan] { times.record(value) } }
      }
    }
    #expect(times.count == 56)
    #expect(times.median == 1)
    let lines = PrometheusText.text([times.family("t_seconds", help: "T.")])
    #expect(lines.contains("t_seconds_bucket{le=\"1\"} 32"))
    #expect(lines.contains("t_seconds_bucket{le=\"2\"} 40"))
    #expect(lines.contains("t_seconds_bucket{le=\"4\"} 48"))
    #expect(lines.contains("t_seconds_bucket{le=\"+Inf\"} 56"))
    #expect(lines.contains("t_seconds_sum 128"))
    #expect(Distribution([1]).median == nil)
  }

  @Test(
    "parts with metrics of one name make one family, told apart by their labels, until they are removed"
  )
  func registry() {
    let registry = MetricRegistry()
    let a = registry.add([.init("service", "a")]) {
      [.gauge("g", 1, help: "G.", [.init("k", "v")])]
    }
    _ = registry.add([.init("service", "b")]) {
      [.gauge("g", 2, help: "G."), .gauge("h", 3, help: "H.")]
    }
    #expect(registry.families.map(\.name) == ["g", "h"])
    #expect(
      registry.families.first?.samples == [
        .init(1, [.init("service", "a"), .init("k", "v")]), .init(2, [.init("service", "b")]),
      ])
    registry.remove(a)
    #expect(registry.families.first?.samples.count == 1)
  }

  @Test("a process knows its memory, files and start")
  func process() {
    let figures = ProcessFigures()
    #expect(figures.residentBytes > 1 << 20)
    #expect(figures.openFiles > 2)
    #expect(figures.mostFiles >= figures.openFiles)
    #expect(figures.threads > 0)
    #expect(figures.startSeconds > 1e9 && figures.startSeconds <= Date().timeIntervalSince1970 + 5)
  }

  @Test("numbers are numbers in JSON")
  func numbers() {
    var line = JSONLine()
    line.value(.stringConvertible(LogNumber(milliseconds: .microseconds(12_034_567))))
    line.raw(" ")
    line.value(.stringConvertible(LogNumber(42)))
    #expect(line.finished == "12034.567 42")
    #expect(LogNumber(milliseconds: .seconds(-1)).description == "0.000")
  }
}
