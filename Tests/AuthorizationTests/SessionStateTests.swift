import Access
import Crypto
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

/// What a session may be when its cookie comes.
private enum SessionState: String, CaseIterable {
  case valid, idleExpired, absoluteExpired, loggedOutElsewhere, passwordChanged, locked, downgraded
}

@Suite("quality 2, X-06 states of a session", .serialized)
struct SessionStateTests {
  /// One reading and one writing method of each service that asks who is there; a new service is in it by itself.
  private static let probes: [RPC.Method] = {
    let asking = Methods.all.filter { method in
      guard case .permission = method.access.callers else { return false }
      return method.service.hasPrefix("portico.") && !method.service.hasPrefix("portico.testing.")
        && method.streaming == .unary && !method.http.isEmpty
    }
    return Set(asking.map(\.owner)).sorted().flatMap { owner in
      let own = asking.filter { $0.owner == owner }
      let isReading: (RPC.Method) -> Bool = { $0.http[0].verb.uppercased() == "GET" }
      return [own.first(where: isReading), own.first { !isReading($0) }].compactMap { $0 }
    }
  }()

  private static let ada = "users/u-acmeada"

  @Test(
    "ASVS 8.3.2 what ends or changes a session is felt by the next request, reading or writing, of every service",
    .timeLimit(.minutes(5)), arguments: SessionState.allCases.map(\.rawValue))
  func states(name: String) async throws {
    let state = try #require(SessionState(rawValue: name))
    try await World.run { world in
      #expect(Self.probes.count == 10)
      let door = JSONDoor(port: try #require(world.gateway.port))
      let user = Self.isAboutCustomers(state) ? try await world.hold("external-manager") : Self.ada
      let cookie = try await world.session(of: user)
      // It is good, and the gateway has met it.
      let before = try await Self.codes(door, world, cookie)
      #expect(!before.contains(401), "\(before)")
      try await Self.reach(state, world, user, cookie, door)
      let after = try await Self.codes(door, world, cookie)
      switch state {
      case .valid: #expect(!after.contains(401), "\(after)")
      case .downgraded: #expect(Set(after) == [403], "\(after)")
      default: #expect(Set(after) == [401], "\(after)")
      }
    }
  }

  private static func isAboutCustomers(_ state: SessionState) -> Bool {
    [.locked, .downgraded].contains(state)
  }

  private static func codes(
    _ door: JSONDoor, _ world: World, _ cookie: String
  ) async throws -> [Int] {
    var codes: [Int] = []
    for method in probes {
      let request = SynthesizedRequest(method, names: world.objects[.own, default: [:]])
      codes.append(try #require(try await door.call(request, cookie: cookie)).code)
    }
    return codes
  }

  private static func reach(
    _ state: SessionState, _ world: World, _ user: String, _ cookie: String, _ door: JSONDoor
  ) async throws {
    switch state {
    case .valid: break
    case .idleExpired: world.stage.clock.advance(by: .minutes(61))
    case .absoluteExpired:
      for _ in 0..<29 {
        world.stage.clock.advance(by: .minutes(50))
        _ = try await codes(door, world, cookie)
      }
    case .loggedOutElsewhere:
      let other = TestPrincipal.staff(.technician, user: user)
      _ = try await SessionsClient(world.stage.caller("identity", as: other)).endOtherSessions(
        .init())
    case .passwordChanged: try await changePassword(world, user)
    case .locked:
      _ = try await ContactsClient(world.administrator).updatePortalAccess(
        .init(name: "accounts/acme/contacts/ada", enabled: false))
    case .downgraded:
      _ = try await RolesClient(world.administrator).createRole(
        .init(roleID: "nothing", role: .init(displayName: "Nothing", forCustomers: true)))
      _ = try await world.hold("nothing")
    }
  }

  /// Changes the password as its owner would, from another session.
  private static func changePassword(_ world: World, _ user: String) async throws {
    guard let service = await world.identity.service else { return }
    let old = "a quiet harbour at dawn"
    let hash = try await service.parts.passwords.hash(Secret(old))
    try await service.parts.store.write(as: World.home) { db in
      try UserStore(db).setPassword(hash, of: String(user.dropFirst("users/".count)))
    }
    let owner = TestPrincipal.staff(.technician, user: user)
    _ = try await ProfilesClient(world.stage.caller("identity", as: owner)).changePassword(
      .init(
        oldPassword: old, newPassword: "another harbour at dusk",
        confirmNewPassword: "another harbour at dusk"))
  }
}
