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
    let token = try await postmaster().link(mailedTo: email, in: TenantID(tenant))
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

  private func postmaster() throws -> Postmaster {
    Postmaster(keys: keys, clock: clock, messaging: try service("messaging"))
  }

  /// Until the mail of the year has arrived: effects are handed over in the background, and one that was
  /// under way when the clock moved is handed over again.
  func waitForMail() async throws {
    var (quiet, before) = (0, -1)
    for _ in 0..<400 {
      let (count, queued) = try await postmaster().count(in: TenantID(DemoTenant.id))
      quiet = count == before && queued == 0 ? quiet + 1 : 0
      if quiet == 8 { return }
      before = count
      try await Task.sleep(for: .milliseconds(150))
      // Effects wait for the store's clock before they are tried again.
      clock.advance(by: .seconds(5))
    }
    throw DemoError.mailWaits(before)
  }
}
