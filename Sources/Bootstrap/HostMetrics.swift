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

  /// Calls that came in, those of them that failed through no fault of their callers, and those that run.
  var calls: (all: UInt64, failed: UInt64, inFlight: UInt64) {
    served.snapshot.reduce(into: (0, 0, 0)) { sum, method in
      sum.0 &+= method.started
      sum.2 &+= method.inFlight
      for (code, count) in method.handled where code.isFault { sum.1 &+= count }
    }
  }

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

extension Status.Code {
  /// Something here, or behind it, was wrong; the request was not.
  var isFault: Bool {
    switch self {
    case .unknown, .internal, .unavailable, .deadlineExceeded, .resourceExhausted, .dataLoss: true
    default: false
    }
  }
}
