import CPostgres
import Foundation
import Store

/// One libpq connection in pipeline mode, used by one thread. Commands wait here until a result is asked for; then all
/// of them go out in one write and their results are read: one round trip, however many they are.
final class PostgresConnection {
  let pointer: OpaquePointer
  /// Whether something stands between us and the server that may give each transaction to another of its processes, as
  /// pgbouncer does: nothing may be left behind there then, no plan and no setting.
  private(set) var isPooled = false
  let opened = ContinuousClock.now
  /// How often somebody has waited for the server.
  private(set) var roundTrips = 0
  private let address: ConnectionAddress
  private let names: ConstraintNames
  /// How long the server may be silent while a result is due.
  private let patience: Duration
  var prepared = PreparedStatements()
  private var queue: [Command] = []
  /// Results that nobody waits for and that are still to be read, as those of the end of a reading transaction.
  private var unread: [Sent] = []

  /// Beyond so many, commands are sent without being asked for, so that a large transaction needs no large memory.
  private static let longestQueue = 256

  /// What was sent: one of these a result.
  enum Sent {
    case preparation(PreparedStatements.Key)
    case command(Command)
  }

  /// Blocks until connected, at most for the connect timeout of each host.
  init(
    _ address: ConnectionAddress, names: ConstraintNames, patience: Duration
  ) throws(StoreError) {
    let parameters = address.parameters
    let opened = withCStrings(parameters.map(\.name)) { keys in
      withCStrings(parameters.map(\.value)) { PQconnectdbParams(keys, $0, 1) }
    }
    guard let opened else { throw .unavailable("libpq is out of memory") }
    guard PQstatus(opened) == CONNECTION_OK, PQsetnonblocking(opened, 1) == 0,
      PQenterPipelineMode(opened) == 1
    else {
      let message = address.masked(String(cString: PQerrorMessage(opened)))
      PQfinish(opened)
      throw .unavailable(message)
    }
    // Notices would otherwise go to standard error.
    PQsetNoticeProcessor(opened, { _, _ in }, nil)
    pointer = opened
    self.address = address
    self.names = names
    self.patience = patience
    // A pooler makes up the process number that it tells its clients.
    let process = try perform(text: "SELECT pg_backend_pid()::int8").rows(limit: 1).first
    isPooled = process?.values.first != .integer(Int64(PQbackendPID(opened)))
  }

  deinit { PQfinish(pointer) }

  var isLost: Bool { PQstatus(pointer) == CONNECTION_BAD }

  /// Whether the connection still stands, as far as can be told without asking: what an idle one has to say is
  /// mostly its end.
  func isAlive() -> Bool {
    for _ in 0..<3 where !isLost {
      var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, 0) > 0 else { return true }
      guard PQconsumeInput(pointer) == 1 else { return false }
    }
    return !isLost
  }

  /// Lets a command travel with the next one whose result is asked for.
  func enqueue(_ command: Command) throws(StoreError) {
    queue.append(command)
    // Not while a result is asked for: whoever asks bounds what it asks at once, and reads it.
    if queue.count > Self.longestQueue, !command.isAsked { _ = try flush() }
  }

  /// Whether the next command that waits takes all others along.
  var isFull: Bool { queue.count >= Self.longestQueue }

  /// Whether commands wait that could still fail.
  var hasQueued: Bool { !queue.isEmpty }

  /// Whether one of those that wait must change a row. What follows it is sent only when it did: the server would
  /// go on, and commit.
  var hasConditions: Bool { queue.contains { $0.error != nil } }

  /// Forgets what was not sent.
  func dropQueued() { queue.removeAll() }

  /// Sends what waits, then this, and reads its result.
  func perform(_ command: Command) throws(StoreError) -> PostgresResult {
    queue.append(command.asked)
    guard let result = try flush().last else { throw .unavailable(message) }
    return result
  }

  /// A text without parameters, once.
  func perform(text: String) throws(StoreError) -> PostgresResult {
    try perform(Command(text: text, recurs: false))
  }

  /// Sends a command without waiting for its result: `settle` reads it.
  func post(_ command: Command) throws(StoreError) {
    try settle()
    unread = try transmit([command])
    guard PQflush(pointer) >= 0 else { throw .unavailable(message) }
  }

  /// Reads what was left unread. An error in there concerns nobody any more; a lost connection shows by `isLost`.
  func settle() throws(StoreError) {
    guard !unread.isEmpty else { return }
    let sent = unread
    unread = []
    do throws(StoreError) { _ = try read(sent) } catch {
      guard !isLost else { throw error }
    }
  }

  /// Sends what waits and reads all results; those that were asked for are returned, the first error thrown.
  func flush() throws(StoreError) -> [PostgresResult] {
    try settle()
    let commands = queue
    roundTrips += 1
    queue.removeAll(keepingCapacity: true)
    return try read(try transmit(commands))
  }

  /// Runs several statements, separated by semicolons; the simple protocol alone takes such.
  func perform(script: String) throws(StoreError) {
    try settle()
    guard PQexitPipelineMode(pointer) == 1 else { throw .unavailable(message) }
    let raw = PQexec(pointer, script)
    guard PQenterPipelineMode(pointer) == 1, let raw else { throw .unavailable(message) }
    let result = PostgresResult(raw)
    switch result.status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
    default: throw failure(result)
    }
  }

  func failure(_ result: PostgresResult) -> StoreError {
    StoreError(postgres: result, isLost: isLost, names: names)
  }

  var deadline: ContinuousClock.Instant { .now + patience }

  var message: String { address.masked(String(cString: PQerrorMessage(pointer))) }
}
