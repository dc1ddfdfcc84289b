import Glibc
import Logging
import NIOCore
import PorticoAPI
import Synchronization

@testable import RPC

/// A server on a loopback port that answers with its name.
struct NamedServer: Sendable {
  let name: String
  let server: Server
  /// Stays this server's when it has stopped, for another one or for nobody.
  let place: ReservedPort
  var port: Int { place.number }
  var address: Endpoint.Address { .ip("127.0.0.1", port: port) }
  var endpoint: Endpoint { Endpoint([address]) }

  static func start(
    _ name: String, at place: ReservedPort? = nil, http2: HTTP2Limits = .init(),
    and more: [any RPCService] = [],
    onUnary: @escaping @Sendable (Node) async throws -> Void = { _ in }
  ) async throws -> NamedServer {
    let echo = EchoStreams(onUnary: { request, _ in
      try await onUnary(request)
      return Node(text: name)
    })
    let server = Server(services: [echo] + more)
    let place = try place ?? ReservedPort()
    var listener = Listener(.tcp(host: "127.0.0.1", port: place.number))
    if let streams = http2.streams { listener.http2.maximumConcurrentStreams = streams }
    try await listen(server, listener)
    return NamedServer(name: name, server: server, place: place)
  }

  /// The place is reserved, so whoever still has it is on its way out: a process that another test is just starting has
  /// a copy of the former listener from its fork to its exec.
  private static func listen(_ server: Server, _ listener: Listener) async throws {
    while true {
      do {
        try await server.listen(listener)
        return
      } catch let error as IOError where error.errnoCode == EADDRINUSE {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
  }

  struct HTTP2Limits { var streams: UInt32? }

  func stop(grace: Duration = .zero) async { await server.shutDown(grace: grace) }
}

/// A resolver that says what a test tells it.
final class PushResolver: Resolver {
  private struct State {
    var latest: Result<ResolvedTarget, Status>?
    var resolution: Resolution?
    var requests = 0
    var runs = 0
    var repeats = false
  }

  private let state: Mutex<State>

  /// - Parameter repeats: answer requests with what was pushed last.
  init(_ endpoints: [Endpoint]? = nil, repeats: Bool = false) {
    state = Mutex(
      State(latest: endpoints.map { .success(ResolvedTarget($0)) }, repeats: repeats))
  }

  /// How often the channel asked again.
  var requests: Int { state.withLock { $0.requests } }
  /// How often the channel started to resolve.
  var runs: Int { state.withLock { $0.runs } }

  func push(_ endpoints: [Endpoint]) { push(.success(ResolvedTarget(endpoints))) }

  func push(_ result: Result<ResolvedTarget, Status>) {
    state.withLock { $0.latest = result }
    report()
  }

  private func report() {
    guard case (let latest?, let resolution?) = state.withLock({ ($0.latest, $0.resolution) })
    else { return }
    switch latest {
    case .success(let target): resolution.report(target)
    case .failure(let error): resolution.report(error)
    }
  }

  func resolve(_ target: Target, _ resolution: Resolution) async {
    state.withLock {
      $0.resolution = resolution
      $0.runs += 1
    }
    report()
    while await resolution.nextRequest() {
      let repeats = state.withLock {
        $0.requests += 1
        return $0.repeats
      }
      if repeats { report() }
    }
  }
}

extension ChannelConfiguration {
  /// For `test:///…` targets; back-offs so short that a test does not feel them.
  static func testing(
    _ resolver: (any Resolver)? = nil, _ policy: LoadBalancingPolicy = .pickFirst(),
    _ change: (inout ChannelConfiguration) -> Void = { _ in }
  ) -> ChannelConfiguration {
    var configuration = ChannelConfiguration()
    configuration.firstBackoff = .milliseconds(5)
    configuration.longestBackoff = .milliseconds(50)
    configuration.minimumResolutionInterval = .zero
    // On a busy machine the first address may take its time; which one wins is not to hang on that.
    configuration.addressInterval = .seconds(600)
    configuration.loadBalancing.policy = policy
    if let resolver { configuration.resolvers["test"] = resolver }
    change(&configuration)
    return configuration
  }
}

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A channel for the length of `body`.
func withChannel<R>(
  _ target: String = "test:///servers", _ configuration: ChannelConfiguration,
  _ body: (RPC.Channel) async throws -> R
) async throws -> R {
  let channel = try RPC.Channel(target, configuration, logger: silent)
  do {
    let result = try await body(channel)
    await channel.shutDown(grace: .zero)
    return result
  } catch {
    await channel.shutDown(grace: .zero)
    throw error
  }
}

/// Servers named "0", "1", … for the length of `body`.
func withServers<R>(
  _ count: Int, _ body: ([NamedServer]) async throws -> R
) async throws -> R {
  var servers: [NamedServer] = []
  for index in 0..<count { servers.append(try await .start("\(index)")) }
  do {
    let result = try await body(servers)
    for server in servers { await server.stop() }
    return result
  } catch {
    for server in servers { await server.stop() }
    throw error
  }
}

extension RPC.Channel {
  /// The name of the server that answers.
  func ask(_ options: CallOptions = CallOptions(waitsForReady: true)) async throws -> String {
    try await StreamsClient(self).unary(Node(), options).text
  }

  /// Calls until each of these servers has answered, and no other answers in a whole turn.
  func askUntilAll(_ names: Set<String>) async throws {
    while true {
      var seen: Set<String> = []
      for _ in 0..<(4 * names.count) { seen.insert(try await ask()) }
      if seen == names { return }
    }
  }

  /// Sockets that are open.
  func sockets() async throws -> Int {
    try await connections.eventLoop.submit { self.connections.transports.count }.get()
  }

  func until(_ state: ConnectivityState) async {
    for await next in connectivityStates where next == state { return }
  }
}
