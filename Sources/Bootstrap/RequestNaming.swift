import PorticoAPI
import Protobuf
import RPC

/// Gives each request that can have a `request_id` one, where its maker gave it none. A call that does something can then be
/// made again when a server was lost over it: it does it once, and its answer is the same (AIP-155).
struct RequestNaming: Caller {
  let base: any Caller

  /// `request_id` of the methods that have one, by their path.
  static let fields: [String: WireText] = Dictionary(
    uniqueKeysWithValues: PorticoAPI.Methods.all.compactMap { method in
      guard method.streaming == .unary else { return nil }
      return WireText("request_id", of: method.input).map { (method.path, $0) }
    })

  func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    try await base.unary(method, named(request, for: method), options)
  }

  func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    try base.start(method, named(request, for: method), options, completion)
  }

  private func named(_ request: [UInt8], for method: Method) -> [UInt8] {
    guard let field = Self.fields[method.path], field.isEmpty(in: request) == true else {
      return request
    }
    return field.setting("auto-\(RequestID.make())", in: request)
  }

  func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await base.stream(method, options, body)
  }
}
