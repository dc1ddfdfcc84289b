import Access
import Crypto
import PorticoAPI
import RPC
import Synchronization
import Values
import WellKnown

/// Turns session cookies and API tokens into principals by asking identity: once in `life` for each that is in use, however
/// many requests come at once. Keyed by the hash of the secret: the table holds none.
///
/// Whoever hears identity's events says so by `heard` or `forget`, and a revocation takes effect within a moment. Where
/// nobody hears them, it does when what is remembered runs out. While identity does not answer, what it last said is
/// believed for as long as the token lasts that came with it, a minute at most (V-05): nobody can revoke anything then.
/// Calls under way are judged again at the same moments
/// (`SessionReview`).
final class SessionDirectory: Sendable {
  /// How long an answer is believed unless a revocation is heard.
  static let life = Duration.seconds(5)
  /// After so long whoever comes has it renewed and does not wait: a session in use never has to, and that identity does
  /// not answer is known before it matters.
  private static let freshFor = Duration.seconds(3)
  /// Answers remembered at most.
  private static let capacity = 20_000
  /// A token must outlive the calls that it goes with.
  private static let margin = Duration.seconds(10)
  /// How long identity is waited for: by whom there is no answer to yet, and by whom there is an older one.
  private static let patience = (first: Duration.seconds(5), again: Duration.milliseconds(600))

  struct Key: Hashable {
    let tenant: TenantID
    let hash: [UInt8]
  }
  private struct Entry {
    let session: Session
    let until: Instant
    /// When it is worth nothing, even if identity does not answer.
    let end: Instant
    /// Asked for while nobody was there: whoever comes has to be told to identity first.
    let isFromBackground: Bool

    /// Whether it is believed.
    func isGood(at now: Instant, _ isInBackground: Bool) -> Bool {
      now < until && (isInBackground || !isFromBackground)
    }

    /// Whether it is believed and need not be renewed.
    func isFresh(at now: Instant, _ isInBackground: Bool) -> Bool {
      isGood(at: now, isInBackground)
        && (isInBackground || now < until - SessionDirectory.life + SessionDirectory.freshFor)
    }
  }
  /// A question that identity has not answered yet.
  private struct Flight {
    let number: Int
    /// As it was when it began: an answer that a revocation has overtaken is nobody else's.
    let epoch: Int
    let task: Task<Session?, any Error>
  }
  private struct Memory {
    var entries = RecentMemory<Key, Entry>(capacity: SessionDirectory.capacity)
    var flights: [Key: Flight] = [:]
    var flightCount = 0
    /// Counts what made answers worthless: one that was asked for before is not remembered.
    var epoch = 0
    /// Whether identity let the last who asked wait in vain.
    var isSilent = false
  }

  private let sessions: SessionsClient
  private let verifier: Verifier
  let clock: any WallClock
  private let memory = Mutex(Memory())
  let running = RunningCalls()
  /// Told of the tenant whenever identity is asked: somebody is there.
  private let attendance = Mutex<@Sendable (TenantID) -> Void>({ _ in })

  init(_ caller: any Caller, _ verifier: Verifier, clock: any WallClock) {
    sessions = SessionsClient(caller)
    self.verifier = verifier
    self.clock = clock
  }

  /// Has `body` hear identity's events of each tenant that somebody is in.
  func onVisit(_ body: @escaping @Sendable (TenantID) -> Void) {
    attendance.withLock { $0 = body }
  }

  /// Whom identity named for a credential a moment ago; nil when it has to be asked, or should be again.
  func known(
    _ credential: Credential, of tenant: TenantID, isInBackground: Bool = false
  ) -> Session? {
    let key = Key(tenant: tenant, hash: credential.hash)
    let now = clock.now
    return memory.withLock { memory in
      memory.entries[key].flatMap { $0.isFresh(at: now, isInBackground) ? $0.session : nil }
    }
  }

  /// Who shows a credential, nil when it ended or never was good. Throws `Status` when identity cannot be asked.
  ///
  /// - Parameters:
  ///   - address: where the browser or program is, which identity writes down for a token's owner.
  ///   - isInBackground: asked by a page that lies open, not by a person: the idle limit does not slide.
  func session(
    _ credential: Credential, of tenant: TenantID, requestID: String, address: String? = nil,
    isInBackground: Bool = false
  ) async throws -> Session? {
    let key = Key(tenant: tenant, hash: credential.hash)
    let now = clock.now
    let known = memory.withLock { memory -> Result<Session, Pending> in
      let entry = memory.entries[key]
      if let entry, entry.isFresh(at: now, isInBackground) { return .success(entry.session) }
      let current = entry.flatMap { $0.isGood(at: now, isInBackground) ? $0 : nil }
      let older = entry.flatMap { now < $0.end ? $0.session : nil }
      let task = flight(key, isInBackground, &memory) { [self] epoch in
        let patience = older == nil ? Self.patience.first : Self.patience.again
        let session = try await ask(
          credential, key, requestID, address, isInBackground, patience)
        if let session { remember(session, key, now, epoch, isInBackground) }
        return session
      }
      // Nobody waits whose answer is still good, nor for an identity that lets others wait in vain.
      if let session = current?.session ?? (memory.isSilent ? older : nil) {
        return .success(session)
      }
      return .failure(Pending(task: task))
    }
    switch known {
    case .success(let session): return session
    case .failure(let pending):
      do { return try await pending.task.value } catch let status as Status
        where status.isSilence
      {
        guard let older = older(key) else { throw status }
        return older
      }
    }
  }

  /// The question that is under way, or a new one; a page that lies open asks for itself.
  ///
  /// - Parameter question: is given the epoch in which it is asked.
  private func flight(
    _ key: Key, _ isInBackground: Bool, _ memory: inout Memory,
    _ question: @escaping @Sendable (Int) async throws -> Session?
  ) -> Task<Session?, any Error> {
    if let flight = memory.flights[key], flight.epoch == memory.epoch, !isInBackground {
      return flight.task
    }
    memory.flightCount += 1
    let (number, epoch) = (memory.flightCount, memory.epoch)
    let task = Task {
      defer { land(key, number) }
      return try await heeding { try await question(epoch) }
    }
    if !isInBackground {
      memory.flights[key] = Flight(number: number, epoch: epoch, task: task)
    }
    return task
  }

  /// What identity last said, unless it was revoked meanwhile.
  private func older(_ key: Key) -> Session? {
    let now = clock.now
    return memory.withLock { memory in
      memory.entries[key].flatMap { now < $0.end ? $0.session : nil }
    }
  }

  /// Notes whether identity answers.
  private func heeding<Answer>(_ ask: () async throws -> Answer) async throws -> Answer {
    do {
      let answer = try await ask()
      memory.withLock { $0.isSilent = false }
      return answer
    } catch {
      let isSilence = (error as? Status)?.isSilence ?? false
      memory.withLock { $0.isSilent = isSilence }
      throw error
    }
  }

  private struct Pending: Error { let task: Task<Session?, any Error> }

  private func ask(
    _ credential: Credential, _ key: Key, _ requestID: String, _ address: String?,
    _ isInBackground: Bool, _ patience: Duration
  ) async throws -> Session? {
    var options = CallOptions(deadline: .after(patience)).asService(in: key.tenant)
    if let address { options = try options.client(address: address) }
    try options.metadata.set(RequestID.key, requestID)
    var request = Identity.RefreshPrincipalRequest(
      tenant: key.tenant.rawValue, background: isInBackground)
    switch credential {
    case .session(let token): request.token = token.reveal()
    case .apiToken(let secret): request.apiToken = secret.reveal()
    }
    do {
      let answer = try await sessions.refreshPrincipal(request, options)
      attendance.withLock { $0 }(key.tenant)
      let session = Session(
        proof: try verifier.proof(answer.principalToken), profile: answer.profile ?? .init(),
        record: answer.session ?? .init(),
        expires: answer.expireTime.map { Instant(seconds: $0.seconds) } ?? clock.now)
      return session.principal.tenant == key.tenant ? session : nil
    } catch let status as Status where status.code == .unauthenticated || status.code == .notFound {
      // Not a revocation: whoever sends invented cookies must not keep the answers to others from being remembered.
      memory.withLock { $0.entries[key] = nil }
      return nil
    }
  }

  private func remember(
    _ session: Session, _ key: Key, _ asked: Instant, _ epoch: Int, _ isFromBackground: Bool
  ) {
    let end = session.expires - Self.margin
    memory.withLock { memory in
      guard memory.epoch == epoch else { return }
      memory.entries[key] = Entry(
        session: session, until: min(asked + Self.life, end), end: end,
        isFromBackground: isFromBackground)
    }
  }

  private func land(_ key: Key, _ number: Int) {
    memory.withLock { memory in
      if memory.flights[key]?.number == number { memory.flights[key] = nil }
    }
  }

  // MARK: Ending

  /// Ends a session, here and at identity. One that has ended already is fine.
  func end(_ secret: String, of tenant: TenantID) async throws {
    guard let token = SecretToken(secret) else { return }
    forget(Key(tenant: tenant, hash: token.hash))
    _ = try await sessions.deleteSession(
      .init(tenant: tenant.rawValue, token: secret),
      CallOptions(deadline: .after(.seconds(5))).asService(in: tenant))
  }

  /// Proves again by the password who is there. The session goes on under the secret that is returned; the old one is
  /// worthless.
  func stepUp(
    _ secret: String, password: String, of tenant: TenantID, deadline: Deadline
  ) async throws -> String {
    let answer = try await sessions.stepUp(
      .init(tenant: tenant.rawValue, token: secret, password: password),
      CallOptions(deadline: deadline).asService(in: tenant))
    refresh(secret, of: tenant)
    return answer.token
  }

  // MARK: Forgetting

  /// Drops what is remembered of a session, after a change of the user's own rights or data.
  func refresh(_ secret: String, of tenant: TenantID) {
    guard let token = SecretToken(secret) else { return }
    forget(Key(tenant: tenant, hash: token.hash))
  }

  /// Drops a session or an API token by its resource's name, `sessions/…` or `apiTokens/…`.
  func forget(session name: String, of tenant: TenantID) {
    forget { $0.tenant == tenant && $1.session == name }
  }

  /// Drops everything of a user, `users/…`.
  func forget(user name: String, of tenant: TenantID) {
    forget { $0.tenant == tenant && $1.user == name }
  }

  /// Somebody's rights in a tenant may have changed: who is who is asked anew.
  ///
  /// - Parameter endsCalls: calls under way are judged again as well.
  func forgetAll(of tenant: TenantID, endsCalls: Bool = true) {
    forget(endsCalls: endsCalls) { key, _ in key.tenant == tenant }
  }

  private func forget(endsCalls: Bool = true, where isGone: (Key, Principal) -> Bool) {
    memory.withLock { memory in
      memory.epoch += 1
      memory.entries.removeAll { isGone($0, $1.session.principal) }
    }
    if endsCalls { review(running.credentials(where: isGone), isRevoked: true) }
  }

  private func forget(_ key: Key) {
    memory.withLock { memory in
      memory.epoch += 1
      memory.entries[key] = nil
    }
    review(running.credentials { other, _ in other == key }, isRevoked: true)
  }
}

extension Status {
  /// Identity did not answer at all, as opposed to: it answered no.
  fileprivate var isSilence: Bool { code == .deadlineExceeded || code == .unavailable }
}

extension SessionDirectory {
  /// What an event of identity makes worthless here. Everything else that identity tells changes nobody's rights.
  ///
  /// - Parameters:
  ///   - type: `session.ended`, as identity's README lists them.
  ///   - resource: the name of what it happened to.
  func heard(_ type: String, on resource: String, of tenant: TenantID) {
    switch type {
    case "session.ended", "session.rotated", "api_token.deleted":
      forget(session: resource, of: tenant)
    case "user.sessions_ended", "user.updated", "user.password_set":
      forget(user: resource, of: tenant)
    case "role.updated", "role.deleted", "portal_settings.updated", "account.updated",
      "contact.updated", "contact.portal_access_changed", "contact.login_sent":
      forgetAll(of: tenant)
    default: break
    }
  }
}
