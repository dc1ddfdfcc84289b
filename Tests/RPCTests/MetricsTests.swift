import HTTP2
import PorticoAPI
import Telemetry
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct MetricsTests {
  @Test("R-042 calls are counted by method and status, with times and sizes")
  func counts() async throws {
    let service = EchoStreams(onUnary: { request, _ in
      if request.text == "fail" { throw Status(.aborted, "no") }
      return request
    })
    try await withLoopback(service) { channel, server in
      let client = StreamsClient(channel)
      for _ in 0..<5 { _ = try await client.unary(Node(text: "12345678")) }
      for _ in 0..<3 { _ = await status { _ = try await client.unary(Node(text: "fail")) } }
      _ = try await client.collect { requests in
        for _ in 0..<4 { try await requests.write(Node(text: "x")) }
      }
      let methods = server.metrics.snapshot
      #expect(methods.map(\.label.name) == ["Collect", "Unary"])
      let unary = try #require(methods.last)
      #expect(unary.started == 8)
      #expect(unary.handled == [.ok: 5, .aborted: 3])
      #expect(unary.inFlight == 0)
      #expect(unary.latency.count == 8)
      #expect(unary.latency.sum > 0)
      #expect(unary.requestSizes.count == 8)
      #expect(unary.requestSizes.sum == 5 * 10 + 3 * 6)
      #expect(unary.responseSizes.sum == 5 * 10)
      let collect = try #require(methods.first)
      #expect(collect.requestSizes.count == 4)
      #expect(collect.responseSizes.count == 1)
    }
  }

  @Test("R-042 a call that runs is in flight")
  func inFlight() async throws {
    let started = Signal()
    let release = Signal()
    let service = EchoStreams.held(started, until: release)
    try await withLoopback(service) { channel, server in
      let call = Task { try await StreamsClient(channel).unary(Node()) }
      await started.wait()
      #expect(server.metrics.snapshot.first?.inFlight == 1)
      release.set()
      _ = try await call.value
      #expect(server.metrics.snapshot.first?.inFlight == 0)
    }
  }

  @Test("R-042 what is refused before a handler is counted, strangers' paths as one")
  func refused() async throws {
    let server = Server(services: [EchoStreams()])
    let raw = try await RawClient(port: try await port(of: server))
    for path in ["/a/b", "/c/d"] {
      _ = try await raw.request(RawClient.headers(path: path), body: [0, 0, 0, 0, 0])
    }
    _ = try await raw.request(RawClient.headers(["grpc-timeout": "x"]), body: [0, 0, 0, 0, 0])
    _ = try await raw.request(RawClient.headers(["grpc-encoding": "x"]), body: [0, 0, 0, 0, 0])
    _ = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 9])
    let methods = server.metrics.snapshot
    #expect(methods.map(\.label.name) == ["Unary", "unknown"])
    #expect(methods.last?.handled == [.unimplemented: 2])
    #expect(methods.first?.handled == [.internal: 2, .unimplemented: 1])
    try await raw.close()
    await server.shutDown(grace: .zero)
  }

  @Test("R-042 a value is at most a quarter below its bucket's bound")
  func latencyBuckets() {
    #expect(Buckets.latency.count == Buckets.latencyCount)
    #expect(Buckets.size.count == Buckets.sizeCount)
    #expect(Status.Code.allCases.count == 17, "as many places as MethodCounters has")
    #expect(Buckets.latency.first == 1024)
    #expect(Buckets.latency.last == 1 << 37)
    for (index, bound) in Buckets.latency.enumerated() {
      #expect(Buckets.latency(bound) == index, "a bound belongs to its bucket")
      #expect(Buckets.latency(bound + 1) == index + 1)
    }
    #expect(Buckets.latency(0) == 0)
    #expect(Buckets.latency(.max) == Buckets.latency.count)
  }

  @Test("R-042 sizes go by powers of two")
  func sizeBuckets() {
    for (index, bound) in Buckets.size.enumerated() {
      #expect(bound == 1 << index)
      #expect(Buckets.size(Int(bound)) == index)
      #expect(Buckets.size(Int(bound) + 1) == index + 1)
    }
    #expect(Buckets.size(0) == 0)
    #expect(Buckets.size(.max) == Buckets.size.count)
  }

  @Test("R-042 connections, resets and GOAWAYs are counted where a listener says so")
  func connections() async throws {
    let counters = HTTP2Counters()
    var http2 = HTTP2Configuration()
    http2.counters = counters
    let started = Signal()
    let server = Server(services: [
      EchoStreams(onUnary: { request, call in
        let heard = Signal()
        call.onCancel { heard.set() }
        started.set()
        await heard.wait()
        return request
      })
    ])
    let port = try await port(of: server, Listener(.tcp(host: "127.0.0.1", port: 0), http2: http2))
    let channel = try Channel("127.0.0.1:\(port)")
    let call = Task { await status { _ = try await StreamsClient(channel).unary(Node()) } }
    await started.wait()
    #expect(counters.snapshot.open == 1)
    call.cancel()
    _ = await call.value
    while server.runningHandlers > 0 { await Task.yield() }
    await server.shutDown(grace: .seconds(60))
    await channel.shutDown(grace: .zero)
    let text = PrometheusText.text(counters.families([.init("listener", "a")]))
    #expect(text.contains("http2_connections_opened_total{listener=\"a\"} 1\n"))
    #expect(text.contains("http2_connections_open{listener=\"a\"} 0\n"))
    #expect(text.contains("http2_resets_received_total{listener=\"a\"} 1\n"))
    // One that refuses nothing yet, and one with the last stream.
    #expect(text.contains("http2_goaways_sent_total{listener=\"a\"} 2\n"))
  }

  @Test("R-042 quantiles")
  func quantiles() {
    let counters = MethodCounters()
    for value in 1...1000 { counters.ended(.ok, nanoseconds: UInt64(value) * 1000) }
    let latency = counters.snapshot(.unknown).latency
    #expect(latency.count == 1000)
    let median = latency.quantile(0.5) ?? 0
    #expect((500_000...625_000).contains(median))
    #expect((990_000...1_240_000).contains(latency.quantile(0.99) ?? 0))
    #expect(MethodCounters().snapshot(.unknown).latency.quantile(0.5) == nil)
  }

  @Test("R-042 the exposition of a server's calls is well formed")
  func exposition() async throws {
    let server = Server(services: [EchoStreams()])
    let raw = try await RawClient(port: try await port(of: server))
    _ = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    _ = try await raw.request(RawClient.headers(path: "/x/y"), body: [0, 0, 0, 0, 0])
    let text = PrometheusText.text(server.metrics.families)
    let labels = #"grpc_type="unary",grpc_service="portico.testing.v1.Streams",grpc_method="Unary""#
    #expect(text.contains("grpc_server_started_total{\(labels)} 1\n"))
    #expect(text.contains("grpc_server_handled_total{\(labels),grpc_code=\"OK\"} 1\n"))
    #expect(text.contains("grpc_server_handling_seconds_count{\(labels)} 1\n"))
    #expect(text.contains("grpc_server_request_bytes_bucket{\(labels),le=\"1\"} 1\n"))
    #expect(text.contains(#"grpc_method="unknown",grpc_code="Unimplemented"} 1"#))
    try await raw.close()
    await server.shutDown(grace: .zero)
  }
}
