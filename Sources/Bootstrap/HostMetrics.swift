import HTTP2
import RPC
import Telemetry

/// The calls and connections of one part of a process, for whoever shows them. May be read at any time.
public struct HostMetrics: Sendable {
  /// Calls that came in, by method.
  public let served: CallMetrics
  /// Calls to other services, by method; each once, however many attempts it took.
  public let made: CallMetrics
  /// Connections that came in, and those to other services.
  public let listener: HTTP2Counters
  public let channels: HTTP2Counters

  /// As Prometheus reads them: `PrometheusText.text(metrics.families)`. The connections' carry `side`.
  public var families: [MetricFamily] {
    let incoming = listener.families([.init("side", "server")])
    let outgoing = channels.families([.init("side", "client")])
    let connections = zip(incoming, outgoing).map { incoming, outgoing in
      var family = incoming
      family.samples += outgoing.samples
      return family
    }
    return served.families + made.families + connections
  }
}
