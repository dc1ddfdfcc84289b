import Access
import Bootstrap
import Foundation
import PorticoAPI
import Protobuf
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import IdentityService

/// A provider on a stage: the tenant is made as an operator makes it, and its administrator is at hand.
struct Provider {
  static let password = "a quiet harbour at dawn"

  let stage: Stage
  let host: ServiceHost<IdentityService>
  let tenant: TenantID

  static func run(
    on engine: Engine = .sqlite, _ body: (Provider) async throws -> Void
  ) async throws {
    try await Stage.run { stage in
      let host = try await stage.start(
        IdentityService.self, store: try await TestStore.location(engine),
        settings: ["portal.origin": "https://{tenant}.portal.test"])
      let provider = Provider(stage: stage, host: host, tenant: TestPrincipal.tenant)
      try await provider.open()
      try await body(provider)
    }
  }

  /// Another provider on the same installation.
  func another(_ id: String) async throws -> Provider {
    let other = Provider(stage: stage, host: host, tenant: TenantID(id))
    try await other.open()
    return other
  }

  func open() async throws {
    _ = try await TenantsClient(asOperator).createTenant(creation)
  }

  var creation: Identity.CreateTenantRequest {
    .init(
      tenantID: tenant.rawValue,
      tenant: .init(displayName: "Northwind IT", timeZone: "Europe/Berlin", currency: "EUR"),
      administrator: .init(
        userName: "grace", email: "grace@northwind.test", firstName: "Grace", lastName: "Hopper"),
      requestID: "open-\(tenant)")
  }

  // MARK: Callers

  var asOperator: any Caller { stage.caller("identity", asService: "operator", tenant: tenant) }
  var asGateway: any Caller { stage.caller("identity", asService: "gateway", tenant: tenant) }
  var anonymous: any Caller { stage.caller("identity") }
  var administrator: Principal {
    TestPrincipal.staff(.administrator, tenant: tenant, user: "users/grace-hopper")
  }
  var asAdministrator: any Caller { stage.caller("identity", as: administrator) }

  var accounts: AccountsClient { AccountsClient(asAdministrator) }
  var contacts: ContactsClient { ContactsClient(asAdministrator) }
  var users: UsersClient { UsersClient(asAdministrator) }
  var roles: RolesClient { RolesClient(asAdministrator) }
  var portals: PortalsClient { PortalsClient(asAdministrator) }
  var sessions: SessionsClient { SessionsClient(asGateway) }
  var parts: IdentityParts {
    get async throws { try #require(await host.service).parts }
  }

  // MARK: People

  @discardableResult
  func account(_ id: String = "acme", name: String = "Acme") async throws -> Identity.Account {
    try await accounts.createAccount(.init(accountID: id, account: .init(displayName: name)))
  }

  func contact(
    _ first: String = "Ada", _ last: String = "Lovelace", email: String? = nil,
    account: String = "acme"
  ) async throws -> Identity.Contact {
    try await contacts.createContact(
      .init(
        parent: "accounts/\(account)",
        contact: .init(
          firstName: first, lastName: last,
          email: email ?? "\(first.lowercased())@\(account).test")))
  }

  @discardableResult
  func giveAccess(
    _ contact: Identity.Contact, userName: String = "", role: String = "roles/external-user"
  ) async throws -> Identity.Contact {
    try await contacts.updatePortalAccess(
      .init(name: contact.name, enabled: true, userName: userName, role: role))
  }

  /// A contact who has set a password by the welcome mail.
  func customer(
    _ first: String = "Ada", _ last: String = "Lovelace", role: String = "roles/external-user"
  ) async throws -> Identity.Contact {
    let contact = try await giveAccess(
      try await contact(first, last), userName: first.lowercased(), role: role)
    try await redeem(try await token(mailedTo: contact.email))
    return contact
  }

  func redeem(_ token: String, _ password: String = password) async throws {
    _ = try await SessionsClient(anonymous).redeemLink(
      .init(
        tenant: tenant.rawValue, token: token, newPassword: password, confirmNewPassword: password))
  }

  func signIn(
    _ name: String, _ password: String = password, from address: String = "192.0.2.1"
  ) async throws -> Identity.CreateSessionResponse {
    try await sessions.createSession(
      .init(
        tenant: tenant.rawValue, userName: name, password: password, userAgent: "test",
        ipAddress: address))
  }

  func refresh(_ token: String) async throws -> Identity.RefreshPrincipalResponse {
    try await sessions.refreshPrincipal(.init(tenant: tenant.rawValue, token: token))
  }

  /// The caller that a gateway makes of a session.
  func caller(_ session: Identity.CreateSessionResponse) async throws -> any Caller {
    let refreshed = try await refresh(session.token)
    return InterceptedCaller(anonymous, [Bearing(token: refreshed.principalToken)])
  }

  // MARK: What was left behind

  private func store() async throws -> any Store { try #require(await host.store) }

  /// Mails in the outbox, oldest first, sent or not. Their keys end in the sortable id of their occasion.
  func mails() async throws -> [Messaging.QueueMailRequest] {
    let mails = try await store().read(as: tenant) { db in
      try db.all("SELECT body FROM portico_outbox WHERE tenant = \(db.tenant)").map {
        try Messaging.QueueMailRequest(serialized: $0["body"] as [UInt8])
      }
    }
    return mails.sorted { occasion($0) < occasion($1) }
  }

  private func occasion(_ mail: Messaging.QueueMailRequest) -> Substring {
    mail.requestID.split(separator: "/").last ?? ""
  }

  /// The token of the latest link that was mailed to an address, as its reader finds it.
  func token(mailedTo email: String) async throws -> String {
    let ids = try await parts.store.read(as: tenant) { db in
      try db.all("SELECT id FROM links WHERE tenant = \(db.tenant) ORDER BY id DESC")
        .map { try $0["id"] as String }
    }
    let mails = try await mails().filter { $0.to.first?.email == email }
    for id in ids {
      guard let mail = mails.first(where: { $0.requestID.hasSuffix("/\(id)") }) else { continue }
      let link = try #require(mail.textBody.firstMatch(of: #/welcome\?token=([A-Za-z0-9_-]+)/#))
      return String(link.1)
    }
    throw NoMail(email: email)
  }

  struct NoMail: Error { var email: String }

  func runResetLetters() async throws { try await ResetLetters(parts: try await parts).run() }

  func auditActions() async throws -> [String] {
    try await store().read(as: tenant) { db in
      try db.auditRecords(limit: 500).map(\.action)
    }
  }

  func eventTypes() async throws -> [String] {
    try await store().read(as: tenant) { db in try db.events(limit: 500).map(\.type) }
  }
}

struct Bearing: ClientInterceptor {
  let token: [UInt8]

  func intercept<Result>(
    _ method: RPC.Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
  ) async throws -> Result {
    try await next(try options.principal(token))
  }
}

/// The status that a call fails with; a failed expectation when it does not.
func status(
  _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> some Sendable
) async throws -> Status {
  do {
    _ = try await body()
  } catch let status as Status {
    return status
  }
  Issue.record("the call succeeded", sourceLocation: location)
  throw Succeeded()
}

struct Succeeded: Error {}
