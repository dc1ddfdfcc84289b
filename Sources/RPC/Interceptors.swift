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

/// An interceptor that only looks at what a call is to be sent with, and adds to it or refuses by throwing. Nothing waits
/// around the call: every call of a process passes some of these.
public protocol CallPreparation: ClientInterceptor {
  func prepare(_ options: inout CallOptions, for method: Method) throws
}

extension CallPreparation {
  public func intercept<Result>(
    _ method: Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
  ) async throws -> Result {
    var options = options
    try prepare(&options, for: method)
    return try await next(options)
  }
}

/// A caller with interceptors around it; the first of the list is the outermost.
public struct InterceptedCaller: Caller {
  private let base: any Caller
  /// The outermost ones, up to the first that stands around the call.
  private let preparations: [any CallPreparation]
  private let interceptors: ArraySlice<any ClientInterceptor>

  public init(_ base: any Caller, _ interceptors: [any ClientInterceptor]) {
    self.base = base
    preparations = interceptors.prefix { $0 is any CallPreparation }
      .compactMap { $0 as? any CallPreparation }
    self.interceptors = interceptors.dropFirst(preparations.count)
  }

  public func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    let options = try prepared(options, for: method)
    if interceptors.isEmpty { return try await base.unary(method, request, options) }
    return try await around(method, options, interceptors) { options in
      try await base.unary(method, request, options)
    }
  }

  public func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    guard interceptors.isEmpty else {
      return TaskCall(self, method, request, options, completion)
    }
    return try base.start(method, request, prepared(options, for: method), completion)
  }

  public func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await around(method, prepared(options, for: method), interceptors) { options in
      try await base.stream(method, options, body)
    }
  }

  private func prepared(_ options: CallOptions, for method: Method) throws -> CallOptions {
    var options = options
    for preparation in preparations { try preparation.prepare(&options, for: method) }
    return options
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
