import HTTP2
import Telemetry

extension CallMetrics {
  /// As Prometheus reads them, by the names that gRPC's own libraries gave them: `grpc_server_started_total`, …
  public var families: [MetricFamily] {
    let methods = snapshot
    return [
      counter("started_total", "Calls begun.", methods.map { Self.sample($0.started, $0.label) }),
      counter("handled_total", "Calls ended, by status.", methods.flatMap(Self.handled)),
      MetricFamily(
        name("in_flight"), .gauge, help: "Calls without a status.",
        samples: methods.map { Self.sample($0.inFlight, $0.label) }),
      latency(methods),
      sizes("request_bytes", "Size of request messages.", methods) { $0.requestSizes },
      sizes("response_bytes", "Size of response messages.", methods) { $0.responseSizes },
    ]
  }

  private func name(_ rest: String) -> String { "grpc_\(side.rawValue)_\(rest)" }

  private func counter(
    _ rest: String, _ help: String, _ samples: [MetricFamily.Sample]
  ) -> MetricFamily {
    MetricFamily(name(rest), .counter, help: help, samples: samples)
  }

  private static func sample(_ value: UInt64, _ label: MethodLabel) -> MetricFamily.Sample {
    MetricFamily.Sample(Double(value), label.labels)
  }

  private static func handled(_ method: Method) -> [MetricFamily.Sample] {
    method.handled.sorted { $0.key.rawValue < $1.key.rawValue }.map { code, count in
      MetricFamily.Sample(
        Double(count), method.label.labels + [.init("grpc_code", code.metricName)])
    }
  }

  /// A bound for each power of two: the finer ones are in the snapshot.
  private func latency(_ methods: [Method]) -> MetricFamily {
    var family = MetricFamily(
      name("handling_seconds"), .histogram, help: "Time from the headers to the status.")
    for method in methods {
      let histogram = method.latency
      let buckets = stride(from: 0, to: histogram.upperBounds.count, by: 4).map { index in
        (
          Double(histogram.upperBounds[index]) / 1e9,
          histogram.counts[max(0, index - 3)...index].reduce(0, &+)
        )
      }
      family.add(
        buckets: buckets, count: histogram.count, sum: Double(histogram.sum) / 1e9,
        method.label.labels)
    }
    return family
  }

  private func sizes(
    _ rest: String, _ help: String, _ methods: [Method], _ histogram: (Method) -> Histogram
  ) -> MetricFamily {
    var family = MetricFamily(name(rest), .histogram, help: help)
    for method in methods {
      let sizes = histogram(method)
      let buckets = zip(sizes.upperBounds, sizes.counts).map { (Double($0), $1) }
      family.add(
        buckets: buckets, count: sizes.count, sum: Double(sizes.sum), method.label.labels)
    }
    return family
  }
}

extension HTTP2Counters {
  /// As Prometheus reads them: what happened on the connections of one listener or channel.
  ///
  /// - Parameter labels: tell it from others of the process.
  public func families(_ labels: [MetricFamily.Label] = []) -> [MetricFamily] {
    let now = snapshot
    let totals: [(name: String, help: String, value: Int)] = [
      ("connections_opened_total", "Connections opened.", now.opened),
      ("connections_closed_total", "Connections closed.", now.closed),
      ("streams_total", "Streams opened.", now.streams),
      ("resets_received_total", "Streams reset by the peer.", now.resetsReceived),
      ("resets_sent_total", "Streams reset here.", now.resetsSent),
      ("goaways_received_total", "GOAWAY frames received.", now.goAwaysReceived),
      ("goaways_sent_total", "GOAWAY frames sent.", now.goAwaysSent),
      ("limits_broken_total", "Connections ended for a broken limit.", now.limitsBroken),
      ("keepalives_lost_total", "Connections whose PING was not answered.", now.keepalivesLost),
      ("received_bytes_total", "Bytes of frames received.", now.bytesReceived),
      ("sent_bytes_total", "Bytes of frames sent.", now.bytesSent),
    ]
    let open = MetricFamily(
      "http2_connections_open", .gauge, help: "Connections open now.",
      samples: [.init(Double(now.open), labels)])
    return [open]
      + totals.map { name, help, value in
        MetricFamily(
          "http2_" + name, .counter, help: help, samples: [.init(Double(value), labels)])
      }
  }
}

extension MethodLabel {
  fileprivate var labels: [MetricFamily.Label] {
    let type =
      switch streaming {
      case .unary: "unary"
      case .clientStreaming: "client_stream"
      case .serverStreaming: "server_stream"
      case .bidirectional: "bidi_stream"
      }
    return [
      .init("grpc_type", type), .init("grpc_service", service), .init("grpc_method", name),
    ]
  }
}

extension Status.Code {
  /// `DeadlineExceeded`, as the metrics of other libraries spell it.
  fileprivate var metricName: String {
    self == .ok ? "OK" : "\(self)".prefix(1).uppercased() + "\(self)".dropFirst()
  }
}
