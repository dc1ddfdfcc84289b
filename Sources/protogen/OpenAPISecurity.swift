/// Who may call, as OpenAPI says it: two ways to sign in, and for each operation the permission that a role must grant.
enum OpenAPISecurity {
  static let schemes = JSONText.object([
    (
      "session",
      .object([
        ("type", "apiKey"), ("in", "cookie"), ("name", "__Host-portico"),
        (
          "description",
          """
          The session of somebody who signed in on the portal (`portico` where the portal has no TLS). What changes \
          something must also be sent by a page of the portal itself, as the browser's `Sec-Fetch-Site` or `Origin` \
          says, or carry the page's token in `X-Portico-CSRF`.
          """
        ),
      ])
    ),
    (
      "token",
      .object([
        ("type", "http"), ("scheme", "bearer"),
        (
          "description",
          "An API token. It can do what the person can who made it, within the token's own permissions."
        ),
      ])
    ),
  ])

  /// Either scheme; its list names the permission that is needed.
  static func requirements(_ access: ProtoMethod.Access, index: SchemaIndex) -> JSONText {
    var needed: [JSONText] = []
    switch access.callers {
    case .anyone, .servicesOnly: return .array([])
    case .signedIn: break
    case .permission(let number):
      needed = Permissions(index: index).protoName(number).map { [.string($0)] } ?? []
    }
    return .array(["session", "token"].map { .object([($0, .array(needed))]) })
  }

  /// The rule itself, for programs that know Portico.
  static func rule(_ access: ProtoMethod.Access, index: SchemaIndex) -> JSONText {
    var members: [(String, JSONText)]
    switch access.callers {
    case .anyone: members = [("callers", "anyone")]
    case .signedIn: members = [("callers", "signed_in")]
    case .servicesOnly: members = [("callers", "services_only")]
    case .permission(let number):
      members = [
        ("callers", "permission"),
        ("permission", .string(Permissions(index: index).protoName(number) ?? "")),
      ]
    }
    if access.needsStepUp { members.append(("stepUp", true)) }
    return .object(members)
  }
}
