import Bootstrap
import Foundation
import HTTP2
import Logging
import PorticoAPI
import RPC
import Synchronization
import Telemetry
import Testing

/// Calls that arrived, the first of which are refused.
private final class Counter: Sendable {
  private let state: Mutex<(refusals: Int, calls: Int)>
  var calls: Int { state.withLock { $0.calls } }

  init(refusing refusals: Int) { state = Mutex((refusals, 0)) }

  func count() throws {
    try state.withLock { state in
      state.calls += 1
      guard state.refusals > 0 else { return }
      state.refusals -= 1
      throw Status(.unavailable, "busy")
    }
  }
}

private struct Reading: NestingService {
  let counter: Counter

  func echo(_ request: Node, _ call: Call) async throws -> Node {
    try counter.count()
    return request
  }
}

private struct Writing: StreamsService {
  let counter: Counter

  func unary(_ request: Node, _ call: Call) async throws -> Node {
    try counter.count()
    return request
  }

  func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {}

  func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node { Node() }

  func chat(
    _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
  ) async throws {}
}

/// Takes mails and remembers their request ids.
private struct Inbox: MailsService {
  let seen = Arrivals()
  let counter: Counter

  init(refusing refusals: Int) { counter = Counter(refusing: refusals) }

  func queueMail(
    _ request: Messaging.QueueMailRequest, _ call: Call
  ) async throws -> Messaging.Mail {
    seen.add(request.requestID)
    try counter.count()
    return .init()
  }

  func listMails(
    _ request: Messaging.ListMailsRequest, _ call: Call
  ) async throws -> Messaging.ListMailsResponse { .init() }

  func getMail(_ request: Messaging.GetMailRequest, _ call: Call) async throws -> Messaging.Mail {
    .init()
  }

  func retryMail(
    _ request: Messaging.RetryMailRequest, _ call: Call
  ) async throws -> Messaging.Mail { .init() }
}

private final class Arrivals: Sendable {
  private let kept = Mutex<[String]>([])
  var all: [String] { kept.withLock { $0 } }
  func add(_ id: String) { kept.withLock { $0.append(id) } }
}

/// A server that refuses its first calls, and its port.
private struct Backend {
  let counter: Counter
  let server: Server
  let port: Int

  init(refusing refusals: Int = 0) async throws {
    counter = Counter(refusing: refusals)
    server = Server(services: [Reading(counter: counter), Writing(counter: counter)])
    let address = try await server.listen(.betweenServices(.tcp(host: "127.0.0.1", port: 0)))
    guard case .tcp(_, let port) = address else { throw Status(.internal, "no port") }
    self.port = port
  }
}

@Suite("How services call each other", .timeLimit(.minutes(3)))
struct BetweenServicesTests {
  private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  /// Only a hang waits for it.
  private var options: CallOptions { CallOptions(deadline: .after(.seconds(150))) }

  private func withPeers(
    _ peers: [String: String], _ body: (Peers) async throws -> Void
  ) async throws {
    let peers = Peers(peers, identity: nil, logger: silent)
    do { try await body(peers) } catch {
      await peers.shutDown(grace: .zero)
      throw error
    }
    await peers.shutDown(grace: .zero)
  }

  private func code(_ body: () async throws -> Void) async -> Status.Code? {
    do {
      try await body()
      return nil
    } catch { return (error as? Status)?.code }
  }

  @Test("R-054 all addresses of a service get calls")
  func spread() async throws {
    let backends = [try await Backend(), try await Backend()]
    let settings = Settings([
      "peers":
        "cms=127.0.0.1:1,testing=ipv4:127.0.0.1:\(backends[0].port),127.0.0.1:\(backends[1].port)"
    ])
    try await withPeers(try HostConfiguration.peers(settings)) { peers in
      let client = NestingClient(peers.caller("testing"))
      while backends.contains(where: { $0.counter.calls == 0 }) {
        _ = try await client.echo(Node(), options)
      }
    }
    for backend in backends { await backend.server.shutDown(grace: .zero) }
  }

  @Test(
    "R-068 R-179 what only reads is called again after UNAVAILABLE, what writes is not; each counts once"
  )
  func repeated() async throws {
    let backend = try await Backend(refusing: 2)
    try await withPeers(["testing": "127.0.0.1:\(backend.port)"]) { peers in
      let answer = try await NestingClient(peers.caller("testing")).echo(Node(text: "x"), options)
      #expect(answer.text == "x")
      #expect(backend.counter.calls == 3)
      #expect(peers.metrics.snapshot.map(\.handled) == [[.ok: 1]])
      #expect(peers.counters.snapshot.opened == 1)
    }
    await backend.server.shutDown(grace: .zero)

    let other = try await Backend(refusing: 1)
    try await withPeers(["testing": "127.0.0.1:\(other.port)"]) { peers in
      let client = StreamsClient(peers.caller("testing"))
      #expect(await code { _ = try await client.unary(Node(), options) } == .unavailable)
      #expect(other.counter.calls == 1)
    }
    await other.server.shutDown(grace: .zero)
  }

  @Test("V-21 a change that can have a request id gets one, keeps its own, and is made again")
  func named() async throws {
    let inbox = Inbox(refusing: 2)
    let server = Server(services: [inbox])
    let address = try await server.listen(.betweenServices(.tcp(host: "127.0.0.1", port: 0)))
    guard case .tcp(_, let port) = address else { throw Status(.internal, "no port") }
    try await withPeers(["messaging": "127.0.0.1:\(port)"]) { peers in
      let client = MailsClient(peers.caller("messaging"))
      _ = try await client.queueMail(.init(subject: "a"), options)
      _ = try await client.queueMail(.init(requestID: "mine", subject: "b"), options)
    }
    await server.shutDown(grace: .zero)
    let ids = inbox.seen.all
    #expect(ids.count == 4)
    #expect(Set(ids.prefix(3)).count == 1, "one request, one id, however often it is sent")
    #expect(ids[0].hasPrefix("auto-") && ids[0].count > 20)
    #expect(ids[3] == "mine")
  }

  @Test(
    "R-059 a service that is down is UNAVAILABLE, not a wait for the deadline; it is found again")
  func down() async throws {
    // A socket's path is nobody else's meanwhile, as a port would be.
    let path = "/tmp/pb-\(UUID().uuidString.prefix(8))"
    try await withPeers(["testing": "unix:\(path)"]) { peers in
      let client = NestingClient(peers.caller("testing"))
      for _ in 0..<20 {
        #expect(await code { _ = try await client.echo(Node(), options) } == .unavailable)
      }
      let again = Server(services: [Reading(counter: Counter(refusing: 0))])
      try await again.listen(.betweenServices(.unix(path: path)))
      var waiting = options
      waiting.waitsForReady = true
      let answer = try await client.echo(Node(text: "back"), waiting)
      #expect(answer.text == "back")
      await again.shutDown(grace: .zero)
    }
  }

  @Test("R-030 R-073 no PING of a service is a strike at another", arguments: [nil, "10", "7200"])
  func keepalive(seconds: String?) throws {
    var values = ["peers": ""]
    values["keepalive.seconds"] = seconds
    let channel = try HostConfiguration.channel(Settings(values))
    let listener = Listener.betweenServices(.tcp(host: "127.0.0.1", port: 0))
    let time = try #require(channel.http2.keepaliveTime)
    #expect(time.nanoseconds >= 2 * listener.http2.minimumPingInterval.nanoseconds)
    #expect(!channel.http2.keepaliveWithoutCalls)
    #expect(channel.serviceConfiguration?.retryThrottling != nil)
  }

  @Test("keepalive and addresses that cannot be are refused at the start")
  func refused() throws {
    #expect(throws: SettingError.self) {
      try HostConfiguration.channel(Settings(["keepalive.seconds": "1"]))
    }
    for peers in ["identity", "a=", "a=nowhere", "a=ipv4:10.0.0.1:1,b", "10.0.0.1:1,a=b:1"] {
      #expect(throws: SettingError.self) { try HostConfiguration.peers(Settings(["peers": peers])) }
    }
  }
}
