import Handling
import NIOHTTP1
import Protobuf
import RPC
import WellKnown

extension Problem {
  /// An RPC's status as the outside sees it: the texts of INTERNAL, UNKNOWN and DATA_LOSS stay inside.
  init(_ status: Status) {
    let hides = [.internal, .unknown, .dataLoss].contains(status.code)
    self.init(
      Self.httpStatus(status.code), status.code,
      hides ? "internal error" : status.message, because: status.internalReason ?? status.message)
    // A service that is down says nothing itself.
    if status.code == .unavailable { retryAfter = 1 }
    guard !hides else { return }
    for detail in status.details {
      switch detail.typeName.split(separator: "/").last {
      case "google.rpc.DebugInfo": continue
      case "google.rpc.BadRequest": violations += Self.violations(detail)
      case "google.rpc.RetryInfo": retryAfter = Self.seconds(detail) ?? retryAfter
      case "google.rpc.ErrorInfo": readReason(detail)
      default: break
      }
      details.append(detail)
    }
  }

  /// Whatever a handler or a transport threw.
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let status as Status: self.init(status)
    case let convertible as any StatusConvertible: self.init(convertible.status)
    case let error as JSONError: self.init(error)
    case let failure as RequestBody.Failure: self.init(failure)
    case is CancellationError:
      self.init(.custom(code: 499, reasonPhrase: "Client Closed Request"), .cancelled, "cancelled")
    default:
      self.init(.internalServerError, .internal, "internal error", because: "\(error)")
    }
  }

  init(_ error: JSONError) {
    self.init(
      .badRequest, .invalidArgument,
      error.field.isEmpty ? error.reason : "\(error.field) \(error.reason)",
      violations: error.field.isEmpty
        ? [] : [Violation(field: error.field, description: error.reason)])
  }

  init(_ failure: RequestBody.Failure) {
    switch failure {
    case .tooLarge(let limit):
      self.init(.payloadTooLarge, .resourceExhausted, "the request body may have \(limit) bytes")
    case .aborted: self.init(.badRequest, .cancelled, "the request body broke off")
    case .timedOut:
      self.init(.requestTimeout, .deadlineExceeded, "the request body took too long")
    }
  }

  static func httpStatus(_ code: Status.Code) -> HTTPResponseStatus {
    switch code {
    case .ok: .ok
    case .cancelled: .custom(code: 499, reasonPhrase: "Client Closed Request")
    case .invalidArgument, .failedPrecondition, .outOfRange: .badRequest
    case .deadlineExceeded: .gatewayTimeout
    case .notFound: .notFound
    case .alreadyExists, .aborted: .conflict
    case .permissionDenied: .forbidden
    case .resourceExhausted: .tooManyRequests
    case .unimplemented: .notImplemented
    case .unavailable: .serviceUnavailable
    case .unauthenticated: .unauthorized
    case .unknown, .internal, .dataLoss: .internalServerError
    }
  }

  /// A range that lies outside of the bytes, and a full disk, have an HTTP status of their own.
  private mutating func readReason(_ detail: Status.Detail) {
    do {
      let info = try GoogleRpc.ErrorInfo(serialized: detail.value)
      if code == .resourceExhausted, info.reason == Status.storageFull {
        status = .insufficientStorage
      }
      guard code == .outOfRange, info.reason == DownloadMetadata.unsatisfiable,
        let size = info.metadata["size"].flatMap(Int.init)
      else { return }
      status = .rangeNotSatisfiable
      headers.append(Header(name: "content-range", value: "bytes */\(size)"))
    } catch { return }  // a detail that cannot be read explains nothing
  }

  private static func violations(_ detail: Status.Detail) -> [Violation] {
    do {
      return try GoogleRpc.BadRequest(serialized: detail.value).fieldViolations.map {
        Violation(field: $0.field, description: $0.description)
      }
    } catch { return [] }
  }

  private static func seconds(_ detail: Status.Detail) -> Int? {
    do {
      guard let delay = try GoogleRpc.RetryInfo(serialized: detail.value).retryDelay else {
        return nil
      }
      return max(0, Int(clamping: delay.seconds)) + (delay.nanos > 0 ? 1 : 0)
    } catch { return nil }
  }
}

extension Status.Code {
  /// `NOT_FOUND`, as google.rpc.Code spells it.
  var wireName: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internal: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}
