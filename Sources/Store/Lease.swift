import Values

/// The right to be the only one that does something, until it expires: `relay`, `billing-run`. The
/// token grows with every new holder; `require` inside a write transaction fences off a holder
/// that slept through its expiry.
public struct Lease: Sendable, Hashable {
  public let name: String
  /// The process that holds it.
  public let owner: String
  /// Larger for every new holder.
  public let token: Int64
  public let expires: Instant

  /// Takes the lease when it is free, has run out, or is this owner's already (which keeps the token).
  /// Nil when another holds it.
  public static func acquire(
    _ name: String, owner: String, for duration: Duration, in store: any Store
  ) async throws -> Lease? {
    try await store.writeAcrossTenants { db in
      let expires = db.now + duration
      let row = try db.first(
        """
        INSERT INTO portico_leases (name, owner, token, expires_at)
        VALUES (\(name), \(owner), \(1), \(expires))
        ON CONFLICT (name) DO UPDATE SET
          token = CASE WHEN portico_leases.owner = excluded.owner
            AND portico_leases.expires_at > \(db.now)
            THEN portico_leases.token ELSE portico_leases.token + 1 END,
          owner = excluded.owner, expires_at = excluded.expires_at
        WHERE portico_leases.expires_at <= \(db.now) OR portico_leases.owner = excluded.owner
        RETURNING token
        """)
      guard let row else { return nil }
      return Lease(name: name, owner: owner, token: try row["token"], expires: expires)
    }
  }

  /// Extends the lease; throws `leaseLost` when it has run out or went to another.
  public func renewed(for duration: Duration, in store: any Store) async throws -> Lease {
    let lease = self
    return try await store.writeAcrossTenants { db in
      let expires = db.now + duration
      let changed = try db.change(
        """
        UPDATE portico_leases SET expires_at = \(expires)
        WHERE name = \(lease.name) AND owner = \(lease.owner) AND token = \(lease.token)
          AND expires_at > \(db.now)
        """)
      guard changed > 0 else { throw StoreError.leaseLost(lease.name) }
      return Lease(name: lease.name, owner: lease.owner, token: lease.token, expires: expires)
    }
  }

  /// Gives the lease back early. Nothing happens when it is not held any more.
  public func release(in store: any Store) async throws {
    let lease = self
    try await store.writeAcrossTenants { db in
      try db.run(
        """
        UPDATE portico_leases SET expires_at = \(db.now)
        WHERE name = \(lease.name) AND owner = \(lease.owner) AND token = \(lease.token)
          AND expires_at > \(db.now)
        """)
    }
  }
}

extension Transaction {
  /// Holds the lease's row for the rest of the transaction, or throws `leaseLost`: nothing a stale
  /// holder writes is committed.
  public func require(_ lease: Lease) throws(StoreError) {
    try run(
      """
      UPDATE portico_leases SET token = token
      WHERE name = \(lease.name) AND owner = \(lease.owner) AND token = \(lease.token)
        AND expires_at > \(now)
      """, else: .leaseLost(lease.name))
  }
}

extension AcrossTenants {
  /// As in a tenant's transaction.
  public func require(_ lease: Lease) throws(StoreError) {
    try acting(for: TenantID("")).require(lease)
  }
}
