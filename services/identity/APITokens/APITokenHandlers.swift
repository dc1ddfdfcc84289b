import Access
import Crypto
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// The signed-in person's API tokens, over the wire. A token makes no tokens: only a session does.
struct APITokenHandlers: ApiTokensService {
  let parts: IdentityParts

  func createApiToken(
    _ request: Identity.CreateApiTokenRequest, _ call: Call
  ) async throws -> Identity.CreateApiTokenResponse {
    let user = try call.signedInUser
    let principal = try call.interactivePrincipal
    let draft = try Self.draft(request.apiToken ?? .init(), of: user, for: principal, at: call.now)
    let secret = APITokenSecret()
    return try await call.write(in: parts.store) { [parts] db in
      let tokens = APITokenStore(db)
      guard try tokens.tokens(of: user).count < APIToken.most else { throw APITokenError.tooMany }
      var token = draft
      token.id = parts.newID()
      token.hint = secret.hint
      try tokens.insert(token, secretHash: secret.hash)
      try db.audit(
        "api_token.create", on: token.name, by: principal.auditActor,
        after: ["scopes": token.scopes.sorted().joined(separator: ", ")])
      try db.emit(.apiTokenCreated, on: token.name, at: EventPlace(user: principal.user))
      return .init(apiToken: .init(token), secret: secret.reveal())
    }
  }

  func listApiTokens(
    _ request: Identity.ListApiTokensRequest, _ call: Call
  ) async throws -> Identity.ListApiTokensResponse {
    let user = try call.signedInUser
    _ = try call.interactivePrincipal
    return try await call.read(in: parts.store) { db in
      .init(apiTokens: try APITokenStore(db).tokens(of: user).map { .init($0) })
    }
  }

  func deleteApiToken(
    _ request: Identity.DeleteApiTokenRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    let name = try ResourceName(request.name, "apiTokens/*")
    let user = try call.signedInUser
    let actor = try call.interactivePrincipal.auditActor
    return try await call.write(in: parts.store) { db in
      guard try APITokenStore(db).delete(name["apiTokens"], of: user) else {
        throw StoreError.notFound
      }
      try db.audit("api_token.delete", on: name.text, by: actor)
      try db.emit(.apiTokenDeleted, on: name.text, at: EventPlace(user: "users/\(user)"))
      return .init()
    }
  }

  /// Checked input, without id and hint.
  private static func draft(
    _ wanted: Identity.ApiToken, of user: String, for principal: Principal, at now: Instant
  ) throws -> APIToken {
    var check = Violations()
    let name = check.text(wanted.displayName, "api_token.display_name", limit: 100)
    let own = Set(principal.permissions.map(\.rawValue))
    var scopes: Set<String> = []
    for (index, scope) in wanted.scopes.prefix(100).enumerated() {
      let spelled = scope.protoName ?? ""
      check.require(
        own.contains(spelled), "api_token.scopes[\(index)]", "is not a permission of yours")
      scopes.insert(spelled)
    }
    check.require(!wanted.scopes.isEmpty, "api_token.scopes", "is required")
    check.require(wanted.scopes.count <= 100, "api_token.scopes", "has more than 100 entries")
    var expires = now + APIToken.usual
    if let time = wanted.expireTime {
      expires = try Instant(time, field: "api_token.expire_time")
      check.require(
        expires > now && expires <= now + APIToken.longest, "api_token.expire_time",
        "must be within 366 days from now")
    }
    try check.end()
    return APIToken(
      id: "", user: user, displayName: name, scopes: scopes, hint: "", created: now,
      expires: expires)
  }
}

extension Call {
  /// Who calls, at a browser: an API token cannot look after sessions, tokens and passwords.
  var interactivePrincipal: Principal {
    get throws {
      let principal = try principal
      guard ResourceName(matching: principal.session, "apiTokens/*") == nil else {
        throw Status(
          .permissionDenied, "an API token cannot do this; sign in", reason: "API_TOKEN_REFUSED")
      }
      return principal
    }
  }
}

extension Identity.ApiToken {
  init(_ token: APIToken) {
    self.init(
      name: token.name, displayName: token.displayName,
      scopes: token.scopes.sorted().compactMap { PorticoAccess.Permission(protoName: $0) },
      expireTime: .init(token.expires), createTime: .init(token.created),
      lastUsedTime: token.lastUsed.map { .init($0) }, lastUsedIpAddress: token.lastAddress,
      hint: token.hint)
  }
}

extension APITokenError: StatusConvertible {
  var status: Status {
    switch self {
    case .tooMany:
      Status(
        .failedPrecondition, "you have \(APIToken.most) API tokens; revoke one first",
        reason: "TOO_MANY_API_TOKENS")
    }
  }
}
