import Access
import Crypto
import PorticoAPI
import RPC
import Store
import Values

/// One attempt to sign in. Every refusal takes the same steps: a counted guess, one hash, one answer (X-01..X-04).
struct SignIn {
  /// In UTF-8 bytes; nobody has a longer name.
  static let longestName = 1024
  /// Devices that one user is signed in on at once.
  static let mostSessions = 50

  let parts: IdentityParts

  private struct Attempt: Sendable {
    var verdict: GuessRecord.Verdict
    var user: User?
    /// For whom the guess was counted.
    var counted: [String]
    /// That start over when the guess was right: of the name, or of the known device.
    var own: String
  }

  /// Where a guess comes from.
  private struct Source: Sendable {
    var agent: String
    var address: String
    /// Of the device's secret; of nothing that anybody has when it sent none.
    var device: [UInt8]
  }

  func perform(
    _ request: Identity.CreateSessionRequest, _ call: Call
  ) async throws -> Identity.CreateSessionResponse {
    do {
      let response = try await attempt(request, call)
      parts.logins.add(1, "signed_in")
      return response
    } catch {
      parts.logins.add(1, Self.outcome(error))
      throw error
    }
  }

  private static func outcome(_ error: any Error) -> String {
    switch error as? SessionError {
    case .refused: "refused"
    case .throttled: "throttled"
    default: error as? Status == PasswordError.busyStatus ? "busy" : "failed"
    }
  }

  private func attempt(
    _ request: Identity.CreateSessionRequest, _ call: Call
  ) async throws -> Identity.CreateSessionResponse {
    let name = FoldedKey(request.userName)
    guard Tenant.isID(request.tenant), name.rawValue.utf8.count <= Self.longestName,
      !name.rawValue.utf8.contains(0)
    else { throw SessionError.refused }
    let tenant = TenantID(request.tenant)
    let source = Source(
      agent: String(String.UnicodeScalarView(request.userAgent.unicodeScalars.prefix(300))),
      address: Self.address(of: call, given: request.ipAddress),
      device: (SecretToken(request.deviceToken) ?? SecretToken()).hash)
    let attempt = try await parts.store.write(as: tenant) { db in
      try Self.begin(request.userName, source, db)
    }
    if case .refused(let until) = attempt.verdict {
      throw SessionError.throttled(retryAfter: until.map { $0 - call.now })
    }
    let isRight: Bool
    do {
      isRight = try await parts.verify(request.password, against: attempt.user?.passwordHash)
    } catch {
      // The guess was not looked at: it does not count.
      try await parts.store.write(as: tenant) { db in
        for subject in attempt.counted { try GuessStore(db).takeBack(subject) }
      }
      throw error
    }
    guard isRight, let user = attempt.user else { throw SessionError.refused }
    try await strengthen(request.password, of: user, in: tenant)
    let kind: Session.Kind = request.keepSignedIn ? .kept : .visit
    return try await parts.store.write(as: tenant) { [parts] db in
      let guesses = GuessStore(db)
      try guesses.clear(attempt.own)
      for subject in attempt.counted where subject != attempt.own {
        try guesses.takeBack(subject)
      }
      return try Self.open(user, kind, from: source, parts, db)
    }
  }

  /// Looks the name up and counts the guess: the same statements whether or not somebody has it. A device that its user
  /// has signed in with before is counted by itself, so that whoever guesses elsewhere keeps no owner out.
  private static func begin(
    _ userName: String, _ source: Source, _ db: Transaction
  ) throws -> Attempt {
    guard try TenantStore(db).tenant() != nil else { throw SessionError.refused }
    let user = try UserStore(db).user(named: userName)
    let isKnown = try DeviceStore(db).isKnown(source.device, of: user?.id ?? "")
    let own =
      isKnown
      ? GuessStore.subject(ofDevice: source.device)
      : GuessStore.subject(ofName: FoldedKey(userName))
    var attempt = Attempt(verdict: .admitted, user: user, counted: [], own: own)
    if !isKnown, let network = GuessStore.subject(ofAddress: source.address) {
      attempt.verdict = try GuessStore(db).admit(network, .address)
      guard attempt.verdict == .admitted else { return attempt }
      attempt.counted.append(network)
    }
    attempt.verdict = try GuessStore(db).admit(own, .userName)
    attempt.counted.append(own)
    return attempt
  }

  /// The password was right; whether its owner may come in is decided now, in the transaction of the session.
  private static func open(
    _ verified: User, _ kind: Session.Kind, from source: Source, _ parts: IdentityParts,
    _ db: Transaction
  ) throws -> Identity.CreateSessionResponse {
    let users = UserStore(db)
    let user = try users.user(verified.id, in: Scope(tenant: db.tenant, reach: .tenant))
    guard user.passwordHash != nil, let entrant = try Entrance(db: db, parts: parts).entrant(user)
    else { throw SessionError.refused }
    let token = SecretToken()
    let session = Session.begin(
      parts.newID(), of: user, kind: kind, agent: source.agent, address: source.address,
      at: db.now, parts.limits)
    let sessions = SessionStore(db)
    try sessions.insert(session, tokenHash: token.hash)
    for id in try sessions.keepLatest(mostSessions, of: user.id) {
      try db.emit(.sessionEnded, on: "sessions/\(id)", at: session.place)
    }
    let devices = DeviceStore(db)
    let device = try devices.touch(source.device, of: user.id) ? nil : SecretToken()
    if let device { try devices.insert(device.hash, of: user.id) }
    try users.noteSignIn(of: user.id)
    try db.audit("session.create", on: session.name, by: Actor(user.name))
    return .init(
      session: .init(session, current: session.name, at: db.now, parts.limits),
      token: token.reveal(), profile: .init(entrant), deviceToken: device?.reveal() ?? "")
  }

  /// Hashes a good password again when its hash was made with older settings.
  private func strengthen(_ password: String, of user: User, in tenant: TenantID) async throws {
    guard let old = user.passwordHash, PasswordHasher.needsRehash(old) else { return }
    let new = try await parts.hash(password)
    try await parts.store.write(as: tenant) { db in
      try UserStore(db).strengthen(new, from: old, of: user.id)
    }
  }

  /// Where the browser is: what the gateway says it saw, and for everybody else the end of the connection.
  /// Empty when that is only a neighbour on this host.
  static func address(of call: Call, given: String) -> String {
    if call.signedInPrincipal?.kind == .service("gateway") {
      // Beside the request comes what the gateway saw; in it, what a caller of the JSON API may have written.
      let seen = call.clientAddress ?? given
      if !seen.isEmpty { return withoutPort(String(seen.prefix(64))) }
    }
    let peer = withoutPort(call.peer.address)
    return ["127.0.0.1", "::1"].contains(peer) || peer.hasPrefix("unix:") ? "" : peer
  }

  /// `192.0.2.1:443` and `[2001:db8::1]:443` with or without the port.
  static func withoutPort(_ address: String) -> String {
    if address.hasPrefix("["), let end = address.firstIndex(of: "]") {
      return String(address[..<end].dropFirst())
    }
    let parts = address.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0] != "unix" ? String(parts[0]) : address
  }

  /// What counts as one source: an IPv4 address, or the /64 that one IPv6 customer is given. Nil for this host: behind
  /// a proxy that the gateway was not told of everybody would be one source, and one guesser would lock all out.
  static func network(of address: String) -> String? {
    let mapped = "::ffff:"
    let isMapped = address.lowercased().hasPrefix(mapped) && address.contains(".")
    let address = isMapped ? String(address.dropFirst(mapped.count)) : address
    guard !address.hasPrefix("127."), address != "::1" else { return nil }
    let groups = address.split(separator: ":", omittingEmptySubsequences: false)
    guard groups.count > 2 else { return address }
    let head = address.components(separatedBy: "::")[0].split(separator: ":")
    return head.prefix(4).joined(separator: ":") + "::/64"
  }
}
