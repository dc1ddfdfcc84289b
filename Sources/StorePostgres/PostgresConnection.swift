import CPostgres
import Foundation
import Store

import struct Store.Row
import struct Store.Statement

/// One libpq connection in pipeline mode, used by one thread. What is queued goes out in one write, so
/// that BEGIN, the tenant and the first statement are one round trip.
final class PostgresConnection {
  private struct CacheKey: Hashable {
    let text: String
    let kinds: [SQLKind]
  }

  /// Beyond so many values a statement is one of a family (`IN` lists) and not worth keeping.
  private static let preparedValues = 48
  private static let preparedStatements = 400

  private let pointer: OpaquePointer
  private let names: ConstraintNames
  private let timeout: Duration
  private var prepared: [CacheKey: String] = [:]
  private var unconfirmed: [CacheKey] = []
  private var lastName = 0

  /// Blocks until connected, at most for the connect timeout. `timeout` bounds each round trip.
  init(
    _ conninfo: String, names: ConstraintNames, timeout: Duration
  ) throws(StoreError) {
    let keywords = [
      "dbname", "client_encoding", "connect_timeout", "tcp_user_timeout",
      "fallback_application_name",
    ]
    let values = [conninfo, "UTF8", "5", "20000", "portico"]
    let opened = withCStrings(keywords) { keys in
      withCStrings(values) { PQconnectdbParams(keys, $0, 1) }
    }
    guard let opened else { throw .unavailable("libpq is out of memory") }
    guard PQstatus(opened) == CONNECTION_OK, PQenterPipelineMode(opened) == 1 else {
      let message = String(cString: PQerrorMessage(opened))
      PQfinish(opened)
      throw .unavailable(message.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    // Notices would otherwise go to standard error.
    PQsetNoticeProcessor(opened, { _, _ in }, nil)
    pointer = opened
    self.names = names
    self.timeout = timeout
  }

  deinit { PQfinish(pointer) }

  var isLost: Bool { PQstatus(pointer) == CONNECTION_BAD }

  /// Queues a statement whose result does not matter unless it fails.
  func enqueue(_ statement: Statement) throws(StoreError) { try send(statement) }

  /// Sends what is queued, then this, and reads up to the last result.
  func perform(_ statement: Statement) throws(StoreError) -> PostgresResult {
    try send(statement)
    return try flush()
  }

  /// Sends a text without parameters, once, unprepared.
  func perform(text: String) throws(StoreError) -> PostgresResult {
    try check(PQsendQueryParams(pointer, text, 0, nil, nil, nil, nil, 0))
    return try flush()
  }

  /// Runs several statements, separated by semicolons; the simple protocol alone takes such.
  func perform(script: String) throws(StoreError) {
    guard PQexitPipelineMode(pointer) == 1 else { throw .unavailable(message) }
    let raw = PQexec(pointer, script)
    guard PQenterPipelineMode(pointer) == 1, let raw else { throw .unavailable(message) }
    let result = PostgresResult(raw)
    switch result.status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
    default: throw StoreError(postgres: result, isLost: isLost, names: names)
    }
  }

  private func send(_ statement: Statement) throws(StoreError) {
    let bound = BoundValues(statement)
    guard statement.values.count <= Self.preparedValues else {
      return try check(
        bound.withPointers { types, values, lengths, formats in
          PQsendQueryParams(
            pointer, statement.text, bound.count, types, values, lengths, formats, 0)
        })
    }
    let key = CacheKey(text: statement.text, kinds: statement.kinds)
    let name: String
    if let known = prepared[key] { name = known } else { name = try prepare(key, bound) }
    try check(
      bound.withPointers { _, values, lengths, formats in
        PQsendQueryPrepared(pointer, name, bound.count, values, lengths, formats, 0)
      })
  }

  private func prepare(_ key: CacheKey, _ bound: BoundValues) throws(StoreError) -> String {
    if prepared.count >= Self.preparedStatements {
      try check(PQsendQueryParams(pointer, "DEALLOCATE ALL", 0, nil, nil, nil, nil, 0))
      prepared.removeAll()
      unconfirmed.removeAll()
    }
    lastName += 1
    let name = "s\(lastName)"
    try check(
      bound.withPointers { types, _, _, _ in
        PQsendPrepare(pointer, name, key.text, bound.count, types)
      })
    prepared[key] = name
    unconfirmed.append(key)
    return name
  }

  private func check(_ sent: Int32) throws(StoreError) {
    guard sent == 1 else { throw .unavailable(message) }
  }

  /// Ends the pipeline and reads its results; the last one is returned, the first error thrown.
  private func flush() throws(StoreError) -> PostgresResult {
    guard PQpipelineSync(pointer) == 1 else { throw .unavailable(message) }
    var last: PostgresResult?
    var failure: StoreError?
    let deadline = ContinuousClock.now + timeout
    reading: while true {
      try waitForResult(until: deadline)
      guard let raw = PQgetResult(pointer) else {
        // The end of one command's results; also what a dead connection says for ever.
        if isLost { break }
        continue
      }
      let result = PostgresResult(raw)
      switch result.status {
      case PGRES_PIPELINE_SYNC: break reading
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK: last = result
      case PGRES_PIPELINE_ABORTED: break
      default:
        failure = failure ?? StoreError(postgres: result, isLost: isLost, names: names)
      }
    }
    // Whether the server kept a statement is certain only when the pipeline came through as a whole;
    // names are never used again, so one that it kept does no harm.
    if failure != nil { for key in unconfirmed { prepared[key] = nil } }
    unconfirmed.removeAll()
    if let failure { throw failure }
    guard let last else { throw .unavailable(message) }
    return last
  }

  private func waitForResult(until deadline: ContinuousClock.Instant) throws(StoreError) {
    while PQisBusy(pointer) == 1 {
      let left = max(0, (deadline - ContinuousClock.now).wholeMilliseconds)
      var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
      let ready = poll(&descriptor, 1, Int32(clamping: left))
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { throw .unavailable("PostgreSQL did not answer in time") }
      // A failure here shows as a result with the error.
      guard PQconsumeInput(pointer) == 1 else { return }
    }
  }

  private var message: String {
    String(cString: PQerrorMessage(pointer)).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
