/// Stands around every call a server answers, unary and streams, in the order the server was given them. It may set
/// typed values and metadata on the call, refuse by throwing, or observe how `next` ends.
public protocol ServerInterceptor: Sendable {
  func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws
}

/// Stands around every call a client makes. `next` sends the call with the options given to it; not calling it
/// refuses. `next` may be called once.
public protocol ClientInterceptor: Sendable {
  func intercept<Result>(
    _ method: Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
  ) async throws -> Result
}

/// A caller with interceptors around it; the first of the list is the outermost.
public struct InterceptedCaller: Caller {
  private let base: any Caller
  private let interceptors: [any ClientInterceptor]

  public init(_ base: any Caller, _ interceptors: [any ClientInterceptor]) {
    self.base = base
    self.interceptors = interceptors
  }

  public func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    try await around(method, options, interceptors[...]) { options in
      try await base.unary(method, request, options)
    }
  }

  public func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await around(method, options, interceptors[...]) { options in
      try await base.stream(method, options, body)
    }
  }

  private func around<Result>(
    _ method: Method, _ options: CallOptions, _ rest: ArraySlice<any ClientInterceptor>,
    _ last: (CallOptions) async throws -> Result
  ) async throws -> Result {
    guard let first = rest.first else { return try await last(options) }
    return try await first.intercept(method, options) { options in
      try await around(method, options, rest.dropFirst(), last)
    }
  }
}
