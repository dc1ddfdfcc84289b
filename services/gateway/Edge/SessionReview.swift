import Access
import RPC
import Values

/// Calls that go on are judged again whenever something is forgotten, and every few seconds where nothing is heard: who has
/// lost the session, the token or a right loses at once what was begun with it (ASVS 8.3.2, X-06).
extension SessionDirectory {
  /// Makes a call that ends with the rights of who makes it. What was revoked between the lookup of the session and now
  /// counts as well.
  func whileGood<Result>(
    _ credential: Credential, _ principal: Principal, _ options: CallOptions,
    _ call: (CallOptions) async throws -> Result
  ) async throws -> Result {
    let key = Key(tenant: principal.tenant, hash: credential.hash)
    let canceller = CallCanceller()
    let number = running.add(canceller, of: principal, by: credential, key)
    defer { running.remove(number, key) }
    review([key: credential], isRevoked: false)
    var options = options
    options.canceller = canceller
    return try await call(options)
  }

  /// Looks at the calls whose credential nobody has looked at for the time that an answer is believed.
  func reviewDue() { review(running.due(after: Self.life), isRevoked: false) }

  /// - Parameter isRevoked: something was, so that nothing goes on unless identity says that it may.
  func review(_ credentials: [Key: Credential], isRevoked: Bool) {
    for (key, credential) in credentials where running.beginsReview(of: key) {
      // Detached from the trace and the deadline of whatever made it necessary.
      Task.detached { [self] in
        await judge(key, credential, isRevoked)
        while running.repeatsReview(of: key) { await judge(key, credential, true) }
      }
    }
  }

  private func judge(_ key: Key, _ credential: Credential, _ isRevoked: Bool) async {
    do {
      let session = try await session(
        credential, of: key.tenant, requestID: RequestID.make(), isInBackground: true)
      for entry in running.entries(of: key) {
        guard let reason = Self.end(of: entry.principal, now: session?.principal) else { continue }
        entry.canceller.cancel(with: reason)
      }
    } catch {
      guard isRevoked else { return }
      for entry in running.entries(of: key) { entry.canceller.cancel(with: Self.changed) }
    }
  }

  /// Why a call of `principal` has to end; nil while nothing has changed for it.
  private static func end(of principal: Principal, now: Principal?) -> Status? {
    guard let now else { return Status(.unauthenticated, "the session or API token has ended") }
    return now.rights == principal.rights ? nil : changed
  }

  /// Also told where identity cannot say: who calls again is judged by what they may then.
  private static let changed = Status(
    .unavailable, "your rights may have changed: call again",
    details: [.reason("RIGHTS_CHANGED", domain: "gateway")])
}

extension Principal {
  /// All that decides over what somebody may do and see, and that does not change with time alone: a kept session that
  /// only reads from now on, until its next step-up, has lost nothing of what it began.
  fileprivate var rights: Principal {
    var rights = self
    rights.displayName = ""
    rights.authenticated = nil
    rights.isReadOnly = false
    return rights
  }
}
