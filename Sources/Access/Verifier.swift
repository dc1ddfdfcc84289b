import Crypto
import Synchronization
import Values

/// Checks principal tokens, and remembers those it found good by their hash until they expire, so that only the
/// first call with a token pays for its signature.
public final class Verifier: Sendable {
  /// The one issuer that speaks for people.
  public static let identity = "identity"
  /// How far two machines' clocks may differ.
  static let skew = Duration.seconds(5)

  private let keys: [String: VerifyingKey]
  private let audiences: Set<String>
  let clock: any WallClock
  private let remembered: Mutex<Generations>

  /// - Parameters:
  ///   - keys: the public key of each issuer by its name.
  ///   - audience: names under which tokens are meant for this process, besides the installation's.
  ///   - capacity: how many good tokens are remembered at most.
  public init(
    keys: [String: VerifyingKey], audience: String, clock: any WallClock, capacity: Int = 8192
  ) {
    self.keys = keys
    self.audiences = [TokenAudience.installation, audience]
    self.clock = clock
    remembered = Mutex(Generations(capacity: capacity))
  }

  /// Whom a token names, if its signature, issuer, audience and times hold. A good one is remembered by its hash until it
  /// expires, so that repeats cost no signature.
  public func verify(_ token: [UInt8]) throws(TokenError) -> Principal {
    try known(token).principal
  }

  /// The same, to be carried with calls of this process: their gate needs not read the token again.
  public func proof(_ token: [UInt8]) throws(TokenError) -> PrincipalProof {
    let known = try known(token)
    return try PrincipalProof(
      principal: known.principal, token: token, expires: known.expires, verifier: self)
  }

  /// Whom a proof of this verifier names, as long as its token is good; nil for one that another has made.
  func principal(of proof: PrincipalProof) throws(TokenError) -> Principal? {
    guard proof.verifier === self else { return nil }
    guard clock.now <= proof.expires + Self.skew else { throw .expired }
    return proof.principal
  }

  private func known(_ token: [UInt8]) throws(TokenError) -> Known {
    guard token.count <= PrincipalToken.longest else { throw .malformed("too long") }
    let hash = SHA256.hash(token)
    let now = clock.now
    if let known = remembered.withLock({ $0[hash] }) {
      guard now <= known.expires + Self.skew else { throw .expired }
      return known
    }
    let claims = try check(token, at: now)
    let known = Known(principal: claims.principal, expires: claims.expires)
    remembered.withLock { $0[hash] = known }
    return known
  }

  /// How many tokens are remembered: never more than the capacity.
  var rememberedCount: Int { remembered.withLock { $0.count } }

  private func check(_ token: [UInt8], at now: Instant) throws(TokenError) -> Claims {
    guard token.count > PrincipalToken.signatureSize else { throw .malformed("too short") }
    let signature = Array(token[..<PrincipalToken.signatureSize])
    let bytes = Array(token[PrincipalToken.signatureSize...])
    // Read before the signature is checked, to know whose key to check it with; trusted only afterwards.
    let claims = try Claims(encoded: bytes)
    guard let key = keys[claims.issuer] else { throw .unknownIssuer(claims.issuer) }
    guard key.isValid(signature, for: PrincipalToken.purpose + bytes) else { throw .badSignature }
    guard claims.issuerIsEntitled else { throw .notEntitled(issuer: claims.issuer) }
    guard audiences.contains(claims.audience) else { throw .wrongAudience(claims.audience) }
    guard claims.expires - claims.issued <= Claims.longestLife else { throw .tooLongLived }
    guard claims.issued <= now + Self.skew else { throw .notYetValid }
    guard now <= claims.expires + Self.skew else { throw .expired }
    return claims
  }
}

extension Claims {
  /// `identity` for people; a service for itself.
  var issuerIsEntitled: Bool {
    switch principal.kind {
    case .customer, .staff: issuer == Verifier.identity
    case .service(let name): issuer == name
    }
  }
}

private struct Known: Sendable {
  let principal: Principal
  let expires: Instant
}

/// A bounded memory in two halves: when the young one is full it becomes the old one, and the old one is
/// forgotten. No scan, no clock: an entry that is still in use moves back to the young half.
private struct Generations {
  private let half: Int
  private var young: [[UInt8]: Known] = [:]
  private var old: [[UInt8]: Known] = [:]

  init(capacity: Int) { half = max(1, capacity / 2) }

  var count: Int { young.count + old.count }

  subscript(hash: [UInt8]) -> Known? {
    mutating get {
      if let known = young[hash] { return known }
      guard let known = old.removeValue(forKey: hash) else { return nil }
      self[hash] = known
      return known
    }
    set {
      if young.count >= half {
        old = young
        young = [:]
      }
      young[hash] = newValue
    }
  }
}
