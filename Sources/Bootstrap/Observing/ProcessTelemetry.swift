import Foundation
import Telemetry
import Values

/// What one process shows of itself to those who run it: one for all parts of the process.
public final class ProcessTelemetry: Sendable {
  /// The version of this build.
  public static let version = "0.5.0"

  public let metrics = MetricRegistry()
  public let readiness = ReadinessBoard()
  /// Every process of an installation has its own.
  public let host = ProcessInfo.processInfo.hostName

  public init() {
    let readiness = readiness
    _ = metrics.add {
      ProcessFigures().families + readiness.families + [
        .gauge(
          "portico_build_info", 1, help: "The version that runs.",
          [.init("version", Self.version)])
      ]
    }
  }
}
