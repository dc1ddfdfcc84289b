import PorticoAPI
import RPC

/// `/settings/email`: a new address, asked for with the password; and `/confirm-email?token=…`, where the link that was
/// mailed there leads. Following a link changes nothing yet: mail scanners do that too. The button does.
enum EmailPages {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/settings/email") { context in try await page(context) },
    PageRoute(.POST, "/settings/email", ask),
    PageRoute(.GET, "/confirm-email", access: .anyone) { context in confirmation(context) },
    PageRoute(.POST, "/confirm-email", access: .anyone, confirm),
  ]

  // MARK: Asking

  private static func page(
    _ context: PageContext, email: String = "", errors: UI.FormErrors = .init()
  ) async throws -> Response {
    let profile = try await ProfilesClient(context.caller).getProfile(.init())
    return await SettingsPages.layout(
      context, "E-mail", "/settings/email", isRefused: !errors.isEmpty,
      form(context, profile, email: email, errors: errors))
  }

  static func form(
    _ context: PageContext, _ profile: Identity.Profile, email: String, errors: UI.FormErrors
  ) -> HTML {
    let isLocked = !context.may(.profileWrite)
    let fields = [
      UI.Field("email", "New e-mail address", error: errors["email"], isDisabled: isLocked),
      UI.Field("password", "Your password", error: errors["password"], isDisabled: isLocked),
    ]
    let pending: HTML? =
      profile.pendingEmail.isEmpty
      ? nil
      : UI.callout(
        .neutral,
        body: """
          <p>A link was mailed to <strong>\(profile.pendingEmail)</strong>. Until you follow it, mail \
          goes to the old address.</p>
          """)
    return """
      <p>Mail from this portal goes to <strong>\(profile.email)</strong>.</p>\
      \(pending)\
      \(UI.form(action: "/settings/email", csrf: context.csrfToken, style: "form", body: """
        \(UI.errorSummary(errors, fields: fields))\
        \(UI.textField(fields[0], value: email, type: .email, autocomplete: "email"))\
        \(UI.textField(fields[1], type: .password, autocomplete: "current-password"))\
        \(when: !isLocked, "<div class=\"form-foot\">\(UI.button("Send the link"))</div>")
        """))
      """
  }

  @Sendable private static func ask(_ context: PageContext) async throws -> Response {
    let form = context.form
    do {
      let answer = try await ProfilesClient(context.caller).changeEmail(
        .init(email: form["email"], password: form["password"]))
      return .redirect(
        to: "/settings/email",
        flash: .success("A link is on its way to \(answer.pendingEmail). It works for one hour."))
    } catch {
      guard let errors = UI.FormErrors(error) else { throw error }
      return try await page(context, email: form["email"], errors: errors)
    }
  }

  // MARK: Confirming

  private static func confirmation(_ context: PageContext) -> Response {
    let token = context.query["token"] ?? ""
    return authShell(
      context, title: "Confirm your new e-mail address",
      """
      <h1>Confirm your new e-mail address</h1>\
      <p>From then on mail from \(context.portal.name) goes there.</p>\
      \(UI.form(action: "/confirm-email", csrf: context.csrfToken, body: """
        \(UI.hidden("token", token))\
        <div class="auth-actions">\(UI.button("Confirm this address"))</div>
        """))
      """)
  }

  @Sendable private static func confirm(_ context: PageContext) async throws -> Response {
    do {
      let answer = try await SessionsClient(context.caller).confirmEmail(
        .init(tenant: context.portal.tenant.rawValue, token: context.form["token"]))
      context.refreshSession()
      return .redirect(
        to: context.session == nil ? "/login" : "/settings/email",
        flash: .success("Mail goes to \(answer.email) from now on."))
    } catch let status as Status where status.code == .notFound {
      return authShell(
        context, title: "This link cannot be used any more", status: .notFound,
        """
        <h1>This link cannot be used any more</h1>\
        <p>It has been used already, a newer one was sent, or its hour has passed. Your address is \
        as it was. Ask for a new link under My Settings.</p>\
        <div class="auth-actions">\
        \(UI.linkButton("My Settings", to: "/settings/email", style: .primary))</div>
        """)
    }
  }
}
