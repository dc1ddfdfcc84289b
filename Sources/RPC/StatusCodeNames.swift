extension Status.Code {
  /// The name gRPC's documents use, `DEADLINE_EXCEEDED`.
  public var name: String { Self.names[rawValue] }

  /// The code of that name, byte for byte; nil for a name that is none.
  public init?(name: some StringProtocol) {
    guard let index = Self.names.firstIndex(where: { $0 == name }) else { return nil }
    self.init(rawValue: index)
  }

  /// By number.
  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]
}

extension Status.Code: CustomStringConvertible {
  /// As it is spelled in Swift, `deadlineExceeded`: for logs, which have one in every line. Without this the name would be
  /// looked up by reflection each time.
  public var description: String { Self.cases[rawValue] }

  private static let cases = [
    "ok", "cancelled", "unknown", "invalidArgument", "deadlineExceeded", "notFound",
    "alreadyExists", "permissionDenied", "resourceExhausted", "failedPrecondition", "aborted",
    "outOfRange", "unimplemented", "internal", "unavailable", "dataLoss", "unauthenticated",
  ]
}
