import Access
import RPC

/// Performs calls for one request: with the user's token, the request's id and at most the time that its route has.
struct UserCaller: Caller {
  let base: any Caller
  /// Nil when nobody is signed in.
  let principalToken: [UInt8]?
  let requestID: String
  let deadline: Deadline

  func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    try await base.unary(method, request, try prepared(options))
  }

  func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await base.stream(method, try prepared(options), body)
  }

  private func prepared(_ options: CallOptions) throws -> CallOptions {
    var options = options
    options.deadline = min(options.deadline ?? deadline, deadline)
    try options.metadata.set(RequestID.key, requestID)
    if let principalToken { options = try options.principal(principalToken) }
    return options
  }
}

/// The services behind the gateway, each reached by the package of its methods.
public struct Backends: Caller {
  private let callers: [String: any Caller]

  /// - callers: by service name, `ticketing`.
  public init(_ callers: [String: any Caller]) { self.callers = callers }

  public func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    try await caller(of: method).unary(method, request, options)
  }

  public func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await caller(of: method).stream(method, options, body)
  }

  var names: [String] { callers.keys.sorted() }
  subscript(name: String) -> (any Caller)? { callers[name] }

  private func caller(of method: Method) throws(Status) -> any Caller {
    guard let caller = callers[method.owner] else {
      throw Status(.unimplemented, "this installation has no \(method.owner) service")
    }
    return caller
  }
}
