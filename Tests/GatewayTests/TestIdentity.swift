import Access
import Crypto
import Handling
import PorticoAPI
import Protobuf
import RPC
import Synchronization
import TestSupport
import Values
import WellKnown

/// An identity service with one customer and one administrator (`tomas`), for tests of the edge: real RPCs, real tokens, sessions in memory.
final class TestIdentity: SessionsService {
  static let tenant = TestPrincipal.tenant
  private let keys: Keyring
  private let clock: any WallClock
  private let state = Mutex<(sessions: [String: Principal], refreshes: Int)>(([:], 0))
  private let addresses = Mutex<[String?]>([])
  private let foreground = Mutex(0)
  private let silence = Mutex(false)

  init(keys: Keyring, clock: any WallClock) {
    self.keys = keys
    self.clock = clock
  }

  /// Whether it says of no session any more who it is.
  func fall(silent isSilent: Bool) { silence.withLock { $0 = isSilent } }

  /// How often the gateway asked who a session is.
  var refreshes: Int { state.withLock { $0.refreshes } }

  /// How often it did so because somebody was there, not a page by itself.
  var uses: Int { foreground.withLock { $0 } }

  /// Where the gateway said that each login came from; nil when it said nothing that is believed.
  var loginAddresses: [String?] { addresses.withLock { $0 } }

  func open(
    _ principal: Principal = TestPrincipal.customer(), name: String? = nil
  ) -> String {
    let token = SecretToken().reveal()
    state.withLock { state in
      var principal = principal
      principal.authenticated = clock.now
      principal.session = name ?? "sessions/\(token.prefix(8))"
      state.sessions[token] = principal
    }
    return token
  }

  /// An API token of the customer.
  func open(apiToken: String) {
    var principal = TestPrincipal.customer()
    principal.session = "apiTokens/1"
    state.withLock { $0.sessions[apiToken] = principal }
  }

  func createSession(
    _ request: Identity.CreateSessionRequest, _ call: Call
  ) async throws -> Identity.CreateSessionResponse {
    addresses.withLock { $0.append(call.clientAddress) }
    guard request.password == "right" else {
      throw Status(.unauthenticated, "wrong user name or password")
    }
    return .init(
      token: request.userName == "tomas" ? open(TestPrincipal.staff(.administrator)) : open())
  }

  func refreshPrincipal(
    _ request: Identity.RefreshPrincipalRequest, _ call: Call
  ) async throws -> Identity.RefreshPrincipalResponse {
    let holder = state.withLock { state in
      state.refreshes += 1
      return state.sessions[request.apiToken.isEmpty ? request.token : request.apiToken]
    }
    guard !silence.withLock({ $0 }) else { throw Status(.unavailable, "not now") }
    guard let holder else { throw Status(.unauthenticated, "sign in again") }
    if !request.background { foreground.withLock { $0 += 1 } }
    let signed = try keys.signer(for: Verifier.identity).token(
      for: holder, at: clock.now)
    return .init(
      principalToken: signed.bytes,
      expireTime: .init(seconds: signed.expires.microseconds / 1_000_000),
      profile: .init(
        user: holder.user, displayName: holder.isStaff ? "Tomas" : "Ada"))
  }

  func deleteSession(
    _ request: Identity.DeleteSessionRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    state.withLock { $0.sessions[request.token] = nil }
    return .init()
  }

  func redeemLink(
    _ request: Identity.RedeemLinkRequest, _ call: Call
  ) async throws -> Identity.RedeemLinkResponse {
    throw Status(
      .invalidArgument, "the password is too short",
      details: [
        .init(
          typeName: "google.rpc.BadRequest",
          value: try GoogleRpc.BadRequest(fieldViolations: [
            .init(field: "new_password", description: "needs 12 characters")
          ]).serialized())
      ])
  }

  private var unimplemented: Status { Status(.unimplemented, "not in this test") }

  func listSessions(
    _ request: Identity.ListSessionsRequest, _ call: Call
  ) async throws -> Identity.ListSessionsResponse { .init(sessions: [.init(name: "sessions/1")]) }
  func endSession(
    _ request: Identity.EndSessionRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty { .init() }
  func checkLink(
    _ request: Identity.CheckLinkRequest, _ call: Call
  ) async throws -> Identity.CheckLinkResponse {
    guard request.token == "good" else { throw Status(.notFound, "the link is not valid") }
    return .init(
      purpose: .invite, userName: "ada", displayName: "Ada",
      passwordPolicy: .init(descriptions: ["at least 12 characters"]))
  }
  func stepUp(
    _ request: Identity.StepUpRequest, _ call: Call
  ) async throws -> Identity.StepUpResponse {
    let holder = state.withLock { $0.sessions[request.token] }
    guard let holder else { throw Status(.unauthenticated, "sign in again") }
    guard request.password == "right" else {
      throw Status.invalid("password", "is not your password")
    }
    state.withLock { $0.sessions[request.token] = nil }
    return .init(token: open(holder, name: holder.session))
  }
  func endOtherSessions(
    _ request: Identity.EndOtherSessionsRequest, _ call: Call
  ) async throws -> Identity.EndOtherSessionsResponse { .init(endedSessions: 2) }
  func listUserSessions(
    _ request: Identity.ListUserSessionsRequest, _ call: Call
  ) async throws -> Identity.ListUserSessionsResponse { throw unimplemented }
  func endUserSessions(
    _ request: Identity.EndUserSessionsRequest, _ call: Call
  ) async throws -> Identity.EndUserSessionsResponse { throw unimplemented }
  func confirmEmail(
    _ request: Identity.ConfirmEmailRequest, _ call: Call
  ) async throws -> Identity.ConfirmEmailResponse { throw unimplemented }
  func requestPasswordReset(
    _ request: Identity.RequestPasswordResetRequest, _ call: Call
  ) async throws -> Identity.RequestPasswordResetResponse { throw unimplemented }
}

/// The portals of the test: `northwind`, two that answer with errors, and one whose answer waits for the test.
struct TestPortals: PortalsService {
  var held: @Sendable () async throws -> Void = {}

  private var unimplemented: Status { Status(.unimplemented, "not in this test") }

  func getPortal(_ request: Identity.GetPortalRequest, _ call: Call) async throws -> Identity.Portal
  {
    switch request.tenant {
    case TestIdentity.tenant.rawValue:
      return .init(tenant: request.tenant, displayName: "Northwind", active: true)
    case "held":
      try await held()
      return .init(tenant: request.tenant, displayName: "Held", active: true)
    case "leaky": throw Status(.internal, "SELECT secret FROM passwords", because: "a stack trace")
    case "busy":
      throw Status(
        .resourceExhausted, "later",
        details: [
          .init(
            typeName: "google.rpc.RetryInfo",
            value: try GoogleRpc.RetryInfo(retryDelay: .init(seconds: 7)).serialized())
        ])
    default: throw Status(.notFound, "there is no such portal")
    }
  }

  func updatePasswordPolicy(
    _ request: Identity.UpdatePasswordPolicyRequest, _ call: Call
  ) async throws -> Identity.PasswordPolicy {
    throw Status(.permissionDenied, "not here")
  }

  func getPasswordPolicy(
    _ request: Identity.GetPasswordPolicyRequest, _ call: Call
  ) async throws -> Identity.PasswordPolicy {
    .init(name: "passwordPolicy", minLength: 12, descriptions: ["at least 12 characters"])
  }

  func getPortalSettings(
    _ request: Identity.GetPortalSettingsRequest, _ call: Call
  ) async throws -> Identity.PortalSettings { throw unimplemented }
  func updatePortalSettings(
    _ request: Identity.UpdatePortalSettingsRequest, _ call: Call
  ) async throws -> Identity.PortalSettings { throw unimplemented }
}
