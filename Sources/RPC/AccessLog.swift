import Logging
import Telemetry

/// One line for each call that reached a server's interceptors: what, for whom, how it ended, how long it took and how much
/// it moved. Never what was in it: no metadata, no message, no token. Stands outermost, so that what
/// the other interceptors refuse is seen too.
public struct AccessLog: ServerInterceptor {
  private let log: FieldLog
  private let onEnd: @Sendable (Call, Status.Code) -> Void
  private let describe: @Sendable (Call) -> [LogField]

  /// - Parameters:
  ///   - describe: further fields, such as who calls; asked when the call is over.
  ///   - onEnd: is told of every call that did not end well, logged or not.
  public init(
    _ logger: Logger, describe: @escaping @Sendable (Call) -> [LogField] = { _ in [] },
    onEnd: @escaping @Sendable (Call, Status.Code) -> Void = { _, _ in }
  ) {
    log = FieldLog(logger)
    self.onEnd = onEnd
    self.describe = describe
  }

  public func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws {
    do {
      try await next(call)
      write(call, nil)
    } catch {
      var status = Status(thrown: error)
      write(call, status)
      // It has been logged here, once, at a level that fits.
      status.internalReason = nil
      throw status
    }
  }

  private func write(_ call: Call, _ status: Status?) {
    // What the client saw, whatever a cancelled handler made of it.
    let code = call.cancellation ?? status?.code ?? .ok
    if code != .ok { onEnd(call, code) }
    let level = Self.level(of: code)
    guard log.isOn(level) else { return }
    var fields = [
      LogField("code", "\(code)"), LogField("method", call.method.path),
      LogField("ms", milliseconds: call.elapsed),
      LogField("peer", Self.name(of: call.peer)),
      LogField("request_bytes", number: call.requestBytes),
      LogField("request_id", call.requestID),
      LogField("response_bytes", number: call.responseBytes),
      LogField("trace_id", "\(call.trace.traceID)"),
    ]
    fields += describe(call)
    if let reason = status?.internalReason { fields.append(LogField("reason", reason)) }
    fields.sort { $0.name < $1.name }
    log.write(level, "call", fields)
  }

  /// The names in its certificate, or the address of a peer that showed none.
  private static func name(of peer: Peer) -> String {
    peer.certificateNames.isEmpty ? peer.address : peer.certificateNames.joined(separator: " ")
  }

  /// What the operator must look at is an error; what the caller did wrong is not.
  private static func level(of code: Status.Code) -> Logger.Level {
    switch code {
    case .internal, .unknown, .dataLoss: .error
    case .unavailable, .resourceExhausted, .deadlineExceeded: .warning
    default: .info
    }
  }
}
