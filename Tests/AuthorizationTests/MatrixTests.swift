import Access
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

/// Every method of the product; a new one is in here as soon as it is in the protos.
private let methods = Methods.all.filter {
  $0.service.hasPrefix("portico.") && !$0.service.hasPrefix("portico.testing.")
}

private let codes = (
  denied: Status.Code.permissionDenied.rawValue, notFound: Status.Code.notFound.rawValue,
  unauthenticated: Status.Code.unauthenticated.rawValue
)

/// One row of the matrix: a method and a caller, in every relation. Collects what is wrong with it.
private struct Row {
  let method: RPC.Method
  let role: String
  let principal: Principal?
  /// The codes of the door: gRPC's or HTTP's.
  let refusals: (denied: Int, notFound: Int, unauthenticated: Int)
  var faults: [String] = []
  var cells = 0

  mutating func check(_ outcomes: [Relation: Outcome], _ pattern: String?, isKnown: Bool) {
    let never = outcomes[.neverExisted]
    for (relation, outcome) in outcomes {
      cells += 1
      let expected = Oracle.expectation(of: method, for: principal, named: pattern, relation)
      let code = outcome.code
      switch expected {
      case .unauthenticated:
        if code != refusals.unauthenticated { fault(relation, expected, outcome) }
      case .denied: if code != refusals.denied { fault(relation, expected, outcome) }
      case .within:
        let wrong =
          [refusals.unauthenticated, refusals.denied] + (isKnown ? [refusals.notFound] : [])
        if wrong.contains(code) { fault(relation, expected, outcome) }
      case .beyond:
        if outcome != never || code == refusals.unauthenticated {
          fault(relation, expected, outcome)
        }
      case .open: break
      }
    }
    if outcomes[.otherTenant] != never, let other = outcomes[.otherTenant] {
      fault(.otherTenant, .beyond, other)
    }
  }

  private mutating func fault(_ relation: Relation, _ expected: Expectation, _ outcome: Outcome) {
    faults.append("\(method.path) \(role) \(relation): \(expected), got \(outcome)")
  }
}

@Suite("The authorization matrix", .serialized)
struct MatrixTests {
  @Test(
    "quality 2, R-171, D-51 every method x 8 roles x 5 relations, at the services",
    .timeLimit(.minutes(15)))
  func services() async throws {
    try await World.run { world in
      let door = ServiceDoor(stage: world.stage)
      var faults: [String] = []
      var cells = 0
      for role in Role.allCases {
        for method in methods {
          let row = try await self.row(method, role.rawValue, role.principal, door, world)
          faults += row.faults
          cells += row.cells
        }
      }
      #expect(cells > 2000)
      #expect(faults.isEmpty, "\(faults.count): \n\(faults.joined(separator: "\n"))")
    }
  }

  @Test(
    "quality 2 a customer's and a member of staff's role of each single permission",
    .timeLimit(.minutes(15)))
  func singlePermissions() async throws {
    try await World.run { world in
      let door = ServiceDoor(stage: world.stage)
      var faults: [String] = []
      for permission in Permission.all {
        var customer = TestPrincipal.customer(contact: "ada")
        customer.memberships[0].grants = [Grant(permission, .own)]
        var staff = TestPrincipal.staff(.technician, user: "users/u-acmeada")
        staff.grants = [Grant(permission, .tenant)]
        let asking = methods.filter {
          if case .permission = $0.access.callers { true } else { false }
        }
        for (name, principal) in [("customer", customer), ("staff", staff)] {
          for method in asking {
            let row = try await self.row(
              method, "\(name) with \(permission)", principal, door, world,
              onlyIfGranted: permission)
            faults += row.faults
          }
        }
      }
      #expect(faults.isEmpty, "\(faults.count): \n\(faults.joined(separator: "\n"))")
    }
  }

  @Test(
    "quality 2 the same over the gateway's JSON, with real sessions: status, body and headers",
    .timeLimit(.minutes(15)))
  func gateway() async throws {
    try await World.run { world in
      let door = JSONDoor(port: try #require(world.gateway.port))
      var faults: [String] = []
      var cells = 0
      for role in Role.allCases where !role.isService {
        let cookie = try await world.cookie(role)
        for method in methods {
          var outcomes: [Relation: Outcome] = [:]
          var request = SynthesizedRequest(method, names: [:])
          for relation in Relation.allCases {
            request = SynthesizedRequest(method, names: world.objects[relation, default: [:]])
            guard request.pattern != nil || relation == .neverExisted else { continue }
            outcomes[relation] =
              method.streaming == .unary
              ? try await door.call(request, cookie: cookie)
              : try await door.stream(request, cookie: cookie)
          }
          var row = Row(
            method: method, role: "\(role) over JSON", principal: role.principal,
            refusals: (403, 404, 401))
          row.check(outcomes, request.pattern, isKnown: world.knows(request.pattern))
          faults += row.faults
          cells += row.cells
        }
      }
      #expect(cells > 1000)
      #expect(world.knows("accounts/*/tickets/*/attachments/*"))
      #expect(faults.isEmpty, "\(faults.count): \n\(faults.joined(separator: "\n"))")
    }
  }

  private func row(
    _ method: RPC.Method, _ role: String, _ principal: Principal?, _ door: ServiceDoor,
    _ world: World, onlyIfGranted permission: Permission? = nil
  ) async throws -> Row {
    var outcomes: [Relation: Outcome] = [:]
    let pattern = SynthesizedRequest(method, names: [:]).pattern
    // Where another permission is asked for, one cell shows that it is refused.
    let isRefused = permission.map { method.access.callers != .permission($0) } ?? false
    for relation in Relation.allCases {
      guard pattern != nil && !isRefused || relation == .neverExisted else { continue }
      let request = SynthesizedRequest(method, names: world.objects[relation, default: [:]])
      outcomes[relation] = try await door.call(request, as: principal)
    }
    var row = Row(method: method, role: role, principal: principal, refusals: codes)
    row.check(outcomes, pattern, isKnown: world.knows(pattern))
    return row
  }
}

extension World {
  /// Whether objects of the pattern are there in the relations that have any.
  func knows(_ pattern: String?) -> Bool {
    pattern.map { objects[.own]?[$0] != nil } ?? false
  }
}
