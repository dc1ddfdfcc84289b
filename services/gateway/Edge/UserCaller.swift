import Access
import RPC
import Values

/// Performs calls for one request: with the user's token, the request's id and at most the time that its route has.
///
/// What anyone may call (login, links, the portal's face) the gateway calls as itself and says where the browser is: on
/// its word alone identity counts guesses for an address. What changes somebody's rights takes effect here with
/// the next request, not when remembered tokens run out.
final class UserCaller: Caller {
  let base: any Caller
  let tenant: TenantID
  /// Nil when nobody is signed in.
  let proof: PrincipalProof?
  /// What `proof` was given for; nil when nobody is signed in.
  let credential: Credential?
  let remote: RemoteAddress
  let sessions: SessionDirectory
  let requestID: String
  let deadline: Deadline

  init(
    base: any Caller, tenant: TenantID, proof: PrincipalProof?, credential: Credential?,
    remote: RemoteAddress, sessions: SessionDirectory, requestID: String, deadline: Deadline
  ) {
    self.base = base
    self.tenant = tenant
    self.proof = proof
    self.credential = credential
    self.remote = remote
    self.sessions = sessions
    self.requestID = requestID
    self.deadline = deadline
  }

  /// The same for the session that a step-up has renewed.
  func renewed(_ session: Session, _ credential: Credential) -> UserCaller {
    UserCaller(
      base: base, tenant: tenant, proof: session.proof, credential: credential, remote: remote,
      sessions: sessions, requestID: requestID, deadline: deadline)
  }

  func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    let answer = try await base.unary(method, request, try prepared(options, for: method))
    answered(method)
    return answer
  }

  func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    try base.start(method, request, prepared(options, for: method)) { [self] result in
      if case .success = result { answered(method) }
      completion(result)
    }
  }

  /// Calls under way are looked at when identity tells what changed.
  private func answered(_ method: Method) {
    if method.mayChangeRights { sessions.forgetAll(of: tenant, endsCalls: false) }
  }

  func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    let options = try prepared(options, for: method)
    guard let proof, let credential, method.access.callers != .anyone else {
      return try await base.stream(method, options, body)
    }
    return try await sessions.whileGood(credential, proof.principal, options) { options in
      try await base.stream(method, options, body)
    }
  }

  private func prepared(_ options: CallOptions, for method: Method) throws -> CallOptions {
    var options = options
    options.deadline = min(options.deadline ?? deadline, deadline)
    options.metadata.identify(requestID)
    if method.access.callers == .anyone {
      return try options.asService(in: tenant).client(address: remote.description)
    }
    if let proof { options = options.principal(proof) }
    return options
  }
}

extension Method {
  /// Any change at identity may be one of a role, a user, a contact's access or the portal's being open.
  fileprivate var mayChangeRights: Bool {
    !isOnlyGet && owner == Verifier.identity && access.callers != .anyone
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

  public func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    try caller(of: method).start(method, request, options, completion)
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
