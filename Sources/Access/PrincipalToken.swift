import Foundation
import Values

/// What a token says besides who it is about.
struct Claims: Sendable, Hashable {
  /// The longest a token lives.
  static let longestLife = Duration.seconds(60)

  var principal: Principal
  /// Who signed: `identity`, or a service about itself.
  var issuer: String
  /// Whom it is meant for: the installation (`portico`), or one service.
  var audience: String
  var issued: Instant
  var expires: Instant
}

/// The signed form: 64 bytes of Ed25519 signature, then the claims it covers.
enum PrincipalToken {
  /// The metadata key it travels in.
  static let key = "portico-principal-bin"
  /// Bytes of a token at most: as base64 it must leave room for other metadata in a header list of 16 KiB. Enough
  /// for some thirty memberships. Longer ones are not signed, and refused unread.
  static let longest = 8 * 1024
  static let signatureSize = 64
  /// Signed before the claims, so that a signature made for another purpose is never a token.
  static let purpose = Array("portico principal token v1\0".utf8)
}
