import PorticoAPI
import RPC
import Store
import Values

/// What a mailed link leads to, over the wire: open to anyone who has one.
extension SessionHandlers {
  func checkLink(
    _ request: Identity.CheckLinkRequest, _ call: Call
  ) async throws -> Identity.CheckLinkResponse {
    try await LinkRedemption(parts: parts).check(request)
  }

  func redeemLink(
    _ request: Identity.RedeemLinkRequest, _ call: Call
  ) async throws -> Identity.RedeemLinkResponse {
    try await LinkRedemption(parts: parts).redeem(request)
  }

  func confirmEmail(
    _ request: Identity.ConfirmEmailRequest, _ call: Call
  ) async throws -> Identity.ConfirmEmailResponse {
    try await EmailChange(parts: parts).confirm(request)
  }

  /// Writes down that somebody asked, and no more: whether anybody has the name is looked up after the answer, so
  /// that the answer tells nothing.
  func requestPasswordReset(
    _ request: Identity.RequestPasswordResetRequest, _ call: Call
  ) async throws -> Identity.RequestPasswordResetResponse {
    let login = FoldedKey(request.login)
    try FieldProblems.check(
      [("tenant", request.tenant), ("login", login.rawValue)].filter(\.1.isEmpty)
        .map { .init($0.0, "is required") })
    guard Tenant.isID(request.tenant), login.rawValue.utf8.count <= SignIn.longestName else {
      return .init()
    }
    let subject = GuessStore.subject(
      ofAddress: SignIn.address(of: call, given: request.ipAddress), for: "reset-address")
    return try await parts.store.write(as: TenantID(request.tenant)) { [parts] db in
      guard try TenantStore(db).tenant() != nil else { return .init() }
      if let subject {
        guard case .admitted = try GuessStore(db).admit(subject, .address) else { return .init() }
      }
      try ResetRequestStore.add(parts.newID(), for: login, in: db)
      return .init()
    }
  }
}
