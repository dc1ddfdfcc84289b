import Blobs
import Crypto
import Handling
import RPC
import Store

/// What a caller is told when a file cannot be kept or read.
extension BlobError: StatusConvertible {
  public var status: Status {
    switch self {
    case .absent: Status(.notFound, "not found")
    case .full: StoreError.full.status
    case .tooLarge(let limit):
      Status(
        .invalidArgument, "the file is larger than \(limit) bytes",
        details: [.reason("FILE_TOO_LARGE", domain: "portico")])
    case .busy: Status(.unavailable, "too busy; try again", details: [.retry(after: .seconds(1))])
    case .invalidTenant, .storage: Status(.internal, "internal error", because: "\(self)")
    }
  }
}

/// What a caller is told when a password cannot be checked.
extension PasswordError: StatusConvertible {
  public var status: Status {
    switch self {
    case .tooLong:
      Status(.invalidArgument, "the password has more than \(PasswordHasher.longestPassword) bytes")
    case .busy:
      Status(
        .resourceExhausted, "too many sign in at once; try again",
        details: [.retry(after: .seconds(2))])
    case .outOfMemory:
      Status(.unavailable, "try again shortly", because: "no memory to hash a password")
    }
  }
}
