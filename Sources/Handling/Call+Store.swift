import Access
import Protobuf
import RPC
import Store
import Values

extension Call {
  /// Reads in the caller's tenant.
  public func read<T: Sendable>(
    in store: any Store, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await store.read(as: try principal.tenant, body)
  }

  /// Changes rows in the caller's tenant, in one transaction. For methods without a request id, which are safe to
  /// repeat because of their etag or their meaning.
  public func write<T: Sendable>(
    in store: any Store, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await store.write(as: try principal.tenant, body)
  }

  /// Performs a request once (AIP-155, D-14): a repetition with the same request id gets the first answer and
  /// changes nothing; the same id with another body is INVALID_ARGUMENT. Only success is remembered. Without a
  /// request id it is a plain `write`.
  ///
  /// - Parameters:
  ///   - requestID: at most 128 printable ASCII characters; unique for the caller and the method.
  ///   - period: how long the answer is kept: 24 hours, or for ever (`.days(36500)`) where money moves.
  public func once<Request: Message, Response: Message>(
    in store: any Store, request: Request, requestID: String,
    keepingFor period: Duration = .days(1),
    _ body: @escaping @Sendable (Transaction) throws -> Response
  ) async throws -> Response {
    guard !requestID.isEmpty else { return try await write(in: store, body) }
    var check = Violations()
    check.require(
      requestID.utf8.count <= 128 && requestID.utf8.allSatisfy { (0x21...0x7e).contains($0) },
      "request_id", "must be at most 128 printable characters")
    try check.end()
    let principal = try principal
    let key = ReplayKey(principal: principal.user, method: method.path, requestID: requestID)
    let bytes = try request.serialized()
    return try await store.write(as: principal.tenant) { db in
      if let known = try db.replay(key, body: bytes, keepingFor: period) {
        return try Response(serialized: known)
      }
      let response = try body(db)
      try db.remember(key, response: try response.serialized())
      return response
    }
  }

  /// Who goes into the audit rows of this call.
  public var auditActor: Actor {
    get throws(Status) { try principal.auditActor }
  }
}

extension Principal {
  /// The one who really acts, and the one whose rights are used when that is somebody else (D-55).
  public var auditActor: Actor {
    guard let actor else { return Actor(user) }
    if case .service = kind { return Actor(user, onBehalfOf: actor) }
    return Actor(actor, onBehalfOf: user)
  }
}
