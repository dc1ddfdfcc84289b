import RPC
import Values

/// A principal token that a verifier of this process found good, ready to go with many calls: spelled for the metadata
/// once, and believed by the `ClientGate` without being decoded and hashed again. Only a `Verifier` makes it.
public final class PrincipalProof: Sendable {
  public let principal: Principal
  /// As identity signed it.
  public let token: [UInt8]
  let expires: Instant
  let verifier: Verifier
  /// The token's one entry.
  fileprivate let metadata: Metadata
  fileprivate let spelled: String?

  init(
    principal: Principal, token: [UInt8], expires: Instant, verifier: Verifier
  ) throws(TokenError) {
    self.principal = principal
    self.token = token
    self.expires = expires
    self.verifier = verifier
    var metadata = Metadata()
    do { try metadata.set(PrincipalToken.key, binary: token) } catch {
      throw .malformed("\(error)")
    }
    self.metadata = metadata
    spelled = metadata[PrincipalToken.key]
  }
}

enum PrincipalProofKey: CallKey {
  typealias Value = PrincipalProof
}

extension CallOptions {
  /// These options, with a principal whose token has been verified here.
  public func principal(_ proof: PrincipalProof) -> CallOptions {
    var copy = self
    copy.metadata.replace(PrincipalToken.key, with: proof.metadata)
    copy[PrincipalProofKey.self] = proof
    return copy
  }

  /// The proof of the token that will be sent; nil where the metadata has been given another one since.
  var principalProof: PrincipalProof? {
    guard let proof = self[PrincipalProofKey.self], let spelled = proof.spelled,
      metadata.first(PrincipalToken.key, isSpelled: spelled)
    else { return nil }
    return proof
  }
}
