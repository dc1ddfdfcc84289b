import Access
import Logging
import PorticoAPI
import RPC
import Store
import Values

/// Performs the effects that transactions left in the outbox: claims due rows, calls the method each names in the
/// service's own name, and reports back. Several relays may run: each row is leased to one of them.
struct OutboxRelay: Sendable {
  let outbox: Outbox
  let peers: Peers
  let logger: Logger
  let figures: ServiceFigures
  let clock: any WallClock
  /// Nil where nothing is traced.
  let recorder: (any SpanRecorder)?
  /// What a call of one effect may take; less than the lease of a claim.
  var deadline = Duration.seconds(30)
  /// How long to wait before looking again when nothing was due.
  var pause = Duration.milliseconds(200)
  var batch = 16

  /// Until the task is cancelled. An outage of the store is waited out.
  func run() async {
    while !Task.isCancelled {
      var performed = 0
      do { performed = try await performDue() } catch {
        logger.warning("outbox cannot be read", metadata: ["error": "\(error)"])
      }
      guard performed == 0 else { continue }
      do { try await Task.sleep(for: pause) } catch { return }
    }
  }

  /// Performs what is due now; says how many rows it took.
  func performDue() async throws -> Int {
    let items = try await outbox.claim(limit: batch)
    await withTaskGroup(of: Void.self) { group in
      for item in items { group.addTask { await perform(item) } }
    }
    return items.count
  }

  private func perform(_ item: Outbox.Item) async {
    let failure = await tracing(item) { await call(item) }
    do {
      guard let failure else {
        try await outbox.complete(item)
        figures.effects.add(1, "done")
        return figures.effectAge.record(clock.now - item.created)
      }
      let outcome = try await outbox.fail(
        item, error: "\(failure.code): \(failure.internalReason ?? failure.message)",
        isFinal: Self.isFinal(failure.code))
      figures.effects.add(1, outcome == .dead ? "dead" : "again")
      logger.log(
        level: outcome == .dead ? .error : .warning, "effect failed",
        metadata: [
          "tenant": "\(item.tenant)", "key": "\(item.key)", "method": "\(item.method)",
          "attempt": "\(item.attempt)", "code": "\(failure.code)", "outcome": "\(outcome)",
        ])
    } catch {
      // The claim runs out by itself, and the effect is performed again: the receiver replays it.
      logger.warning(
        "effect not reported", metadata: ["key": "\(item.key)", "error": "\(error)"])
    }
  }

  /// The effect goes on with the trace of the change that left it, however much later that is.
  private func tracing(
    _ item: Outbox.Item, _ body: () async -> Status?
  ) async -> Status? {
    let left = item.trace.flatMap { TraceContext(traceparent: $0.utf8) }
    guard let recorder, let left, left.isSampled else { return await body() }
    let span = Span(
      "deliver outbox", .consumer, left.child(),
      attributes: [
        ("messaging.system", .text("portico_outbox")),
        ("messaging.operation.name", .text("deliver")),
        ("messaging.message.id", .text(item.key)), ("rpc.method", .text(item.method)),
        ("portico.attempt", .number(Int64(item.attempt))),
      ])
    let failure = await TraceScope.$own.withValue(span.context) { await body() }
    recorder.record(span.ended(failure.map { "\($0.code)" }))
    return failure
  }

  private func call(_ item: Outbox.Item) async -> Status? {
    guard let method = Self.methods[item.method] else {
      return Status(.unimplemented, "no such method", because: item.method)
    }
    let options = CallOptions(inheritsContext: false).timeout(deadline).asService(in: item.tenant)
    do {
      _ = try await peers.caller(method.owner).unary(method, item.body, options)
      return nil
    } catch let status as Status {
      return status
    } catch {
      return Status(.unavailable, "not delivered", because: "\(error)")
    }
  }

  /// A request that is wrong stays wrong; everything else may mend.
  private static func isFinal(_ code: Status.Code) -> Bool {
    code == .invalidArgument || code == .outOfRange || code == .alreadyExists
  }

  private static let methods = Dictionary(
    uniqueKeysWithValues: Methods.all.map { ($0.path, $0) })
}
