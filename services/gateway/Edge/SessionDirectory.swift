import Access
import Crypto
import PorticoAPI
import RPC
import Synchronization
import Values
import WellKnown

/// Turns session cookies into principals by asking identity, and remembers each answer until its token is
/// about to expire. Keyed by the hash of the secret: the table holds none.
final class SessionDirectory: Sendable {
  private struct Key: Hashable {
    let tenant: TenantID
    let hash: [UInt8]
  }
  private struct Entry {
    let session: Session
    let until: Instant
  }

  private let sessions: SessionsClient
  private let verifier: Verifier
  private let clock: any WallClock
  private struct Memory {
    var entries: [Key: Entry] = [:]
    /// Counts what made remembered answers worthless: an answer that was asked for before is not remembered.
    var epoch = 0
  }

  private let known = Mutex(Memory())
  private static let capacity = 20_000
  /// A token must outlive the calls that it goes with.
  private static let margin = Duration.seconds(10)

  init(_ caller: any Caller, _ verifier: Verifier, clock: any WallClock) {
    sessions = SessionsClient(caller)
    self.verifier = verifier
    self.clock = clock
  }

  /// The session of a cookie, nil when it ended or never was. Throws `Status` when identity cannot be asked.
  func session(_ secret: String, of tenant: TenantID, requestID: String) async throws -> Session? {
    guard let token = SecretToken(secret) else { return nil }
    let key = Key(tenant: tenant, hash: token.hash)
    let now = clock.now
    let (entry, epoch) = known.withLock { ($0.entries[key], $0.epoch) }
    if let entry, now < entry.until { return entry.session }
    var options = CallOptions(deadline: .after(.seconds(5))).asService(in: tenant)
    try options.metadata.set(RequestID.key, requestID)
    do {
      let answer = try await sessions.refreshPrincipal(
        .init(tenant: tenant.rawValue, token: secret), options)
      let session = Session(
        principal: try verifier.verify(answer.principalToken),
        principalToken: answer.principalToken, profile: answer.profile ?? .init(),
        record: answer.session ?? .init())
      guard session.principal.tenant == tenant else { return nil }
      remember(session, key, answer.expireTime, now, epoch)
      return session
    } catch let status as Status where status.code == .unauthenticated || status.code == .notFound {
      forget(key)
      return nil
    }
  }

  private func remember(
    _ session: Session, _ key: Key, _ expires: GoogleProtobuf.Timestamp?, _ now: Instant,
    _ epoch: Int
  ) {
    guard let expires else { return }
    let until = Instant(seconds: expires.seconds) - Self.margin
    known.withLock { known in
      guard known.epoch == epoch else { return }
      if known.entries.count >= Self.capacity {
        known.entries = known.entries.filter { now < $0.value.until }
      }
      if known.entries.count >= Self.capacity { known.entries.removeAll(keepingCapacity: true) }
      known.entries[key] = Entry(session: session, until: until)
    }
  }

  /// Somebody's rights in a tenant may have changed: who is who is asked anew. Other gateway processes learn of it
  /// when what they remember runs out, after 50 seconds at most.
  func forgetAll(of tenant: TenantID) {
    known.withLock { known in
      known.epoch += 1
      known.entries = known.entries.filter { $0.key.tenant != tenant }
    }
  }

  private func forget(_ key: Key) {
    known.withLock { known in
      known.epoch += 1
      known.entries[key] = nil
    }
  }

  /// Ends a session, here and at identity. One that has ended already is fine.
  func end(_ secret: String, of tenant: TenantID) async throws {
    guard let token = SecretToken(secret) else { return }
    forget(Key(tenant: tenant, hash: token.hash))
    _ = try await sessions.deleteSession(
      .init(tenant: tenant.rawValue, token: secret),
      CallOptions(deadline: .after(.seconds(5))).asService(in: tenant))
  }

  /// Drops what is remembered of a session, after a change of the user's own rights or data.
  func refresh(_ secret: String, of tenant: TenantID) {
    guard let token = SecretToken(secret) else { return }
    forget(Key(tenant: tenant, hash: token.hash))
  }
}
