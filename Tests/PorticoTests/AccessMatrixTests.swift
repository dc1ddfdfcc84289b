import Access
import BillingService
import CmsService
import IdentityService
import MessagingService
import PorticoAPI
import RPC
import TestSupport
import Testing
import TicketingService

/// Every unary method of the product, called on the real services by everybody there is (quality §2). A method that is
/// added joins by itself.
@Suite("Authorization matrix", .timeLimit(.minutes(3)))
struct AccessMatrixTests {
  private struct Person {
    let name: String
    let caller: (String) -> any Caller
    let mayCall: (AccessRule) -> Bool
  }

  @Test("X-11 each role reaches what its grants and the rules of proto/ say, and nothing else")
  func roles() async throws {
    try await Stage.run { stage in
      try await stage.start(IdentityService.self)
      try await stage.start(TicketingService.self)
      try await stage.start(MessagingService.self)
      try await stage.start(BillingService.self)
      try await stage.start(CmsService.self)
      let methods = Methods.all.filter {
        $0.streaming == .unary && Self.products.contains($0.owner)
      }
      #expect(methods.count > 60)
      for person in Self.people(stage) {
        for method in methods {
          let code = try await Self.code(of: method, by: person.caller(method.owner))
          let isRefused = code == .permissionDenied || code == .unauthenticated
          #expect(
            isRefused != person.mayCall(method.access) || Self.refusesItself(method, code),
            "\(person.name): \(method.path) answered \(code)")
          #expect(code != .internal && code != .unknown, "\(person.name): \(method.path)")
        }
      }
    }
  }

  private static let products: Set<String> = [
    "identity", "ticketing", "messaging", "billing", "cms",
  ]

  private static func people(_ stage: Stage) -> [Person] {
    let roles = BuiltInRole.all.map { role in
      let principal =
        role.isForCustomers ? TestPrincipal.customer(role: role) : TestPrincipal.staff(role)
      return Person(
        name: role.id, caller: { stage.caller($0, as: principal) },
        mayCall: { rule in
          switch rule.callers {
          case .anyone, .signedIn: true
          case .servicesOnly: false
          case .permission(let permission): role.grants.contains { $0.permission == permission }
          }
        })
    }
    let services = ["cms", "gateway", "billing"].map { name in
      Person(
        name: "services/\(name)", caller: { stage.caller($0, asService: name) },
        mayCall: { $0.callers == .anyone || $0.services.contains(name) })
    }
    let anonymous = Person(
      name: "anonymous", caller: { stage.caller($0) }, mayCall: { $0.callers == .anyone })
    return roles + services + [anonymous]
  }

  /// The answer to an empty request.
  private static func code(of method: RPC.Method, by caller: any Caller) async throws -> Status.Code
  {
    do {
      _ = try await caller.unary(method, [], CallOptions())
      return .ok
    } catch let status as Status { return status.code }
  }

  /// Open methods that answer UNAUTHENTICATED for what they are given: a login without a name or password, and a
  /// session or profile that is nobody's.
  private static func refusesItself(_ method: RPC.Method, _ code: Status.Code) -> Bool {
    let own = [
      "CreateSession", "RefreshPrincipal", "DeleteSession", "GetProfile", "ChangePassword",
      "StepUp",
    ]
    return code == .unauthenticated && own.contains(method.name)
  }
}
