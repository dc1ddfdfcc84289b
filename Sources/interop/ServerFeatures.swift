import Foundation
import RPC
import WellKnown

/// `x-grpc-test-echo-initial` comes back with the headers, `x-grpc-test-echo-trailing-bin` with the status.
enum EchoedMetadata {
  static let initial = "x-grpc-test-echo-initial"
  static let trailing = "x-grpc-test-echo-trailing-bin"

  static func copy(in call: RPC.Call) throws {
    let initial = call.metadata.values(initial)
    let trailing = call.metadata.values(binary: trailing)
    for value in initial { try call.initialMetadata.append(Self.initial, value) }
    for value in trailing { try call.trailingMetadata.append(Self.trailing, binary: value) }
  }
}

/// A request can say with which status it is to end.
enum EchoedStatus {
  /// Throws that status; a code that gRPC does not know is UNKNOWN.
  static func end(with wanted: GrpcTesting.EchoStatus?) throws {
    guard let wanted, wanted.code != 0 else { return }
    throw Status(Status.Code(rawValue: Int(wanted.code)) ?? .unknown, wanted.message)
  }
}

/// A request can say that it is compressed, or that it is not.
enum Expectation {
  /// INVALID_ARGUMENT when the request that was read last is not as it says.
  static func check(_ expected: GrpcTesting.BoolValue?, _ call: RPC.Call) throws {
    guard let expected, expected.value != call.isRequestCompressed else { return }
    throw Status(
      .invalidArgument,
      expected.value ? "the request is not compressed" : "the request is compressed")
  }
}

enum Payloads {
  /// The largest that goes into an answer, bytes.
  static let largest = 16 * 1024 * 1024

  /// Zeros. INVALID_ARGUMENT for a type or a size that there is none of.
  static func zeros(
    _ size: Int32, _ type: GrpcTesting.PayloadType
  ) throws -> GrpcTesting.Payload {
    guard type == .compressable else { throw Status(.invalidArgument, "unknown payload type") }
    guard size >= 0 else { throw Status(.invalidArgument, "the payload size is negative") }
    guard size <= largest else {
      throw Status(.invalidArgument, "a payload has \(largest) bytes at most")
    }
    return .init(type: type, body: zeros(Int(size)))
  }

  static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  /// Each byte is as the one before it, and the first one zero.
  static func areZeros(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, let first = bytes.first else { return true }
      return first == 0 && memcmp(start, start + 1, bytes.count - 1) == 0
    }
  }
}
