import Crypto
import Values

/// Makes principal tokens. `identity` signs people; every other service signs itself only.
public struct Signer: Sendable {
  /// `identity`, or the service that signs itself.
  public let issuer: String
  private let key: SigningKey

  public init(issuer: String, key: SigningKey) {
    self.issuer = issuer
    self.key = key
  }

  /// - Parameters:
  ///   - audience: the installation for a person's token, which services hand on to each other; the one
  ///     service that is called for a service's own.
  ///   - lifetime: at most 60 seconds; more is cut to that.
  public func token(
    for principal: Principal, audience: String = TokenAudience.installation, at now: Instant,
    lifetime: Duration = .seconds(60)
  ) throws(TokenError) -> SignedPrincipal {
    let expires = now + min(lifetime, Claims.longestLife)
    let claims = Claims(
      principal: principal, issuer: issuer, audience: audience, issued: now, expires: expires)
    let bytes = try claims.encoded()
    guard PrincipalToken.signatureSize + bytes.count <= PrincipalToken.longest else {
      throw .malformed("too long: \(principal.memberships.count) memberships")
    }
    return SignedPrincipal(
      bytes: key.sign(PrincipalToken.purpose + bytes) + bytes, expires: expires)
  }
}

/// A token, ready for the metadata.
public struct SignedPrincipal: Sendable {
  public let bytes: [UInt8]
  /// When the last moment of the token has passed.
  public let expires: Instant
}

/// For whom a token is meant, other than one service by its name.
public enum TokenAudience {
  /// Every service of an installation.
  public static let installation = "portico"
}

/// Why a token is no proof. The caller learns only that it is not.
public enum TokenError: Error, Sendable, Equatable {
  case malformed(String)
  case badSignature
  case unknownIssuer(String)
  /// The issuer may not speak for that principal.
  case notEntitled(issuer: String)
  case wrongAudience(String)
  case expired
  case notYetValid
  /// It would live longer than any token may.
  case tooLongLived
}
