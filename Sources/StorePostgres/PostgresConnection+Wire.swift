import CPostgres
import Foundation
import Store

/// Commands out, results in.
extension PostgresConnection {
  /// Puts commands and the end of the pipeline into libpq's buffer.
  func transmit(_ commands: [Command]) throws(StoreError) -> [Sent] {
    var sent: [Sent] = []
    for command in commands { try send(command, &sent) }
    guard PQpipelineSync(pointer) == 1 else { throw .unavailable(message) }
    return sent
  }

  private func send(_ command: Command, _ sent: inout [Sent]) throws(StoreError) {
    let bound = BoundValues(command)
    guard command.recurs, !isPooled else {
      try check(
        bound.withPointers { types, values, lengths, formats in
          PQsendQueryParams(
            pointer, command.text, bound.count, types, values, lengths, formats, 0)
        })
      return sent.append(.command(command))
    }
    let key = PreparedStatements.Key(command)
    let name: String
    if let known = prepared[key] { name = known } else { name = try prepare(key, bound, &sent) }
    try check(
      bound.withPointers { _, values, lengths, formats in
        PQsendQueryPrepared(pointer, name, bound.count, values, lengths, formats, 0)
      })
    sent.append(.command(command))
  }

  private func prepare(
    _ key: PreparedStatements.Key, _ bound: BoundValues, _ sent: inout [Sent]
  ) throws(StoreError) -> String {
    if prepared.isFull {
      try check(PQsendQueryParams(pointer, "DEALLOCATE ALL", 0, nil, nil, nil, nil, 0))
      sent.append(.command(Command(text: "DEALLOCATE ALL", recurs: false)))
      prepared.forgetAll()
    }
    let name = prepared.add(key)
    try check(
      bound.withPointers { types, _, _, _ in
        PQsendPrepare(pointer, name, key.text, bound.count, types)
      })
    sent.append(.preparation(key))
    return name
  }

  private func check(_ done: Int32) throws(StoreError) {
    guard done == 1 else { throw .unavailable(message) }
  }

  /// Reads the results of what was sent, up to the end of the pipeline.
  func read(_ sent: [Sent]) throws(StoreError) -> [PostgresResult] {
    var asked: [PostgresResult] = []
    var error: StoreError?
    var position = 0
    while true {
      try waitForResult()
      guard let raw = PQgetResult(pointer) else {
        // The end of one command's results; also what a dead connection says for ever.
        position += 1
        guard !isLost, position <= sent.count else { throw error ?? .unavailable(message) }
        continue
      }
      let result = PostgresResult(raw)
      if result.status == PGRES_PIPELINE_SYNC { break }
      guard position < sent.count else { throw .unavailable("more results than commands") }
      let failure = take(result, of: sent[position], &asked)
      error = error ?? failure
    }
    if let error { throw error }
    return asked
  }

  /// What one result means; returns what it failed with.
  private func take(
    _ result: PostgresResult, of sent: Sent, _ asked: inout [PostgresResult]
  ) -> StoreError? {
    switch result.status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
      guard case .command(let command) = sent else { return nil }
      if command.isAsked { asked.append(result) }
      return command.error.flatMap { result.changedRows == 0 ? $0 : nil }
    case PGRES_PIPELINE_ABORTED:
      if case .preparation(let key) = sent { prepared.forget(key) }
      return nil
    default:
      if case .preparation(let key) = sent { prepared.forget(key) }
      return failure(result)
    }
  }

  private func waitForResult() throws(StoreError) {
    let deadline = deadline
    while true {
      let unsent = PQflush(pointer)
      // A failure of the connection shows as a result with the error.
      guard unsent >= 0, PQisBusy(pointer) == 1 else { return }
      let events = unsent == 1 ? POLLIN | POLLOUT : POLLIN
      let left = max(0, (deadline - .now).wholeMilliseconds)
      var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(events), revents: 0)
      let ready = poll(&descriptor, 1, Int32(clamping: left))
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { throw .unavailable("PostgreSQL did not answer in time") }
      if descriptor.revents & ~Int16(POLLOUT) != 0, PQconsumeInput(pointer) != 1 { return }
    }
  }
}
