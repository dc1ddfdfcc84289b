import PorticoAPI
import RPC

/// `/settings/password`: old, new and confirmed password (S-015), with the policy said before anybody types.
enum PasswordPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/settings/password") { context in try await page(context) },
    PageRoute(.POST, "/settings/password") { context in
      let form = context.form
      do {
        let answer = try await ProfilesClient(context.caller).changePassword(
          .init(
            oldPassword: form["old_password"], newPassword: form["password"],
            confirmNewPassword: form["password_confirmation"]))
        let others =
          answer.endedSessions == 0
          ? "" : " You have been logged out everywhere else (\(answer.endedSessions))."
        return .redirect(
          to: "/settings/password", flash: .success("Your password is changed.\(others)"))
      } catch {
        guard let errors = UI.FormErrors(error, renaming: WelcomePage.fieldNames) else {
          throw error
        }
        return try await page(context, errors: errors)
      }
    },
  ]

  private static func page(
    _ context: PageContext, errors: UI.FormErrors = .init()
  ) async throws -> Response {
    let policy = try await PortalsClient(context.caller).getPasswordPolicy(.init())
    return await SettingsPages.layout(
      context, "Change password", "/settings/password", isRefused: !errors.isEmpty,
      form(context, policy: policy.descriptions, errors: errors))
  }

  static func form(_ context: PageContext, policy: [String], errors: UI.FormErrors) -> HTML {
    let fields = [
      UI.Field("old_password", "Old password"), UI.Field("password", "New password"),
      UI.Field("password_confirmation", "Confirm new password"),
    ]
    return UI.form(
      action: "/settings/password", csrf: context.csrfToken, style: "form",
      body: """
        \(UI.errorSummary(errors, fields: fields))\
        \(UI.passwordFields(policy: policy, errors: errors, asksOld: true))\
        <div class="form-foot">\(UI.button("Change password"))</div>
        """)
  }
}
