import Access
import Bootstrap
import Foundation
import Logging
import PorticoAPI
import RPC
import Values

/// The running services as the demo's people reach them: over the wire, each with a login of their own,
/// on a clock that the demo moves. Used by one task.
final class DemoStage {
  let clock: ManualClock
  let now: Instant
  private let installation: Installation
  private let channels: [String: RPC.Channel]
  private let keys: Keyring
  private var principals: [String: Principal] = [:]

  init(_ installation: Installation, clock: ManualClock, now: Instant) throws {
    self.installation = installation
    self.clock = clock
    self.now = now
    keys = installation.keys
    channels = try installation.peers.mapValues {
      try RPC.Channel($0, logger: Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() })
    }
  }

  func close() async {
    for channel in channels.values { await channel.shutDown(grace: .seconds(1)) }
  }

  /// A service, reached in the name of whom the options say.
  func service(_ name: String, as own: String = "operator") throws -> any Caller {
    guard let channel = channels[name] else { throw Status(.unavailable, "no service \(name)") }
    return InterceptedCaller(
      channel, [IdentityPropagation(try keys.serviceIdentity(own, clock: clock))])
  }

  // MARK: People

  /// The options of a call by somebody who has signed in before.
  func by(_ userName: String, in tenant: String = DemoTenant.id) throws -> CallOptions {
    guard let principal = principals["\(tenant)/\(userName)"] else {
      throw Status(.unauthenticated, "\(userName) has not signed in")
    }
    return try signed(principal)
  }

  func user(_ userName: String, in tenant: String = DemoTenant.id) -> String {
    principals["\(tenant)/\(userName)"]?.user ?? ""
  }

  /// Follows the link in somebody's mail, sets the password and signs in, as they would.
  func welcome(_ userName: String, mailedAt email: String, in tenant: String = DemoTenant.id)
    async throws
  {
    let token = try await link(mailedTo: email, in: tenant)
    let sessions = SessionsClient(try service("identity"))
    _ = try await sessions.redeemLink(
      .init(
        tenant: tenant, token: token, newPassword: DemoTenant.password,
        confirmNewPassword: DemoTenant.password))
    try await signIn(userName, in: tenant)
  }

  private func signIn(_ userName: String, in tenant: String) async throws {
    let sessions = SessionsClient(try service("identity", as: "gateway"))
    let session = try await sessions.createSession(
      .init(
        tenant: tenant, userName: userName, password: DemoTenant.password,
        userAgent: "Portico demo", ipAddress: "127.0.0.1"))
    let refreshed = try await sessions.refreshPrincipal(
      .init(tenant: tenant, token: session.token), CallOptions().asService(in: TenantID(tenant)))
    // The year outlives every session. From here on the installation's key renews what identity said
    // of this person once.
    let verifier = keys.verifier(for: "demo", clock: clock)
    principals["\(tenant)/\(userName)"] = try verifier.verify(refreshed.principalToken)
  }

  private func signed(_ principal: Principal) throws -> CallOptions {
    let token = try keys.signer(for: Verifier.identity).token(for: principal, at: clock.now)
    return try CallOptions().principal(token.bytes)
  }

  // MARK: Mail

  /// The token of the newest link mailed to an address. Mail travels through two outboxes, so it is
  /// waited for.
  private func link(mailedTo email: String, in tenant: String) async throws -> String {
    let mails = MailsClient(try service("messaging"))
    for _ in 0..<400 {
      let found = try await mails.listMails(
        .init(pageSize: 20, query: email), try postmaster(of: tenant)
      ).mails.first { mail in mail.to.contains { $0.email == email } }
      if let found {
        let mail = try await mails.getMail(.init(name: found.name), try postmaster(of: tenant))
        if let token = Self.token(in: mail.textBody) { return token }
      }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw DemoError.noLink(email)
  }

  static func token(in text: String) -> String? {
    guard let range = text.range(of: "token=") else { return nil }
    let token = text[range.upperBound...].prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")
    }
    return token.isEmpty ? nil : String(token)
  }

  /// Whoever runs the installation may read the mail that it keeps: nobody else is there yet.
  private func postmaster(of tenant: String) throws -> CallOptions {
    try signed(
      Principal(
        tenant: TenantID(tenant), user: "users/operator", displayName: "Operator", kind: .staff,
        // A welcome mail opens an account, so that only somebody who could open one anyway may read it.
        grants: [Grant(.mailRead, .tenant), Grant(.rolesWrite, .tenant)],
        session: "sessions/operator"))
  }

  /// Until the mail of the year has arrived: effects are handed over in the background, and one that was
  /// under way when the clock moved is handed over again.
  func waitForMail() async throws {
    var (quiet, before) = (0, -1)
    for _ in 0..<400 {
      let (count, queued) = try await mail(of: DemoTenant.id)
      quiet = count == before && queued == 0 ? quiet + 1 : 0
      if quiet == 8 { return }
      before = count
      try await Task.sleep(for: .milliseconds(150))
      // Effects wait for the store's clock before they are tried again.
      clock.advance(by: .seconds(5))
    }
    throw DemoError.mailWaits(before)
  }

  private func mail(of tenant: String) async throws -> (count: Int, queued: Int) {
    let mails = MailsClient(try service("messaging"))
    var (count, queued, token) = (0, 0, "")
    repeat {
      let page = try await mails.listMails(
        .init(pageSize: 200, pageToken: token), try postmaster(of: tenant))
      count += page.mails.count
      queued += page.mails.filter { $0.state == .queued }.count
      token = page.nextPageToken
    } while !token.isEmpty
    return (count, queued)
  }
}
