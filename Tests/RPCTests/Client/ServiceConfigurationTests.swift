import HTTP2
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct ServiceConfigurationTests {
  private func parse(_ json: String) throws -> ServiceConfiguration {
    try ServiceConfiguration(json: Array(json.utf8))
  }

  @Test("R-080 everything that a service config can say")
  func whole() throws {
    let configuration = try parse(
      """
      {
        "loadBalancingConfig": [{"unheard_of": {}}, {"least_request_experimental": {"choiceCount": 4}}],
        "methodConfig": [
          {"name": [{"service": "a.B", "method": "C"}, {"service": "a.D"}], "timeout": "1.5s", "waitForReady": true,
           "maxRequestMessageBytes": 1024, "maxResponseMessageBytes": "2048",
           "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
             "retryableStatusCodes": ["unavailable", "ABORTED", 8]}},
          {"name": [{}], "hedgingPolicy": {"maxAttempts": 9, "hedgingDelay": "0.000000001s", "nonFatalStatusCodes": [14]}}
        ],
        "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
        "healthCheckConfig": {"serviceName": "a.B"},
        "somethingNewer": [1, {"x": null}]
      }
      """)
    let exact = try #require(configuration.methods[path: "/a.B/C"])
    #expect(exact.timeout == .milliseconds(1500))
    #expect(exact.waitsForReady == true)
    #expect(exact.maximumRequestBytes == 1024)
    #expect(exact.maximumResponseBytes == 2048)
    let retry = try #require(exact.retryPolicy)
    #expect(retry.maximumAttempts == 4)
    #expect(retry.initialBackoff == .milliseconds(100))
    #expect(retry.retryableCodes == [.unavailable, .aborted, .resourceExhausted])
    #expect(configuration.methods[path: "/a.D/Any"] === exact)
    let others = try #require(configuration.methods[path: "/a.B/Other"])
    #expect(others.hedgingPolicy?.maximumAttempts == 5)
    #expect(others.hedgingPolicy?.delay == .nanoseconds(1))
    #expect(others.hedgingPolicy?.nonFatalCodes == [.unavailable])
    #expect(configuration.retryThrottling?.tokenRatioThousandths == 100)
    #expect(configuration.loadBalancing == .leastRequest(choices: 4))
    #expect(configuration.healthCheckedService == "a.B")
  }

  @Test("R-080 an empty one says nothing")
  func empty() throws {
    let configuration = try parse("{}")
    #expect(configuration.methods[path: "/a.B/C"] == nil)
    #expect(configuration.loadBalancing == nil)
    #expect(configuration.retryThrottling == nil)
  }

  @Test(
    "R-080 balancing policies",
    arguments: [
      (#"{"loadBalancingConfig": [{"round_robin": {}}]}"#, .roundRobin),
      (
        #"{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": true}}]}"#,
        .pickFirst(shuffles: true)
      ),
      (
        #"{"loadBalancingConfig": [{"least_request": {"choiceCount": 99}}]}"#,
        .leastRequest(choices: 10)
      ),
      (#"{"loadBalancingPolicy": "ROUND_ROBIN"}"#, .roundRobin),
    ] as [(String, LoadBalancingPolicy)])
  func balancing(json: String, expected: LoadBalancingPolicy) throws {
    #expect(try parse(json).loadBalancing == expected)
  }

  private static let policy =
    #""initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]"#

  @Test(
    "R-080 A21 what is not right is refused as a whole",
    arguments: [
      "", "[]", "null", "{", #"{"a": 1, "a": 2}"#, #"{"methodConfig": {}}"#,
      #"{"methodConfig": [1]}"#,
      #"{"methodConfig": [{"name": [{"method": "C"}]}]}"#,
      #"{"methodConfig": [{"name": [{"service": 1}]}]}"#,
      #"{"methodConfig": [{"name": [{}, {}]}]}"#,
      #"{"methodConfig": [{"name": [{"service": "a"}]}, {"name": [{"service": "a"}]}]}"#,
      #"{"methodConfig": [{"name": [{}], "timeout": 5}]}"#,
      #"{"methodConfig": [{"name": [{}], "timeout": "5"}]}"#,
      #"{"methodConfig": [{"name": [{}], "timeout": "-5s"}]}"#,
      #"{"methodConfig": [{"name": [{}], "timeout": "1.s"}]}"#,
      #"{"methodConfig": [{"name": [{}], "timeout": "0.1234567891s"}]}"#,
      #"{"methodConfig": [{"name": [{}], "waitForReady": "yes"}]}"#,
      #"{"methodConfig": [{"name": [{}], "maxRequestMessageBytes": -1}]}"#,
      #"{"methodConfig": [{"name": [{}], "maxResponseMessageBytes": "x"}]}"#,
      #"{"methodConfig": [{"name": [{}], "maxResponseMessageBytes": 1.5}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 1, \#(policy)}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2.5, \#(policy)}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": "2", \#(policy)}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "0s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 0, "retryableStatusCodes": [14]}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": []}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": ["OK"]}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [17]}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": ["GONE"]}}]}"#,
      #"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, \#(policy)}, "hedgingPolicy": {"maxAttempts": 2}}]}"#,
      #"{"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 1}}]}"#,
      #"{"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 2, "hedgingDelay": "x"}}]}"#,
      #"{"retryThrottling": {"maxTokens": 0, "tokenRatio": 1}}"#,
      #"{"retryThrottling": {"maxTokens": 1001, "tokenRatio": 1}}"#,
      #"{"retryThrottling": {"maxTokens": 10, "tokenRatio": 0}}"#,
      #"{"retryThrottling": {"maxTokens": 10, "tokenRatio": 0.0001}}"#,
      #"{"retryThrottling": {"maxTokens": 10}}"#,
      #"{"loadBalancingConfig": [{"unheard_of": {}}]}"#,
      #"{"loadBalancingConfig": [{"pick_first": {}, "round_robin": {}}]}"#,
      #"{"loadBalancingConfig": [{"least_request": {"choiceCount": 1}}]}"#,
      #"{"loadBalancingPolicy": "grpclb"}"#, #"{"healthCheckConfig": "x"}"#,
    ])
  func refused(json: String) {
    #expect(throws: ServiceConfigurationError.self) { try parse(json) }
  }

  @Test("R-080 the error says where")
  func place() {
    let json =
      #"{"methodConfig": [{"name": [{}]}, {"name": [{"service": "s"}], "retryPolicy": {"maxAttempts": 1, \#(Self.policy)}}]}"#
    do {
      _ = try parse(json)
      Issue.record("was accepted")
    } catch {
      #expect("\(error)" == "methodConfig[1].retryPolicy.maxAttempts must be 2 or more")
    }
  }

  @Test("R-080 limits and timeout of a method count, the caller's narrower ones first")
  func limits() async throws {
    let json = """
      {"methodConfig": [
        {"name": [{"service": "portico.testing.v1.Streams"}], "maxRequestMessageBytes": 10, "maxResponseMessageBytes": 20},
        {"name": [{"service": "portico.testing.v1.Nesting"}], "timeout": "0.05s"}]}
      """
    let script: ScriptedServer.Script = {
      if $0.body.count > 5 { $0.succeed([UInt8](repeating: 1, count: 21)) }
    }
    try await withScript(script, service: json) { channel, server in
      #expect(await channel.outcome([UInt8](repeating: 1, count: 11)).code == .resourceExhausted)
      #expect(server.requests.isEmpty)
      #expect(await channel.outcome([1]).code == .resourceExhausted)
      #expect(await channel.outcome([], Methods.Nesting.echo).code == .deadlineExceeded)
      let written = await status {
        try await channel.stream(Methods.Streams.collect, CallOptions()) { writer, _ in
          try await writer.write([UInt8](repeating: 1, count: 11))
        }
      }
      #expect(written.code == .resourceExhausted)
    }
  }

  @Test("R-080 R-059 a method can wait for ready, and a call can refuse to")
  func waits() async throws {
    let path = "/tmp/portico-rpc-\(RequestID.make()).sock"
    var configuration = ChannelConfiguration()
    configuration.firstBackoff = .milliseconds(10)
    configuration.serviceConfiguration = try parse(
      #"{"methodConfig": [{"name": [{}], "waitForReady": true}]}"#)
    let channel = try RPC.Channel("unix:\(path)", configuration)
    let waiting = Task { try await StreamsClient(channel).unary(Node(text: "x")) }
    let impatient = await status {
      _ = try await StreamsClient(channel).unary(Node(), CallOptions(waitsForReady: false))
    }
    #expect(impatient.code == .unavailable)
    let server = Server(services: [EchoStreams()])
    try await server.listen(Listener(.unix(path: path)))
    let answer = try await waiting.value
    #expect(answer.text == "x")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }

  /// Reports one configuration after the other, each when it is asked for.
  private final class Scripted: Resolver {
    let endpoint: Endpoint
    let configurations: [String?]
    let isApplied = Signal()
    let mayGoOn = Signal()

    init(port: Int, _ configurations: [String?]) {
      endpoint = Endpoint([.ip("127.0.0.1", port: port)])
      self.configurations = configurations
    }

    func resolve(_ target: Target, _ resolution: Resolution) async {
      resolution.report(ResolvedTarget([endpoint], serviceConfig: configurations[0]))
      await mayGoOn.wait()
      for configuration in configurations.dropFirst() {
        resolution.report(ResolvedTarget([endpoint], serviceConfig: configuration))
      }
      isApplied.set()
      while await resolution.nextRequest() {}
    }
  }

  @Test("R-080 A21 a resolver's configuration counts; a bad one changes nothing")
  func resolved() async throws {
    let server = try await ScriptedServer {
      $0.index % 2 == 0 ? $0.fail(.unavailable) : $0.succeed()
    }
    let resolver = Scripted(
      port: server.port,
      [retrying(), #"{"methodConfig": [{"name": [{}, {}]}]}"#])
    var configuration = ChannelConfiguration()
    configuration.resolvers = ["test": resolver]
    let channel = try RPC.Channel("test:///x", configuration)
    // It waits for the name to be resolved, so the configuration is there before it is sent.
    _ = try await channel.call()
    resolver.mayGoOn.set()
    await resolver.isApplied.wait()
    // Reports come to the channel's loop one after the other, this call behind them.
    _ = try await channel.call()
    #expect(
      server.requests.map { $0.headers["grpc-previous-rpc-attempts"] } == [nil, "1", nil, "1"])
    await channel.shutDown(grace: .zero)
    try await server.stop()
  }

  private static let bad = #"{"methodConfig": [{"name": [{}, {}]}]}"#

  @Test(
    "R-080 A21 a resolver that stops sending a configuration leaves the channel to its own, or to none",
    arguments: [nil, retrying()])
  func withdrawn(own: String?) async throws {
    let server = try await ScriptedServer {
      $0.index % 2 == 0 ? $0.fail(.unavailable) : $0.succeed()
    }
    let waits = #"{"methodConfig": [{"name": [{}], "waitForReady": true}]}"#
    let resolver = Scripted(port: server.port, [own == nil ? retrying() : waits, nil])
    var configuration = ChannelConfiguration()
    configuration.resolvers = ["test": resolver]
    configuration.serviceConfiguration = try own.map { try parse($0) }
    let channel = try RPC.Channel("test:///x", configuration)
    func codes(_ count: Int) async -> [Status.Code] {
      var codes: [Status.Code] = []
      for _ in 0..<count { codes.append(await channel.outcome().code) }
      return codes
    }
    // The first call begins before the name is resolved, with what counts then.
    let before = await codes(own == nil ? 1 : 2)
    #expect(before == (own == nil ? [.ok] : [.ok, .unavailable]))
    resolver.mayGoOn.set()
    await resolver.isApplied.wait()
    let after = await codes(own == nil ? 1 : 2)
    #expect(after == (own == nil ? [.unavailable] : [.ok, .ok]))
    #expect(server.requests.count == (own == nil ? 3 : 6))
    await channel.shutDown(grace: .zero)
    try await server.stop()
  }

  @Test("R-080 A21 a bad first configuration is a failed resolution, until a right one comes")
  func badFirst() async throws {
    let server = try await ScriptedServer { $0.succeed() }
    let resolver = Scripted(port: server.port, [Self.bad, "{}"])
    var configuration = ChannelConfiguration()
    configuration.resolvers = ["test": resolver]
    let channel = try RPC.Channel("test:///x", configuration, logger: silent)
    let refused = await channel.outcome()
    #expect(refused.code == .unavailable)
    #expect(refused.internalReason?.contains("service config") == true)
    #expect(server.requests.isEmpty)
    resolver.mayGoOn.set()
    _ = try await channel.call([], Methods.Streams.unary, CallOptions(waitsForReady: true))
    await channel.shutDown(grace: .zero)
    try await server.stop()
  }

  @Test("R-080 A21 a bad first configuration does no harm to a channel that has its own")
  func badFirstWithOwn() async throws {
    let server = try await ScriptedServer {
      $0.index == 0 ? $0.fail(.unavailable) : $0.succeed()
    }
    let resolver = Scripted(port: server.port, [Self.bad])
    var configuration = ChannelConfiguration()
    configuration.resolvers = ["test": resolver]
    configuration.serviceConfiguration = try parse(retrying())
    let channel = try RPC.Channel("test:///x", configuration, logger: silent)
    _ = try await channel.call()
    #expect(server.requests.count == 2)
    resolver.mayGoOn.set()
    await channel.shutDown(grace: .zero)
    try await server.stop()
  }
}
