import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

private func rule(_ callers: AccessRule.Callers, _ services: Set<String> = []) -> AccessRule {
  AccessRule(callers, services: services)
}

private let tenant = TestPrincipal.tenant

@Suite("What a rule decides")
struct DecisionTests {
  @Test("R-171 nobody gets in where a principal is needed, and only there")
  func nobody() {
    for callers in [AccessRule.Callers.signedIn, .permission(.ticketsRead), .servicesOnly] {
      #expect(Decision(rule(callers, ["ticketing"]), for: nil).outcome == .unauthenticated)
    }
    #expect(Decision(rule(.anyone), for: nil).outcome == .allowed(nil))
  }

  @Test("S-031 an External User reaches own tickets, S-033 an External Manager the account's")
  func customers() {
    let read = rule(.permission(.ticketsRead))
    #expect(
      Decision(read, for: TestPrincipal.customer()).outcome
        == .allowed(
          Scope(tenant: tenant, reach: .within([.init(account: "acme", contact: "ada")]))))
    let manager = TestPrincipal.customer(role: .externalManager)
    #expect(
      Decision(read, for: manager).outcome
        == .allowed(Scope(tenant: tenant, reach: .within([.init(account: "acme")]))))
    #expect(
      Decision(rule(.permission(.ticketsWork)), for: manager).reason == .notGranted(.ticketsWork))
  }

  @Test("F-01 the site reach is the membership's sites, and none of them reaches nothing")
  func sites() {
    let role = [Grant(.ticketsRead, .site)]
    var person = TestPrincipal.customer(sites: ["north", "south"])
    person.memberships[0].grants = role
    #expect(
      Decision(rule(.permission(.ticketsRead)), for: person).outcome
        == .allowed(
          Scope(
            tenant: tenant, reach: .within([.init(account: "acme", sites: ["north", "south"])]))))
    person.memberships[0].sites = []
    guard case .allowed(let scope?) = Decision(rule(.permission(.ticketsRead)), for: person).outcome
    else { return #expect(Bool(false), "it is granted") }
    #expect(!scope.allows(account: "acme", site: "north", contact: "ada"))
    #expect(!scope.allows(account: "acme"))
  }

  @Test(
    "F-02 each account has the reach of the role held there; an account without the grant is left out"
  )
  func memberships() {
    var person = TestPrincipal.customer(role: .externalManager)
    person.memberships.append(
      Membership(account: "beta", contact: "ada2", grants: BuiltInRole.externalUser.grants))
    let tickets = Decision(rule(.permission(.ticketsRead)), for: person)
    #expect(
      tickets.outcome
        == .allowed(
          Scope(
            tenant: tenant,
            reach: .within([.init(account: "acme"), .init(account: "beta", contact: "ada2")]))))
    #expect(
      tickets.reason
        == .granted(
          .ticketsRead,
          [.init(account: "acme", reach: .account), .init(account: "beta", reach: .own)]))
    #expect(
      Decision(rule(.permission(.invoicesRead)), for: person).outcome
        == .allowed(Scope(tenant: tenant, reach: .within([.init(account: "acme")]))))
  }

  @Test("several grants of one permission: the widest counts")
  func widest() {
    var person = TestPrincipal.customer()
    person.memberships[0].grants = [
      Grant(.ticketsRead, .own), Grant(.ticketsRead, .account), Grant(.ticketsRead, .site),
    ]
    #expect(
      Decision(rule(.permission(.ticketsRead)), for: person).outcome
        == .allowed(Scope(tenant: tenant, reach: .within([.init(account: "acme")]))))
  }

  @Test("D-51 a customer never reaches the whole tenant, whatever a role says")
  func customerWithTenantReach() {
    var person = TestPrincipal.customer()
    person.memberships[0].grants = [Grant(.ticketsRead, .tenant)]
    person.grants = [Grant(.ticketsRead, .tenant)]
    #expect(
      Decision(rule(.permission(.ticketsRead)), for: person).outcome
        == .allowed(Scope(tenant: tenant, reach: .within([.init(account: "acme")]))))
  }

  @Test("staff reach the tenant by a tenant grant, and nothing by a narrower one")
  func staff() {
    let technician = TestPrincipal.staff(.technician)
    #expect(
      Decision(rule(.permission(.ticketsWork)), for: technician).outcome
        == .allowed(Scope(tenant: tenant, reach: .tenant)))
    #expect(
      Decision(rule(.permission(.invoicesRead)), for: technician).outcome == .denied)
    var narrow = technician
    narrow.grants = [Grant(.ticketsRead, .account)]
    #expect(Decision(rule(.permission(.ticketsRead)), for: narrow).outcome == .denied)
  }

  @Test("signed_in gives customers what is theirs and staff the tenant")
  func signedIn() {
    #expect(
      Decision(rule(.signedIn), for: TestPrincipal.customer(role: .externalManager)).outcome
        == .allowed(
          Scope(tenant: tenant, reach: .within([.init(account: "acme", contact: "ada")]))))
    #expect(
      Decision(rule(.signedIn), for: TestPrincipal.staff(.contentEditor)).outcome
        == .allowed(Scope(tenant: tenant, reach: .tenant)))
  }

  @Test("a service gets in where it is listed and nowhere else; people not where only services are")
  func services() {
    let ticketing = Principal.service("ticketing", tenant: tenant)
    let whole = Decision.Outcome.allowed(Scope(tenant: tenant, reach: .tenant))
    #expect(Decision(rule(.servicesOnly, ["ticketing"]), for: ticketing).outcome == whole)
    #expect(
      Decision(rule(.permission(.usersRead), ["ticketing"]), for: ticketing).outcome == whole)
    #expect(Decision(rule(.servicesOnly, ["billing"]), for: ticketing).outcome == .denied)
    #expect(Decision(rule(.signedIn), for: ticketing).outcome == .denied)
    #expect(Decision(rule(.permission(.usersRead)), for: ticketing).outcome == .denied)
    #expect(
      Decision(
        rule(.servicesOnly, ["ticketing"]), for: TestPrincipal.staff(.administrator)
      ).outcome == .denied)
  }

  @Test("N-01 a decision says why, in words without a secret")
  func reasons() {
    let person = TestPrincipal.customer()
    #expect(
      "\(Decision(rule(.permission(.ticketsRead)), for: person).reason)"
        == "TICKETS_READ is granted: own in accounts/acme")
    #expect(
      "\(Decision(rule(.permission(.auditRead)), for: person).reason)"
        == "no grant gives AUDIT_READ")
  }
}

@Suite("Built-in roles")
struct BuiltInRoleTests {
  @Test(
    "every method of the contract is open to the administrator, unless it is for services only",
    arguments: Methods.all)
  func administrator(_ method: RPC.Method) {
    let decision = Decision(method.access, for: TestPrincipal.staff(.administrator))
    #expect(decision.isAllowed == (method.access.callers != .servicesOnly), "\(method.path)")
  }

  @Test("R-171 a customer's role opens no method of staff", arguments: Methods.all)
  func customers(_ method: RPC.Method) {
    let staffOnly: Set<Permission> = [
      .ticketsWork, .ticketSettingsWrite, .billingWrite, .contentWrite, .accountsWrite,
      .contactsWrite, .rolesRead, .rolesWrite, .settingsRead, .settingsWrite, .mailRead,
      .auditRead, .assetsWrite, .usersRead, .operationRead,
    ]
    guard case .permission(let permission) = method.access.callers,
      staffOnly.contains(permission)
    else { return }
    for role in [BuiltInRole.externalUser, .externalManager] {
      #expect(!Decision(method.access, for: TestPrincipal.customer(role: role)).isAllowed)
    }
  }

  @Test(
    "S-028 S-029 S-030 S-031 S-032 S-033 S-034 S-035 the two customer roles are what the sources say"
  )
  func customerRoles() {
    func reach(_ role: BuiltInRole, _ permission: Permission) -> Reach? {
      role.grants.filter { $0.permission == permission }.map(\.reach).max()
    }
    for role in [BuiltInRole.externalUser, .externalManager] {
      #expect(role.isForCustomers)
      #expect(reach(role, .profileWrite) == .own)
      #expect(reach(role, .messagesRead) == .own)
      #expect(reach(role, .messagesWrite) == .own)
    }
    #expect(reach(.externalUser, .ticketsRead) == .own)
    #expect(reach(.externalUser, .ticketsWrite) == .own)
    #expect(reach(.externalUser, .contractsRead) == nil)
    #expect(reach(.externalUser, .invoicesRead) == nil)
    #expect(reach(.externalManager, .ticketsRead) == .account)
    #expect(reach(.externalManager, .contractsRead) == .account)
    #expect(reach(.externalManager, .invoicesRead) == .account)
  }

  @Test("ids are unique and find their role; staff roles reach the tenant")
  func ids() {
    #expect(Set(BuiltInRole.all.map(\.id)).count == 6)
    for role in BuiltInRole.all {
      #expect(BuiltInRole(id: role.id) == role)
      if !role.isForCustomers { #expect(role.grants.allSatisfy { $0.reach == .tenant }) }
    }
    #expect(BuiltInRole(id: "root") == nil)
  }
}
