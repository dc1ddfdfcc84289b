import PorticoAPI
import Protobuf
import RPC
import Values
import WellKnown

extension Claims {
  func encoded() throws(TokenError) -> [UInt8] {
    do { return try message.serialized() } catch { throw .malformed("\(error)") }
  }

  /// Strict: a kind or a reach that this build does not know refuses the token. A permission may be unknown, and
  /// then opens nothing.
  init(encoded bytes: [UInt8]) throws(TokenError) {
    let message: PorticoAccess.PrincipalClaims
    do { message = try PorticoAccess.PrincipalClaims(serialized: bytes) } catch {
      throw .malformed("\(error)")
    }
    issuer = message.issuer
    audience = message.audience
    issued = try Self.instant(message.issueTime)
    expires = try Self.instant(message.expireTime)
    principal = Principal(
      tenant: TenantID(message.tenant), user: message.user, displayName: message.displayName,
      kind: try Self.kind(message), memberships: try Self.memberships(message.memberships),
      grants: try Self.grants(message.grants), session: message.session,
      actor: message.actor.isEmpty ? nil : message.actor,
      authenticated: try message.authenticateTime.map { time throws(TokenError) in
        try Self.instant(time)
      }, tokenScopes: try Self.scopes(message), isReadOnly: message.readOnly)
    guard !message.user.isEmpty, !message.tenant.isEmpty else {
      throw .malformed("no user or no tenant")
    }
  }

  private var message: PorticoAccess.PrincipalClaims {
    var message = PorticoAccess.PrincipalClaims()
    message.issuer = issuer
    message.audience = audience
    message.issueTime = Self.timestamp(issued)
    message.expireTime = Self.timestamp(expires)
    message.tenant = principal.tenant.rawValue
    message.user = principal.user
    message.displayName = principal.displayName
    switch principal.kind {
    case .customer: message.kind = .customer
    case .staff: message.kind = .staff
    case .service(let name):
      message.kind = .service
      message.service = name
    }
    message.memberships = principal.memberships.map {
      PorticoAccess.PrincipalMembership(
        account: $0.account, contact: $0.contact, sites: $0.sites, grants: $0.grants.map(\.message))
    }
    message.grants = principal.grants.map(\.message)
    message.session = principal.session
    message.actor = principal.actor ?? ""
    message.authenticateTime = principal.authenticated.map(Self.timestamp)
    if let scopes = principal.tokenScopes {
      message.credential = .apiToken
      message.scopes = scopes.map(\.rawValue).sorted()
    }
    message.readOnly = principal.isReadOnly
    return message
  }

  /// An API token is always limited; one without a scope opens no permission at all.
  private static func scopes(
    _ message: PorticoAccess.PrincipalClaims
  ) throws(TokenError) -> Set<Permission>? {
    switch message.credential {
    case .unspecified where message.scopes.isEmpty: return nil
    case .apiToken: return Set(message.scopes.map { Permission($0) })
    case .unspecified, .unrecognized: throw .malformed("credential")
    }
  }

  private static func kind(
    _ message: PorticoAccess.PrincipalClaims
  ) throws(TokenError) -> Principal.Kind {
    switch message.kind {
    case .customer: return .customer
    case .staff: return .staff
    case .service where !message.service.isEmpty: return .service(message.service)
    case .service, .unspecified, .unrecognized: throw .malformed("kind")
    }
  }

  private static func memberships(
    _ messages: [PorticoAccess.PrincipalMembership]
  ) throws(TokenError) -> [Membership] {
    var memberships: [Membership] = []
    for message in messages {
      guard !message.account.isEmpty, !message.contact.isEmpty else {
        throw .malformed("a membership without account or contact")
      }
      memberships.append(
        Membership(
          account: message.account, contact: message.contact, sites: message.sites,
          grants: try grants(message.grants)))
    }
    return memberships
  }

  private static func grants(
    _ messages: [PorticoAccess.PrincipalGrant]
  ) throws(TokenError) -> [Grant] {
    var grants: [Grant] = []
    for message in messages {
      guard let reach = Reach(rawValue: Int(message.reach.rawValue)) else {
        throw .malformed("reach")
      }
      grants.append(Grant(Permission(message.permission), reach))
    }
    return grants
  }

  private static func timestamp(_ instant: Instant) -> GoogleProtobuf.Timestamp {
    let micros = instant.microseconds
    let seconds = micros >= 0 ? micros / 1_000_000 : (micros - 999_999) / 1_000_000
    return GoogleProtobuf.Timestamp(
      seconds: seconds, nanos: Int32((micros - seconds * 1_000_000) * 1000))
  }

  /// Whole microseconds within the years that any store can hold; a missing time is none at all.
  private static func instant(
    _ timestamp: GoogleProtobuf.Timestamp?
  ) throws(TokenError) -> Instant {
    guard let timestamp, (0...253_402_300_799).contains(timestamp.seconds),
      (0..<1_000_000_000).contains(timestamp.nanos)
    else { throw .malformed("time") }
    return Instant(microseconds: timestamp.seconds * 1_000_000 + Int64(timestamp.nanos) / 1000)
  }
}

extension Grant {
  fileprivate var message: PorticoAccess.PrincipalGrant {
    PorticoAccess.PrincipalGrant(
      permission: permission.rawValue,
      reach: PorticoAccess.PrincipalReach(rawValue: Int32(reach.rawValue)))
  }
}
