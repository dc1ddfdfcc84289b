import RPC
import WellKnown

/// Spans in OTLP's messages, those of each service by themselves.
struct SpanMessages: Sendable {
  let host: String
  let version: String

  func message(_ entries: [Tracer.Entry]) -> [OTLPTrace.ResourceSpans] {
    Dictionary(grouping: entries, by: \.service).sorted { $0.key < $1.key }.map { service, spans in
      .init(
        resource: .init(attributes: [
          Self.attribute("service.name", .text(service)),
          Self.attribute("service.namespace", .text("portico")),
          Self.attribute("service.version", .text(version)),
          Self.attribute("host.name", .text(host)),
        ]),
        scopeSpans: [
          .init(
            scope: .init(name: "portico", version: version),
            spans: spans.map { Self.message($0.span) })
        ])
    }
  }

  private static func message(_ span: Span) -> OTLPTrace.Span {
    .init(
      traceID: span.context.traceID.bytes, spanID: span.context.spanBytes,
      traceState: span.context.state ?? "", parentSpanID: span.context.parentBytes,
      name: span.name, kind: kind(span.kind), startTimeUnixNano: span.start,
      endTimeUnixNano: span.end, attributes: span.attributes.map { attribute($0.key, $0.value) },
      status: span.failure.map { .init(message: $0, code: .error) },
      flags: UInt32(span.context.flags))
  }

  private static func kind(_ kind: Span.Kind) -> OTLPTrace.Span.SpanKind {
    switch kind {
    case .internal: .internal
    case .server: .server
    case .client: .client
    case .producer: .producer
    case .consumer: .consumer
    }
  }

  private static func attribute(
    _ key: String, _ value: Span.Attribute
  ) -> OTLPCommon.KeyValue {
    switch value {
    case .text(let text): .init(key: key, value: .init(value: .stringValue(text)))
    case .number(let number): .init(key: key, value: .init(value: .intValue(number)))
    }
  }
}
