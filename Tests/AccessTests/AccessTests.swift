import Crypto
import Foundation
import PorticoAPI
import Protobuf
import RPC
import TestSupport
import Testing
import Values
import WellKnown

@testable import Access

private let start = Instant(seconds: 1_772_445_600)

@Suite("Principal tokens")
struct TokenTests {
  private let clock = ManualClock(start)
  private let keys = Keyring(Stage.services)

  private func person() -> Principal {
    var person = TestPrincipal.customer(role: .externalManager, sites: ["north"])
    person.actor = "users/tom"
    return person
  }

  @Test("R-171 what identity signed comes back as it was")
  func roundTrip() throws {
    let verifier = keys.verifier(for: "ticketing", clock: clock)
    let token = try keys.signer(for: "identity").token(for: person(), at: clock.now)
    #expect(token.expires == start + .seconds(60))
    #expect(try verifier.verify(token.bytes) == person())
    let staff = TestPrincipal.staff(.administrator)
    let other = try keys.signer(for: "identity").token(for: staff, at: clock.now)
    #expect(try verifier.verify(other.bytes) == staff)
  }

  @Test("no byte of a token can be changed, and none added or taken")
  func tampering() throws {
    let token = try keys.signer(for: "identity").token(for: person(), at: clock.now).bytes
    for index in token.indices {
      var changed = token
      changed[index] ^= 0x20
      let verifier = keys.verifier(for: "ticketing", clock: clock)
      #expect(throws: TokenError.self) { try verifier.verify(changed) }
    }
    let verifier = keys.verifier(for: "ticketing", clock: clock)
    #expect(throws: TokenError.self) { try verifier.verify(token + [0]) }
    #expect(throws: TokenError.self) { try verifier.verify(Array(token.dropLast())) }
    #expect(throws: TokenError.self) { try verifier.verify([]) }
    #expect(throws: TokenError.malformed("too long")) {
      try verifier.verify([UInt8](repeating: 0, count: 20_000))
    }
  }

  @Test(
    "a token dies after its 60 seconds, also one that was remembered; asking for more gives no more"
  )
  func expiry() throws {
    let verifier = keys.verifier(for: "ticketing", clock: clock)
    let token = try keys.signer(for: "identity").token(
      for: person(), at: clock.now, lifetime: .seconds(3600))
    #expect(token.expires == start + .seconds(60))
    #expect(throws: Never.self) { try verifier.verify(token.bytes) }
    clock.set(start + .seconds(65))
    #expect(throws: Never.self) { try verifier.verify(token.bytes) }
    clock.set(start + .seconds(66))
    #expect(throws: TokenError.expired) { try verifier.verify(token.bytes) }
    let fresh = keys.verifier(for: "ticketing", clock: clock)
    #expect(throws: TokenError.expired) { try fresh.verify(token.bytes) }
    clock.set(start - .seconds(6))
    #expect(throws: TokenError.notYetValid) { try fresh.verify(token.bytes) }
  }

  @Test("a well-signed token that says it lives longer is refused")
  func tooLong() throws {
    let key = SigningKey()
    let claims = Claims(
      principal: person(), issuer: "identity", audience: "portico", issued: start,
      expires: start + .seconds(61))
    let bytes = try claims.encoded()
    let token = key.sign(PrincipalToken.purpose + bytes) + bytes
    let verifier = Verifier(
      keys: ["identity": key.verifyingKey], audience: "ticketing", clock: clock)
    #expect(throws: TokenError.tooLongLived) { try verifier.verify(token) }
    let unmarked = key.sign(bytes) + bytes
    #expect(throws: TokenError.badSignature) { try verifier.verify(unmarked) }
  }

  @Test("only identity speaks for people, and a service for nobody but itself")
  func issuers() throws {
    let verifier = keys.verifier(for: "ticketing", clock: clock)
    let billing = try keys.signer(for: "billing")
    let tenant = TestPrincipal.tenant
    let forged = try billing.token(for: person(), at: clock.now)
    #expect(throws: TokenError.notEntitled(issuer: "billing")) { try verifier.verify(forged.bytes) }
    let posing = try billing.token(for: .service("identity", tenant: tenant), at: clock.now)
    #expect(throws: TokenError.notEntitled(issuer: "billing")) { try verifier.verify(posing.bytes) }
    let itself = try billing.token(for: .service("billing", tenant: tenant), at: clock.now)
    #expect(try verifier.verify(itself.bytes).kind == .service("billing"))
    let stranger = Signer(issuer: "stranger", key: SigningKey())
    let unknown = try stranger.token(for: .service("stranger", tenant: tenant), at: clock.now)
    #expect(throws: TokenError.unknownIssuer("stranger")) { try verifier.verify(unknown.bytes) }
    let impostor = Signer(issuer: "identity", key: SigningKey())
    let badly = try impostor.token(for: person(), at: clock.now)
    #expect(throws: TokenError.badSignature) { try verifier.verify(badly.bytes) }
  }

  @Test("a service's token is for the one it calls")
  func audience() throws {
    let identity = try keys.serviceIdentity("billing", clock: clock)
    let token = try identity.token(for: TestPrincipal.tenant, audience: "ticketing")
    #expect(throws: Never.self) {
      try keys.verifier(for: "ticketing", clock: clock).verify(token)
    }
    #expect(throws: TokenError.wrongAudience("ticketing")) {
      try keys.verifier(for: "identity", clock: clock).verify(token)
    }
  }

  @Test(
    "a service keeps its token for half its life, one for each tenant, actor and called service")
  func minting() throws {
    let identity = try keys.serviceIdentity("billing", clock: clock)
    let tenant = TestPrincipal.tenant
    let first = try identity.token(for: tenant, audience: "ticketing")
    clock.advance(by: .seconds(29))
    #expect(try identity.token(for: tenant, audience: "ticketing") == first)
    #expect(try identity.token(for: TenantID("other"), audience: "ticketing") != first)
    #expect(try identity.token(for: tenant, actor: "users/ada", audience: "ticketing") != first)
    #expect(try identity.token(for: tenant, audience: "cms") != first)
    clock.advance(by: .seconds(2))
    #expect(try identity.token(for: tenant, audience: "ticketing") != first)
  }

  @Test(
    "F-02 thirty accounts fit in a token, and one that would not fit the metadata is not signed")
  func size() throws {
    let signer = try keys.signer(for: "identity")
    func member(of count: Int) -> Principal {
      var person = TestPrincipal.customer()
      person.memberships = (0..<count).map {
        Membership(
          account: "account-\($0)", contact: "contact-\($0)",
          grants: BuiltInRole.externalManager.grants)
      }
      return person
    }
    let token = try signer.token(for: member(of: 30), at: clock.now)
    #expect(
      try keys.verifier(for: "ticketing", clock: clock).verify(token.bytes) == member(of: 30))
    #expect(throws: TokenError.self) { try signer.token(for: member(of: 300), at: clock.now) }
  }

  @Test("V-17 what is remembered is bounded")
  func memory() throws {
    let signer = try keys.signer(for: "identity")
    let verifier = Verifier(
      keys: keys.publicKeys, audience: "ticketing", clock: clock, capacity: 16)
    for number in 0..<100 {
      let person = TestPrincipal.customer(user: "users/\(number)")
      let token = try signer.token(for: person, at: clock.now).bytes
      #expect(try verifier.verify(token) == person)
      #expect(try verifier.verify(token) == person)
      #expect(verifier.rememberedCount <= 16)
    }
  }

  @Test("claims without a tenant, a user, a kind, a reach or a time are no claims")
  func incomplete() throws {
    let good = try Claims(
      principal: person(), issuer: "identity", audience: "portico", issued: start,
      expires: start + .seconds(60)
    ).encoded()
    func broken(_ change: (inout PorticoAccess.PrincipalClaims) -> Void) throws -> [UInt8] {
      var message = try PorticoAccess.PrincipalClaims(serialized: good)
      change(&message)
      return try message.serialized()
    }
    #expect(throws: Never.self) { try Claims(encoded: good) }
    let cases = [
      try broken { $0.tenant = "" }, try broken { $0.user = "" },
      try broken { $0.kind = .unspecified },
      try broken { $0.kind = .service }, try broken { $0.kind = .unrecognized(9) },
      try broken { $0.expireTime = nil }, try broken { $0.memberships[0].account = "" },
      try broken { $0.memberships[0].grants[0].reach = .unspecified }, [0xff, 0xff],
    ]
    for bytes in cases { #expect(throws: TokenError.self) { try Claims(encoded: bytes) } }
  }
}

@Suite("Keyrings on disk")
struct KeyringTests {
  @Test("keys are made once, read again, and a private key alone on its host is enough for it")
  func folder() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let made = try Keyring.create(in: folder, for: ["identity", "billing"])
    let again = try Keyring.create(in: folder, for: ["identity", "billing", "cms"])
    #expect(again.publicKeys["identity"] == made.publicKeys["identity"])
    #expect(again.publicKeys.count == 3)
    try FileManager.default.removeItem(at: folder.appendingPathComponent("identity.key.pem"))
    let billingHost = try Keyring(contentsOf: folder)
    #expect(throws: KeyError.self) { try billingHost.signer(for: "identity") }
    #expect(throws: Never.self) { try billingHost.signer(for: "billing") }
    #expect(billingHost.publicKeys == again.publicKeys)
  }

  @Test("halves that do not belong together are refused")
  func mismatch() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try Keyring.create(in: folder, for: ["identity"])
    let path = folder.appendingPathComponent("identity.pub.pem")
    try FileManager.default.removeItem(at: path)
    try SigningKey().verifyingKey.write(to: path.path)
    #expect(throws: KeyError.self) { try Keyring(contentsOf: folder) }
  }
}
