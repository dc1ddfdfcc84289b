import PorticoAPI
import RPC
import Values
import WellKnown

/// `/settings/tokens`: the secrets of programs that act for the user (F-34). A new one is shown once.
enum APITokensPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/settings/tokens") { context in try await page(context) },
    PageRoute(.POST, "/settings/tokens", create),
    PageRoute(.POST, "/{name=apiTokens/*}:delete") { context in
      _ = try await ApiTokensClient(context.caller).deleteApiToken(
        .init(name: context.path["name"]))
      return .redirect(
        to: "/settings/tokens",
        flash: .success("The token is revoked. Nothing accepts it any more."))
    },
  ]

  private static let lives = [7, 30, 90, 365]

  private static func page(
    _ context: PageContext, created: Identity.CreateApiTokenResponse? = nil,
    errors: UI.FormErrors = .init()
  ) async throws -> Response {
    let tokens = try await ApiTokensClient(context.caller).listApiTokens(.init()).apiTokens
    return await SettingsPages.layout(
      context, "API tokens", "/settings/tokens", isRefused: !errors.isEmpty,
      body(tokens, created: created, context, errors: errors))
  }

  static func body(
    _ tokens: [Identity.ApiToken], created: Identity.CreateApiTokenResponse?,
    _ context: PageContext, errors: UI.FormErrors
  ) -> HTML {
    """
    <p>A program that sends a token acts in your name, with those of your permissions that the token has. \
    It is sent as <code>Authorization: Bearer ptk_…</code> to the API under <code>/v1/</code>.</p>\
    \(created.map(secret))\
    \(tokens.isEmpty ? UI.emptyState("No tokens", text: "Programs that you give a token appear here.", icon: .lock) : list(tokens, context))\
    \(form(context, typed: created == nil ? context.form : Form(), errors: errors))
    """
  }

  private static func secret(_ created: Identity.CreateApiTokenResponse) -> HTML {
    UI.callout(
      .success, title: "Your new token",
      body: """
        <p>Copy it now: it is shown only this once.</p>\
        <p class="secret">\(UI.copyable(created.secret, label: "Copy the token"))</p>
        """)
  }

  private static func list(_ tokens: [Identity.ApiToken], _ context: PageContext) -> HTML {
    UI.table(
      tokens, caption: "Your API tokens",
      columns: [
        .init("Token", .title) { token in
          """
          \(token.displayName)<div class="sub">ptk_…\(token.hint)</div>
          """
        },
        .init("May") { token in
          "\(token.scopes.map { RoleGrants.title($0) }.joined(separator: ", "))"
        },
        .init("Last used") { token in
          guard let time = context.time(token.lastUsedTime) else { return "Never" }
          return "\(time)<div class=\"sub\">\(token.lastUsedIpAddress)</div>"
        },
        .init("Ends") { context.time($0.expireTime, style: .day) ?? UI.notSet },
        .init("Revoke", .bare) { token in
          UI.form(
            action: "/\(token.name):delete", csrf: context.csrfToken,
            body: UI.button("Revoke", style: .secondary, isSmall: true))
        },
      ])
  }

  private static func form(
    _ context: PageContext, typed: Form, errors: UI.FormErrors
  ) -> HTML {
    let name = UI.Field(
      "api_token.display_name", "Name", hint: "The program or the machine that gets it.",
      error: errors["api_token.display_name"])
    let life = UI.Field("days", "Ends after", error: errors["days"])
    let scopes = UI.Field("scope", "Permissions", error: errors["scope"])
    let own = RoleGrants.entries.filter { entry in
      context.session?.profile.permissions.contains(entry.permission.protoName ?? "") == true
    }
    return UI.form(
      action: "/settings/tokens", csrf: context.csrfToken, style: "form",
      body: """
        <h3>New token</h3>\
        \(UI.errorSummary(errors, fields: [name, life, scopes]))\
        \(UI.textField(name, value: typed["api_token.display_name"], limit: 100))\
        \(UI.select(life, options: lives.map { UI.Option("\($0)", "\($0) days") }, selected: typed.text("days") ?? "90"))\
        \(UI.checkboxGroup(scopes, options: own.map { UI.Option($0.permission.protoName ?? "", $0.title) }, selected: Set(typed.all("scope"))))\
        <div class="form-foot">\(UI.button("Create token"))</div>
        """)
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    let form = context.form
    let days = form.text("days").flatMap { Int($0) }.flatMap { lives.contains($0) ? $0 : nil }
    let end = context.now + .days(days ?? 90)
    let token = Identity.ApiToken(
      displayName: form["api_token.display_name"],
      scopes: form.all("scope").map { PorticoAccess.Permission(protoName: $0) ?? .init() },
      expireTime: .init(seconds: end.microseconds / 1_000_000))
    do {
      let created = try await ApiTokensClient(context.caller).createApiToken(
        .init(apiToken: token))
      return try await page(context, created: created)
    } catch {
      let names = ["api_token.scopes": "scope", "api_token.expire_time": "days"]
      guard var errors = UI.FormErrors(error, renaming: names) else { throw error }
      // One of a group that is wrong stands beside the group.
      for (field, text) in errors.byField where field.hasPrefix("api_token.scopes[") {
        errors.byField["scope"] = text
        errors.byField[field] = nil
      }
      return try await page(context, errors: errors)
    }
  }
}
