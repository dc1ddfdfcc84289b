import NIOHTTP1
import PorticoAPI
import RPC

/// `/welcome?token=…`: the mailed link that sets a first or a new password, once (S-008..S-011).
enum WelcomePage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/welcome", access: .anyone) { context in
      try await page(context, token: context.query["token"] ?? "")
    },
    PageRoute(.POST, "/welcome", access: .anyone, redeem),
  ]

  @Sendable private static func redeem(_ context: PageContext) async throws -> Response {
    let token = context.form["token"]
    do {
      let answer = try await SessionsClient(context.caller).redeemLink(
        .init(
          tenant: context.portal.tenant.rawValue, token: token,
          newPassword: context.form["password"],
          confirmNewPassword: context.form["password_confirmation"]))
      let login = LocalPath("/login?user_name=" + PercentCoding.encode(answer.userName)) ?? "/login"
      return .redirect(
        to: login, flash: .success("Your password is set. Log in with it now."))
    } catch let status as Status where status.code == .notFound {
      return expired(context)
    } catch {
      guard let errors = UI.FormErrors(error, renaming: fieldNames) else { throw error }
      return try await page(context, token: token, errors: errors)
    }
  }

  /// Form fields by the API's names.
  static let fieldNames = [
    "new_password": "password", "confirm_new_password": "password_confirmation",
  ]

  private static func page(
    _ context: PageContext, token: String, errors: UI.FormErrors = .init()
  ) async throws -> Response {
    let link: Identity.CheckLinkResponse
    do {
      link = try await SessionsClient(context.caller).checkLink(
        .init(tenant: context.portal.tenant.rawValue, token: token))
    } catch let status as Status where status.code == .notFound || status.code == .invalidArgument {
      return expired(context)
    }
    return authShell(
      context, title: link.purpose == .reset ? "Choose a new password" : "Welcome",
      status: errors.isEmpty ? .ok : .unprocessableEntity,
      form(link, context, token: token, errors: errors))
  }

  static func form(
    _ link: Identity.CheckLinkResponse, _ context: PageContext, token: String,
    errors: UI.FormErrors
  ) -> HTML {
    let name = link.displayName.isEmpty ? link.userName : link.displayName
    let heading = link.purpose == .reset ? "Choose a new password" : "Welcome, \(name)"
    let end = context.time(link.expireTime)
    let fields = [
      UI.Field("password", "New password"),
      UI.Field("password_confirmation", "Confirm new password"),
    ]
    return """
      <h1>\(heading)</h1>\
      <p>Your user name is <strong>\(link.userName)</strong>. Choose the password that goes with it.\
      \(end.map { " This link can be used once and ends \($0)." as HTML })</p>\
      \(UI.form(action: "/welcome", csrf: context.csrfToken, body: """
        \(UI.hidden("token", token))\
        \(UI.hidden("username", link.userName))\
        \(UI.errorSummary(errors, fields: fields))\
        \(UI.passwordFields(policy: link.passwordPolicy?.descriptions ?? [], errors: errors))\
        <div class="auth-actions">\(UI.button("Set password"))</div>
        """))
      """
  }

  /// The same for used, replaced, expired and invented links.
  private static func expired(_ context: PageContext) -> Response {
    authShell(
      context, title: "This link cannot be used any more", status: .notFound,
      """
      <h1>This link cannot be used any more</h1>\
      <p>It has been used already, a newer one was sent, or its time has passed. Welcome links work for \
      24 hours and reset links for 10 minutes.</p>\
      <p>If you have a password already, just log in. If not, have a new link sent to you, or ask your \
      provider to send the login again.</p>\
      <div class="auth-actions">\(UI.linkButton("Send me a new link", to: "/forgot", style: .primary))\
      \(UI.link("Log in", to: "/login"))</div>
      """)
  }
}
