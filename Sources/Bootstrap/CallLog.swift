import Access
import Logging
import RPC
import Values

/// One line for each call that a server answered: what, for whom, how it ended and how long it took. Never what was
/// in it. Stands outside the gate, so that refusals are seen too.
struct CallLog: ServerInterceptor {
  let logger: Logger

  func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws {
    let start = ContinuousClock.now
    do {
      try await next(call)
      write(call, since: start, status: nil)
    } catch {
      var status = Self.status(of: error)
      write(call, since: start, status: status)
      // It has been logged here, once, at a level that fits.
      status.internalReason = nil
      throw status
    }
  }

  private static func status(of error: any Error) -> Status {
    switch error {
    case let status as Status: status
    case let error as any StatusConvertible: error.status
    case is CancellationError: Status(.cancelled, "cancelled")
    default: Status(.internal, "internal error", because: "\(error)")
    }
  }

  private func write(_ call: Call, since start: ContinuousClock.Instant, status: Status?) {
    let level = level(of: status)
    guard logger.logLevel <= level else { return }
    var fields: Logger.Metadata = [
      "method": "\(call.method.path)", "request": "\(call.requestID)",
      "code": "\(status?.code ?? .ok)",
      "microseconds": "\((ContinuousClock.now - start).wholeMicroseconds)",
    ]
    if let principal = call.signedInPrincipal {
      fields["tenant"] = "\(principal.tenant)"
      fields["user"] = "\(principal.user)"
      if let actor = principal.actor { fields["actor"] = "\(actor)" }
    }
    if let reason = status?.internalReason { fields["reason"] = "\(reason)" }
    logger.log(level: level, "call", metadata: fields)
  }

  /// What the operator must look at is an error; what the caller did wrong is not.
  private func level(of status: Status?) -> Logger.Level {
    switch status?.code {
    case .internal, .unknown, .dataLoss: .error
    case .unavailable, .resourceExhausted, .deadlineExceeded: .warning
    case nil: .debug
    default: .info
    }
  }
}
