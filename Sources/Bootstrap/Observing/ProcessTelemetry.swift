import Foundation
import Logging
import Telemetry
import Values

/// What one process shows of itself to those who run it: one for all parts of the process.
public final class ProcessTelemetry: Sendable {
  /// The version of this build.
  public static let version = "0.5.0"

  public let metrics = MetricRegistry()
  public let readiness = ReadinessBoard()
  /// Where spans go; nil where none are recorded.
  public let tracer: Tracer?
  /// Every process of an installation has its own.
  public let host = ProcessInfo.processInfo.hostName

  public init(tracer: Tracer? = nil) {
    self.tracer = tracer
    let readiness = readiness
    // Shown as 0 where nothing is traced, so that who watches them need not know.
    let spans = tracer ?? Tracer(share: 0)
    _ = metrics.add {
      ProcessFigures().families + readiness.families + spans.families + [
        .gauge(
          "portico_build_info", 1, help: "The version that runs.",
          [.init("version", Self.version)])
      ]
    }
  }
}

extension ProcessTelemetry {
  /// As the settings want it: `tracing.endpoint` and `tracing.sample`.
  public convenience init(_ settings: Settings) throws(SettingError) {
    let isTraced = try settings.string("tracing.endpoint")?.isEmpty == false
    let share = try settings.ratio("tracing.sample", default: 0.01)
    self.init(tracer: isTraced ? Tracer(share: share) : nil)
  }

  /// What shows it to others: the internal port, and the way to the collector. They start first and end last.
  public func parts(_ settings: Settings, logger: Logger) throws -> [any ProcessPart] {
    var parts: [any ProcessPart] = []
    if let text = try settings.string("internal.listen"), !text.isEmpty {
      let address = try HostConfiguration.address(text, named: "internal.listen")
      parts.append(InternalServer(address, self, logger: logger))
    }
    if let tracer, let endpoint = try settings.string("tracing.endpoint") {
      do {
        parts.append(try SpanExporter(tracer, endpoint: endpoint, host: host, logger: logger))
      } catch {
        throw SettingError.invalid("tracing.endpoint", "must be host:port, http://… or https://…")
      }
    }
    return parts
  }
}
