import Access
import PorticoAPI
import RPC
import Values

/// The streams from the services.
extension LiveHub {
  /// Follows one service's events in one tenant, until the task is cancelled: from where it stood, after every break.
  func follow(_ service: Int, _ tenant: TenantID) async {
    var cursor = ""
    var wait = Duration.zero
    while !Task.isCancelled {
      do {
        try await watch(service, tenant, &cursor, &wait)
      } catch let status as Status where status.code == .outOfRange {
        // What came in between is not to be had any more: everybody reads anew.
        cursor = ""
      } catch {
        guard !Task.isCancelled else { return }
        log.debug(
          "event stream broke",
          metadata: [
            "service": "\(methods[service].owner)", "tenant": "\(tenant)", "error": "\(error)",
          ])
      }
      if wait > .zero { stale(service, tenant) }
      wait = min(max(wait * 2, .milliseconds(100)), .seconds(5))
      do { try await Task.sleep(for: wait * Double.random(in: 0.5...1)) } catch { return }
    }
  }

  private func watch(
    _ service: Int, _ tenant: TenantID, _ cursor: inout String, _ wait: inout Duration
  ) async throws {
    let request = try Events.WatchEventsRequest(cursor: cursor).serialized()
    let isResumed = !cursor.isEmpty
    var isFirst = true
    let result = try await caller.stream(
      methods[service], CallOptions().asService(in: tenant)
    ) { [start = cursor] writer, responses in
      try await writer.write(request)
      try await writer.finish()
      var last = start
      do {
        for try await bytes in responses {
          let event = try Events.Event(serialized: bytes)
          last = event.cursor
          if isFirst { begin(service, tenant, event, isResumed: isResumed) }
          isFirst = false
          if event.type != "bookmark" { heard(service, tenant, event) }
        }
        return (last, nil as (any Error)?)
      } catch { return (last, error) }
    }
    cursor = result.0
    if !isFirst { wait = .zero }
    if let error = result.1 { throw error }
  }

  /// A stream stands. What was remembered of sessions may be older than what it will tell.
  private func begin(
    _ service: Int, _ tenant: TenantID, _ event: Events.Event, isResumed: Bool
  ) {
    guard let position = Int64(event.cursor) else { return }
    let (listeners, cursor, hadBegun) = state.withLock { state in
      let hadBegun = state.tenants[tenant]?.cursor.positions[service] != nil
      if !isResumed {
        state.tenants[tenant]?.begin(service, at: position)
      } else if event.type == "bookmark" {
        state.tenants[tenant]?.advance(service, to: position)
      }
      let entry = state.tenants[tenant]
      return (
        entry.map { Array($0.listeners.values) } ?? [], entry.map { "\($0.cursor)" } ?? "", hadBegun
      )
    }
    if !isResumed, methods[service].owner == Verifier.identity {
      sessions.forgetAll(of: tenant)
      // Some of them may have lost their session in the gap.
      if hadBegun { return end(listeners, with: Self.renewal) }
    }
    let name = methods[service].owner
    tell(
      isResumed
        ? LiveFrame(event: "fresh", data: name) : LiveFrame(event: "resync", id: cursor),
      to: listeners)
  }

  private func stale(_ service: Int, _ tenant: TenantID) {
    let listeners = state.withLock { Array($0.tenants[tenant]?.listeners.values ?? [:].values) }
    tell(LiveFrame(event: "stale", data: methods[service].owner), to: listeners)
  }

  private func heard(_ service: Int, _ tenant: TenantID, _ event: Events.Event) {
    guard let position = Int64(event.cursor), let told = event.audience,
      Self.isWord(event.type), Self.isWord(event.resource)
    else { return }
    if methods[service].owner == Verifier.identity { revoke(event, of: tenant) }
    let data = "\(event.type) \(event.resource)"
    let result = state.withLock { state in
      state.tenants[tenant]?.take(service, position, EventAudience(told), data: data)
    }
    if let (frame, listeners) = result { tell(frame, to: listeners) }
  }

  /// Lets go what an event of identity makes worthless: what is remembered of sessions, and their streams. Who still has
  /// a session comes back with it.
  private func revoke(_ event: Events.Event, of tenant: TenantID) {
    let concerned: (Principal) -> Bool
    switch event.type {
    case "session.ended", "session.rotated", "api_token.deleted":
      concerned = { $0.session == event.resource }
    case "user.sessions_ended", "user.updated", "user.password_set":
      concerned = { $0.user == event.resource }
    case "role.updated", "role.deleted", "portal_settings.updated", "account.updated",
      "contact.updated", "contact.portal_access_changed", "contact.login_sent":
      concerned = { _ in true }
    default: return
    }
    sessions.heard(event.type, on: event.resource, of: tenant)
    let ended = state.withLock { state in
      state.tenants[tenant]?.listeners.values.filter { concerned($0.principal) } ?? []
    }
    end(ended, with: event.type == "session.ended" ? Self.signedOut : Self.renewal)
  }

  /// What fits between two spaces of a line.
  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 512 && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }
}
