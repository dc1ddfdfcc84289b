import HTTP2
import Logging
import PorticoAPI
import RPC
import WellKnown

/// Sends the spans of a process to an OTLP collector over gRPC, a batch at a time, every second. A batch that the collector
/// does not take within ten seconds is dropped: spans are worth less than the calls that they tell of.
public actor SpanExporter: ProcessPart {
  public nonisolated let name = "spans"
  private let tracer: Tracer
  private let channel: RPC.Channel
  private let messages: SpanMessages
  private let pause: Duration
  private let logger: Logger
  private var work: Task<Void, Never>?
  private var isFailing = false

  /// - Parameters:
  ///   - endpoint: `collector:4317`, `http://…`, or `https://…` for TLS that trusts the system's authorities.
  ///   - pause: between two looks at what waits.
  public init(
    _ tracer: Tracer, endpoint: String, host: String, pause: Duration = .seconds(1),
    logger: Logger
  ) throws {
    self.tracer = tracer
    self.pause = pause
    self.logger = logger
    messages = SpanMessages(host: host, version: ProcessTelemetry.version)
    let isTLS = endpoint.hasPrefix("https://")
    let scheme = ["https://", "http://"].first { endpoint.hasPrefix($0) } ?? ""
    var target = endpoint.dropFirst(scheme.count)
    if target.hasSuffix("/") { target = target.dropLast() }
    channel = try RPC.Channel(
      String(target), ChannelConfiguration(tls: isTLS ? .client() : nil), logger: logger)
  }

  public func start() async throws {
    guard work == nil else { return }
    work = Task { await run() }
  }

  public func stop() async {
    work?.cancel()
    await work?.value
    work = nil
    // What the last calls left, once.
    await sendAll(within: .seconds(2))
    await channel.shutDown(grace: .zero)
  }

  private func run() async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: pause) } catch { return }
      await sendAll(within: .seconds(10))
    }
  }

  private func sendAll(within limit: Duration) async {
    while true {
      let batch = tracer.take()
      guard !batch.isEmpty else { return }
      do {
        let answer = try await TraceClient(channel).export(
          .init(resourceSpans: messages.message(batch)),
          CallOptions(deadline: .after(limit), inheritsContext: false))
        let rejected = min(batch.count, Int(clamping: answer.partialSuccess?.rejectedSpans ?? 0))
        tracer.exported.add(UInt64(batch.count - max(0, rejected)))
        if rejected > 0 { tracer.dropped.add(UInt64(rejected)) }
        isFailing = false
      } catch {
        tracer.dropped.add(UInt64(batch.count))
        if !isFailing { logger.warning("spans are dropped", metadata: ["reason": "\(error)"]) }
        isFailing = true
        return
      }
    }
  }
}
