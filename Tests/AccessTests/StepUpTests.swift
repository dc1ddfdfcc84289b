import Access
import PorticoAPI
import Protobuf
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

private let now = Instant(seconds: 1_772_445_600)

private func method(
  _ callers: AccessRule.Callers, stepUp: Bool = false, services: Set<String> = [],
  reads: Bool = false
) -> RPC.Method {
  RPC.Method(
    service: "portico.testing.v1.Streams", name: "Try", input: GoogleProtobuf.Empty.descriptor,
    output: GoogleProtobuf.Empty.descriptor, idempotency: reads ? .noSideEffects : .unknown,
    access: AccessRule(callers, services: services, needsStepUp: stepUp))
}

@Suite("Step-up, tokens and sessions that only read")
struct StepUpTests {
  @Test(
    "R-170 a method that wants a step-up lets in who proved who they are within 15 minutes, and nobody else"
  )
  func stepUp() throws {
    let sensitive = method(.permission(.rolesWrite), stepUp: true)
    var person = TestPrincipal.staff(.administrator)
    for (age, isFresh) in [(0, true), (900, true), (901, false), (-4, true), (-60, false)] {
      person.authenticated = now - .seconds(age)
      #expect(Decision(sensitive, for: person, at: now).isAllowed == isFresh, "\(age) s")
    }
    person.authenticated = nil
    #expect(Decision(sensitive, for: person, at: now).reason == .needsStepUp)
    // The rule comes first: nobody is asked for a password to be told that they may not.
    let technician = TestPrincipal.staff(.technician)
    #expect(Decision(sensitive, for: technician, at: now).reason == .notGranted(.rolesWrite))
    let service = Principal.service("ticketing", tenant: TestPrincipal.tenant)
    let shared = method(.permission(.rolesWrite), stepUp: true, services: ["ticketing"])
    #expect(Decision(shared, for: service, at: now).isAllowed)
  }

  @Test("R-170 the refusal names STEP_UP_REQUIRED, for pages to lead there")
  func reason() throws {
    let sensitive = method(.signedIn, stepUp: true)
    do {
      _ = try Decision(sensitive, for: TestPrincipal.customer(), at: now).scope(of: sensitive)
      Issue.record("it is refused")
    } catch {
      let info = try #require(try error.details.first?.unpacked(as: GoogleRpc.ErrorInfo.self))
      #expect(info.reason == "STEP_UP_REQUIRED" && error.code == .permissionDenied)
    }
  }

  @Test(
    "F-34 an API token does what is in its scopes and its owner's grants; D-50 a session that only reads, reads"
  )
  func limits() {
    var token = TestPrincipal.staff(.technician)
    token.tokenScopes = [.ticketsRead, .rolesWrite]
    #expect(Decision(method(.permission(.ticketsRead)), for: token, at: now).isAllowed)
    #expect(
      Decision(method(.permission(.ticketsWork)), for: token, at: now).reason
        == .outsideTokenScope(.ticketsWork))
    #expect(
      Decision(method(.permission(.rolesWrite)), for: token, at: now).reason
        == .notGranted(.rolesWrite))
    var kept = TestPrincipal.customer()
    kept.isReadOnly = true
    #expect(Decision(method(.signedIn, reads: true), for: kept, at: now).isAllowed)
    #expect(
      Decision(method(.signedIn), for: kept, at: now).reason == .readOnly(until: .stepUp))
    kept.actor = "users/tim"
    #expect(Decision(method(.signedIn), for: kept, at: now).reason == .readOnly(until: .never))
  }

  @Test("What a token says of the proof, the scopes and the limit arrives")
  func claims() async throws {
    let clock = ManualClock(now)
    var person = TestPrincipal.customer()
    person.authenticated = now - .seconds(30)
    person.isReadOnly = true
    var token = TestPrincipal.staff(.technician)
    token.tokenScopes = []
    for principal in [person, token] {
      let arrived = try await TestCall.run(Methods.Portals.getPortal, as: principal, clock: clock) {
        try $0.principal
      }
      #expect(arrived == principal)
    }
  }

  @Test(
    "R-171 R-220 the gate before sending and the gate of the service agree, for random people and every method"
  )
  func gatesAgree() async throws {
    let clock = ManualClock(now)
    let keys = Keyring(Stage.services)
    // One verifier each for the whole test: what is remembered of a token decides for no other method.
    let client = ClientGate(service: "gateway", keys.verifier(for: "gateway", clock: clock))
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<40 {
      let principal = Self.random(using: &generator)
      let token = try keys.signer(for: "identity").token(for: principal, at: now)
      let options = try CallOptions().principal(token.bytes)
      for method in Methods.all {
        let expected = Decision(method, for: principal, at: now).isAllowed
        let before = await succeeds { try await client.intercept(method, options) { _ in } }
        let gate = Gate(keys.verifier(for: method.owner, clock: clock))
        let call = Call(method: method, metadata: options.metadata, clock: clock)
        let after = await succeeds { try await gate.intercept(call) { _ in } }
        #expect(before == expected && after == expected, "\(method.path) \(principal)")
      }
    }
  }

  private func succeeds(_ body: () async throws -> Void) async -> Bool {
    do { try await body() } catch { return false }
    return true
  }

  private static func random(using generator: inout SystemRandomNumberGenerator) -> Principal {
    func grants() -> [Grant] {
      Permission.all.filter { _ in Bool.random(using: &generator) }.map {
        Grant($0, Reach.allCases.randomElement(using: &generator) ?? .own)
      }
    }
    var principal =
      Bool.random(using: &generator)
      ? TestPrincipal.staff() : TestPrincipal.customer(sites: ["hq"])
    principal.grants = principal.isStaff ? grants() : []
    if !principal.memberships.isEmpty { principal.memberships[0].grants = grants() }
    principal.isReadOnly = Int.random(in: 0..<4, using: &generator) == 0
    if Int.random(in: 0..<4, using: &generator) == 0 {
      principal.tokenScopes = Set(Permission.all.prefix(Int.random(in: 0...24, using: &generator)))
    } else {
      principal.authenticated = now - .seconds(Int64.random(in: 0...2000, using: &generator))
    }
    return principal
  }
}
