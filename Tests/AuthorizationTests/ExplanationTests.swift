import Access
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

private let methods = Methods.all.filter {
  $0.service.hasPrefix("portico.") && !$0.service.hasPrefix("portico.testing.")
}

@Suite("Explanations of access", .serialized)
struct ExplanationTests {
  /// Somebody as they would call, with the user that identity knows.
  private func person(_ role: Role, in world: World) async throws -> Principal? {
    guard var principal = role.principal else { return nil }
    switch role {
    case .externalUser: principal.user = try await world.hold("external-user")
    case .externalManager: principal.user = try await world.hold("external-manager")
    default: break
    }
    return principal
  }

  @Test(
    "N-01 what is explained is what happens: every method, role and relation",
    .timeLimit(.minutes(15)))
  func agrees() async throws {
    try await World.run { world in
      let door = ServiceDoor(stage: world.stage)
      var faults: [String] = []
      for role in [Role.externalUser, .externalManager, .employee, .administrator] {
        let principal = try #require(try await person(role, in: world))
        let roles = RolesClient(world.stage.caller("identity", as: principal))
        for method in methods where method.streaming == .unary {
          for relation in Relation.allCases {
            let request = SynthesizedRequest(method, names: world.objects[relation, default: [:]])
            guard let pattern = request.pattern,
              let name = world.objects[relation]?[pattern]
            else { continue }
            let told = try await roles.explainAccess(
              .init(method: String(method.path.dropFirst()), resource: name))
            let outcome = try await door.call(request, as: principal)
            let isRefused = outcome.code == Status.Code.permissionDenied.rawValue
            let isAbsent = outcome.code == Status.Code.notFound.rawValue
            let lies: Bool =
              switch told.verdict {
              // A list of what is beyond reach is empty.
              case .denied: !isRefused && !isAbsent && outcome.code == 0 && !outcome.text.isEmpty
              case .allowed: isRefused
              default: isRefused
              }
            if lies || told.checks.isEmpty || told.summary.isEmpty {
              faults.append("\(method.path) \(role) \(relation): \(told.summary) but \(outcome)")
            }
          }
        }
      }
      #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
    }
  }

  @Test("N-01 no answer tells whether a resource or a user exists")
  func oracle() async throws {
    try await World.run { world in
      let ada = try #require(try await person(.externalUser, in: world))
      let roles = RolesClient(world.stage.caller("identity", as: ada))
      for (existing, invented) in [
        ("accounts/birch/tickets/3", "accounts/birch/tickets/424242"),
        ("accounts/acme/tickets/2", "accounts/acme/tickets/424242"),
        ("accounts/birch", "accounts/nobody"),
      ] {
        let method = existing.contains("tickets") ? "GetTicket" : "GetAccount"
        let one = try await roles.explainAccess(.init(method: method, resource: existing))
        let other = try await roles.explainAccess(.init(method: method, resource: invented))
        #expect(one.verdict == other.verdict)
        #expect(one.checks.map(\.answer) == other.checks.map(\.answer))
        #expect(one.summary.replacing(existing, with: invented) == other.summary)
      }
      for user in ["users/grace-hopper", "users/nobody"] {
        let status = try await refusal {
          _ = try await roles.explainAccess(.init(user: user, method: "GetTicket"))
        }
        #expect(status == Status(.notFound, "not found") || status?.code == .notFound)
      }
    }
  }

  @Test("N-01 an administrator is told which role of somebody else gives what, and what is missing")
  func others() async throws {
    try await World.run { world in
      let user = try await world.hold("external-user")
      let roles = RolesClient(world.administrator)
      let read = try await roles.explainAccess(
        .init(user: user, method: "GetTicket", resource: "accounts/acme/tickets/1"))
      #expect(read.verdict == .depends)
      let grant = try #require(read.checks.first { $0.question == .grant })
      #expect(grant.role == "roles/external-user" && grant.account == "accounts/acme")
      #expect(grant.reach == .own && grant.permission == "TICKETS_READ")
      let elsewhere = try await roles.explainAccess(
        .init(user: user, method: "GetTicket", resource: "accounts/birch/tickets/1"))
      #expect(elsewhere.verdict == .denied)
      let assign = try await roles.explainAccess(.init(user: user, method: "AssignTicket"))
      #expect(assign.verdict == .denied && assign.summary.contains("TICKETS_WORK"))
      let settings = try await PortalsClient(world.administrator).getPortalSettings(.init())
      _ = try await PortalsClient(world.administrator).updatePortalSettings(
        .init(
          portalSettings: .init(name: "portalSettings", active: false, etag: settings.etag),
          updateMask: .init(paths: ["active"])))
      let off = try await roles.explainAccess(.init(user: user, method: "GetTicket"))
      #expect(off.verdict == .denied)
      #expect(off.checks.first { $0.question == .portal }?.answer == .no)
    }
  }

  @Test("N-01 what is asked wrongly is refused by field")
  func invalid() async throws {
    try await World.run { world in
      let roles = RolesClient(world.administrator)
      for (request, field) in [
        (Identity.ExplainAccessRequest(method: "Nonsense"), "method"),
        (.init(method: "WatchEvents"), "method"),
        (.init(method: "GetTicket", resource: "accounts/acme"), "resource"),
        (.init(method: "ListAccounts", resource: "accounts/acme"), "resource"),
        (.init(user: "ada", method: "GetTicket"), "user"),
      ] {
        let status = try await refusal { _ = try await roles.explainAccess(request) }
        #expect(status?.code == .invalidArgument && status?.message.contains(field) == true)
      }
    }
  }

  private func refusal(_ body: () async throws -> Void) async throws -> Status? {
    do {
      try await body()
      return nil
    } catch let status as Status {
      return status
    }
  }
}
