import Protobuf
import WellKnown

/// How a call ended when it did not succeed: the one error type on the wire.
public struct Status: Error, Sendable, Hashable {
  /// The codes of gRPC, by their numbers on the wire.
  public enum Code: Int, Sendable, Hashable, CaseIterable {
    case ok = 0
    case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists,
      permissionDenied, resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented,
      `internal`, unavailable, dataLoss, unauthenticated
  }

  public var code: Code
  /// What the caller reads.
  public var message: String
  /// google.rpc details (BadRequest, ErrorInfo, RetryInfo, …).
  public var details: [Detail]
  /// What the operator logs. There is no path from here to the wire.
  public var internalReason: String?

  public init(
    _ code: Code, _ message: String, details: [Detail] = [], because reason: String? = nil
  ) {
    self.code = code
    self.message = message
    self.details = details
    self.internalReason = reason
  }

  /// A packed `google.protobuf.Any`.
  public struct Detail: Sendable, Hashable {
    /// `google.rpc.BadRequest`, without the host of a type URL.
    public var typeName: String
    /// The serialized message.
    public var value: [UInt8]
    public init(typeName: String, value: [UInt8]) {
      self.typeName = typeName
      self.value = value
    }
  }
}

/// An error that knows its status: each domain error gets one conformance, beside its handlers.
public protocol StatusConvertible: Error {
  var status: Status { get }
}
