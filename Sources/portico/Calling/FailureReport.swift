import ArgumentParser
import Foundation
import Protobuf
import RPC
import WellKnown

/// Why nothing could be called: what was typed, or what it names.
struct CallMistake: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What a failed call prints, and with what it exits.
struct FailureReport {
  let status: Status
  /// What the details may be, beside Google's own.
  let types: TypeRegistry

  /// `NOT_FOUND: no such ticket`, and a line of JSON for each detail.
  func print() {
    let message = status.message.isEmpty ? "" : ": \(status.message)"
    Console.complain("\(status.code.name)\(message)")
    if let reason = status.internalReason { Console.complain("  because: \(reason)") }
    for detail in status.details { Console.complain("  \(detail.typeName) \(text(detail))") }
  }

  /// 64 and the number of the status code: a script can tell NOT_FOUND (69) from UNAVAILABLE (78).
  var exitCode: ExitCode { ExitCode(Int32(64 + status.code.rawValue)) }

  private func text(_ detail: Status.Detail) -> String {
    if let type = types[detail.typeName] ?? Self.googles[detail.typeName] {
      do {
        let options = JSONOptions(omitsDefaults: true, types: types)
        let json = try type.json(fromSerialized: detail.value, options: options)
        return String(decoding: json, as: UTF8.self)
      } catch {
        return "\(base64(detail)) (not what it says: \(error))"
      }
    }
    return base64(detail)
  }

  private func base64(_ detail: Status.Detail) -> String {
    Data(detail.value).base64EncodedString()
  }

  static let googles = TypeRegistry([
    GoogleRpc.BadRequest.descriptor, GoogleRpc.ErrorInfo.descriptor,
    GoogleRpc.RetryInfo.descriptor, GoogleRpc.PreconditionFailure.descriptor,
    GoogleRpc.ResourceInfo.descriptor, GoogleRpc.QuotaFailure.descriptor,
    GoogleRpc.RequestInfo.descriptor, GoogleRpc.Help.descriptor, GoogleRpc.DebugInfo.descriptor,
    GoogleRpc.LocalizedMessage.descriptor,
  ])
}
