import Access
import Bootstrap
import Foundation
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Synchronization
import TestSupport
import Values

typealias Node = PorticoTesting.Node

/// A whole service in little: notes on a board, told to messaging and shown by scope.
struct BoardService: HostedService {
  static let name = "ticketing"
  static let migrations = TestMigrations.folder(
    """
    CREATE TABLE notes (
      tenant TEXT NOT NULL, id BIGINT NOT NULL, account TEXT NOT NULL, contact TEXT NOT NULL,
      text TEXT NOT NULL, PRIMARY KEY (tenant, id));
    """)

  let context: ServiceContext
  let ticks = Ticks()

  init(_ context: ServiceContext) async throws {
    self.context = context
    guard try context.settings.bool("board.broken", default: false) == false else {
      throw SettingError.invalid("board.broken", "is set")
    }
  }

  var services: [any RPCService] { [BoardHandlers(context: context)] }

  var jobs: [Job] {
    [
      Job("tick", every: .milliseconds(20)) { [ticks, context] lease in
        try await context.store.writeAcrossTenants { try $0.require(lease) }
        ticks.add()
      }
    ]
  }
}

final class Ticks: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .acquiring) }
  func add() { count.wrappingAdd(1, ordering: .releasing) }
}

struct BoardHandlers: StreamsService {
  let context: ServiceContext

  /// Adds a note of the caller's, and has messaging tell somebody.
  func unary(_ request: Node, _ call: Call) async throws -> Node {
    var check = Violations()
    let text = check.text(request.text, "text", limit: 100)
    try check.end()
    let membership = try call.principal.memberships.first
    let principal = try call.principal
    let mail = Messaging.QueueMailRequest(
      requestID: "note/\(text)", to: [.init(email: "staff@msp.example")], subject: text,
      textBody: text)
    let body = try mail.serialized()
    return try await call.once(in: context.store, request: request, requestID: text) { db in
      let next = try db.first(
        "SELECT COUNT(*) + 1 AS id FROM notes WHERE tenant = \(db.tenant)", else: .notFound)
      let id: Int64 = try next["id"]
      try db.run(
        """
        INSERT INTO notes (tenant, id, account, contact, text) VALUES (\(db.tenant), \(id),
          \(membership?.account ?? ""), \(membership?.contact ?? ""), \(text))
        """)
      try db.audit("notes.create", on: "notes/\(id)", by: principal.auditActor)
      try db.send(key: "note/\(id)", method: Methods.Mails.queueMail.path, body: body)
      return Node(text: "notes/\(id)")
    }
  }

  /// The notes in the caller's scope.
  func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {
    let scope = try call.scope
    let texts = try await call.read(in: context.store) { db in
      let inScope = scope.predicate(account: "account", contact: "contact")
      return try db.all(
        """
        SELECT text FROM notes WHERE tenant = \(db.tenant) AND \(inScope) ORDER BY id LIMIT 100
        """
      ).map { try $0["text"] as String }
    }
    for text in texts { try await responses.write(Node(text: text)) }
  }

  /// Asks a peer who calls: as the caller, and then as ourselves.
  func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node {
    for try await _ in requests {}
    let peer = StreamsClient(context.caller("testing"))
    let asCaller = try await peer.unary(Node())
    let principal = try call.principal
    let options = CallOptions().asService(in: principal.tenant, actor: principal.user)
    let asOurselves = try await peer.collect(options) { writer in try await writer.finish() }
    return Node(text: "\(asCaller.text) \(asOurselves.text)")
  }

  func chat(
    _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
  ) async throws {
    throw Status(.internal, "internal error", because: "the operator's eyes only")
  }
}

/// A peer that answers with who calls it.
struct WhoAmI: StreamsService {
  func unary(_ request: Node, _ call: Call) async throws -> Node {
    Node(text: try call.principal.user)
  }

  func serve(_ request: Node, _ call: Call, _ responses: ResponseWriter<Node>) async throws {}

  func collect(_ requests: RequestStream<Node>, _ call: Call) async throws -> Node {
    for try await _ in requests {}
    return Node(text: "\(try call.principal.user)+\(try call.principal.actor ?? "")")
  }

  func chat(
    _ requests: RequestStream<Node>, _ call: Call, _ responses: ResponseWriter<Node>
  ) async throws {}
}

/// A messaging service that keeps what it is told, and refuses as often as it is asked to.
final class Postbox: MailsService {
  private let state = Mutex((refusals: [Status](), subjects: [String](), callers: [String]()))
  private let arrivals = AsyncStream<Int>.makeStream()

  var subjects: [String] { state.withLock { $0.subjects } }
  var callers: [String] { state.withLock { $0.callers } }
  func refuse(_ refusals: Status...) { state.withLock { $0.refusals = refusals } }

  /// Waits until so many mails have been taken.
  func wait(for count: Int) async {
    for await number in arrivals.stream where number >= count { return }
  }

  func queueMail(
    _ request: Messaging.QueueMailRequest, _ call: Call
  ) async throws -> Messaging.Mail {
    let user = try call.principal.user
    let count = try state.withLock { state throws(Status) in
      if !state.refusals.isEmpty { throw state.refusals.removeFirst() }
      state.subjects.append(request.subject)
      state.callers.append(user)
      return state.subjects.count
    }
    arrivals.continuation.yield(count)
    return Messaging.Mail(subject: request.subject)
  }

  func listMails(
    _ request: Messaging.ListMailsRequest, _ call: Call
  ) async throws -> Messaging.ListMailsResponse { .init() }

  func getMail(_ request: Messaging.GetMailRequest, _ call: Call) async throws -> Messaging.Mail {
    throw Status(.notFound, "not found")
  }

  func retryMail(
    _ request: Messaging.RetryMailRequest, _ call: Call
  ) async throws -> Messaging.Mail { throw Status(.notFound, "not found") }
}
