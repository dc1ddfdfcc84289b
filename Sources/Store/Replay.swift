import Values

/// What a request id is unique within (AIP-155): the same id of another caller, or for another
/// method, is another request.
public struct ReplayKey: Sendable, Hashable {
  public var principal: String
  public var method: String
  public var requestID: String

  public init(principal: String, method: String, requestID: String) {
    self.principal = principal
    self.method = method
    self.requestID = requestID
  }
}

extension Transaction {
  /// Begins a request that may be a repetition: the response bytes when it succeeded before, nil when
  /// it is new and the caller must perform it and then `remember` its response, in this transaction.
  /// A copy that arrives meanwhile waits for this transaction's end. Throws `requestIDReused` when
  /// the id came with another body.
  public func replay(
    _ key: ReplayKey, body: [UInt8], keepingFor period: Duration = .seconds(86_400)
  ) throws(StoreError) -> [UInt8]? {
    let fingerprint = Digest.sha256(body)
    let reserved = try change(
      """
      INSERT INTO portico_requests (tenant, principal, method, request_id, fingerprint, response,
        expires_at)
      VALUES (\(tenant), \(key.principal), \(key.method), \(key.requestID), \(fingerprint),
        \([UInt8]?.none), \(now + period))
      ON CONFLICT (tenant, principal, method, request_id) DO UPDATE SET
        fingerprint = excluded.fingerprint, response = excluded.response,
        expires_at = excluded.expires_at
      WHERE portico_requests.expires_at <= \(now)
      """)
    guard reserved == 0 else { return nil }
    let row = try first(
      """
      SELECT fingerprint, response FROM portico_requests WHERE \(condition(key))
      """, else: .stale)
    let known: [UInt8] = try row.read("fingerprint")
    guard known == fingerprint else { throw .requestIDReused }
    return try row.read("response")
  }

  /// Keeps the response of a request that `replay` said was new.
  public func remember(_ key: ReplayKey, response: [UInt8]) throws(StoreError) {
    try run(
      "UPDATE portico_requests SET response = \(response) WHERE \(condition(key))", else: .notFound)
  }

  private func condition(_ key: ReplayKey) -> SQL {
    """
    tenant = \(tenant) AND principal = \(key.principal) AND method = \(key.method)
    AND request_id = \(key.requestID)
    """
  }
}

extension AcrossTenants {
  /// Forgets requests that can no longer be repeated. For a job.
  @discardableResult
  public func pruneRequests() throws(StoreError) -> Int {
    try change("DELETE FROM portico_requests WHERE expires_at <= \(now)")
  }
}
