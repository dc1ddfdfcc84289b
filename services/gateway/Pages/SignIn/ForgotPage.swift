import NIOHTTP1
import PorticoAPI
import RPC

/// `/forgot`: asks for a mail with a reset link. The answer is the same whether or not somebody has that name.
enum ForgotPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/forgot", access: .anyone) { context in page(context) },
    PageRoute(.POST, "/forgot", access: .anyone) { context in
      guard let login = context.form.text("login") else {
        return page(
          context, errors: .init("login", "Enter your user name or e-mail address"),
          status: .unprocessableEntity)
      }
      do {
        _ = try await SessionsClient(context.caller).requestPasswordReset(
          .init(tenant: context.portal.tenant.rawValue, login: login))
      } catch {
        guard let errors = UI.FormErrors(error) else { throw error }
        return page(context, login: login, errors: errors, status: Problem(error).status)
      }
      return sent(context, login)
    },
  ]

  private static func page(
    _ context: PageContext, login: String = "", errors: UI.FormErrors = .init(),
    status: HTTPResponseStatus = .ok
  ) -> Response {
    let field = UI.Field("login", "User name or e-mail", error: errors["login"])
    return authShell(
      context, title: "Forgot your password?", status: status,
      """
      <h1>Forgot your password?</h1>\
      <p>Tell us your user name or e-mail address, and we mail you a link to choose a new one.</p>\
      \(UI.form(action: "/forgot", csrf: context.csrfToken, body: """
        \(UI.errorSummary(errors, fields: [field]))\
        \(UI.textField(field, value: login, autocomplete: "username"))\
        <div class="auth-actions">\(UI.button("Send the link"))\
        \(UI.link("Back to login", to: "/login"))</div>
        """))
      """)
  }

  private static func sent(_ context: PageContext, _ login: String) -> Response {
    authShell(
      context, title: "Look into your mail",
      """
      <h1>Look into your mail</h1>\
      <p>If somebody is known here as <strong>\(login)</strong>, a mail with a link is on its way. \
      The link works once and for 10 minutes.</p>\
      <p>Nothing there? Look into the spam folder, or ask your provider.</p>\
      <div class="auth-actions">\(UI.linkButton("Back to login", to: "/login"))</div>
      """)
  }
}
