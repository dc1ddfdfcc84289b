import Crypto
import NIOHTTP1

/// What a request shows to say who asks.
enum Credential: Sendable {
  /// The secret of a session, from its cookie.
  case session(SecretToken)
  /// An API token, from `Authorization: Bearer`.
  case apiToken(APITokenSecret)

  /// What it is remembered by: a table of these holds no secret.
  var hash: [UInt8] {
    switch self {
    case .session(let token): token.hash
    case .apiToken(let secret): secret.hash
    }
  }

  /// An API token of a request, nil where there is no `Authorization` (F-34). Throws what such a client is told (RFC 6750).
  static func bearer(_ headers: HTTPHeaders) throws(Problem) -> Credential? {
    let values = headers["authorization"]
    guard let value = values.first else { return nil }
    guard values.count == 1 else {
      throw Problem(.badRequest, .invalidArgument, "send one Authorization header")
    }
    let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].lowercased() == "bearer",
      let secret = APITokenSecret(String(parts[1].drop { $0 == " " }))
    else { throw .invalidToken }
    return .apiToken(secret)
  }
}

extension Problem {
  /// The challenge that goes with a 401. Cookies have no scheme of their own to name.
  static let bearerChallenge = "Bearer realm=\"portico\""

  /// The same for mistyped, unknown, revoked and expired ones.
  static var invalidToken: Problem {
    var problem = Problem(
      .unauthorized, .unauthenticated,
      "the API token is not good: it is mistyped, revoked or has run out"
    )
    problem.challenges = ["\(bearerChallenge), error=\"invalid_token\""]
    return problem
  }
}
