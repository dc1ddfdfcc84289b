import RPC
import Store

/// What a caller is told of a failed store call. Texts of the engine go to the operator only.
extension StoreError: StatusConvertible {
  public var status: Status {
    switch self {
    case .notFound: Status(.notFound, "not found")
    case .stale:
      Status(
        .aborted, "it was changed since you read it; read it again",
        details: [.reason("ETAG_MISMATCH", domain: domain)])
    case .duplicate(let constraint):
      Status(.alreadyExists, "it exists already", because: "unique \(constraint)")
    case .foreignKey:
      Status(
        .failedPrecondition, "something it refers to does not exist, or something refers to it")
    case .invalidPageToken: .invalid("page_token", "does not belong to this list")
    case .requestIDReused: .invalid("request_id", "was used for another request")
    case .unstorable(let what):
      Status(.invalidArgument, "a text holds a character that cannot be kept", because: what)
    case .full:
      Status(
        .resourceExhausted, "the storage is full",
        details: [.reason(Status.storageFull, domain: domain)])
    case .busy:
      Status(.unavailable, "too busy; try again", details: [.retry(after: .seconds(1))])
    case .unavailable(let reason):
      Status(
        .unavailable, "try again shortly", details: [.retry(after: .seconds(1))], because: reason)
    case .leaseLost(let name):
      Status(.aborted, "another process took over", because: "lease \(name)")
    case .constraint, .readOnly, .forbidden, .corrupt, .column, .statement, .migration:
      Status(.internal, "internal error", because: "\(self)")
    }
  }
}

extension Status {
  /// The reason of a RESOURCE_EXHAUSTED that ends when there is room on the disk again.
  public static let storageFull = "STORAGE_FULL"
}

private let domain = "portico"
