import PorticoAPI
import RPC
import WellKnown

/// `/settings/password-policy`: what new passwords must satisfy, besides the floor that nobody can lower.
enum PasswordPolicyPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/settings/password-policy", .settingsWrite) { context in
      try await page(context, state: .init())
    },
    .staff(.POST, "/settings/password-policy", .settingsWrite, save),
  ]
  private static let url: SafeURL = "/settings/password-policy"
  private static let minimum = "password_policy.min_length"

  private static func page(_ context: PageContext, state: FormState) async throws -> Response {
    let policy = try await PortalsClient(context.caller).getPasswordPolicy(.init())
    return await shell(
      context, title: "Password policy", active: "/settings/password-policy",
      status: state.status, render(policy, context, state))
  }

  static func render(
    _ policy: Identity.PasswordPolicy, _ context: PageContext, _ state: FormState = .init()
  ) -> HTML {
    let length = state.field(minimum, "Shortest length", hint: "8 to 64 characters.")
    let rules = [
      ("cases", "Upper and lower case letters", policy.requireUpperAndLowerCase),
      ("digit", "A digit", policy.requireDigit), ("symbol", "A symbol", policy.requireSymbol),
    ]
    let inForce =
      "<ul class=\"policy\">\(policy.descriptions.html { "<li>\($0)</li>" })</ul>" as HTML
    let body: HTML = """
      \(state.summary([length], reload: url))\(UI.hidden("etag", policy.etag))\
      \(UI.textField(
        length, value: state.text(minimum, String(policy.minLength)), type: .number, isShort: true))\
      \(UI.fieldset("A password must hold", body: rules.html { name, label, saved in
        UI.checkbox(state.field(name, label), isOn: state.isOn(name, saved))
      }))\
      <div class="form-foot">\(UI.button("Save"))</div>
      """
    return """
      \(UI.pageHead("Password policy"))
      \(UI.columns(
        main: UI.form(action: url, csrf: context.csrfToken, style: "form", body: body),
        aside: UI.card("In force now", body: inForce), asideLabel: "Rules in force"))
      """
  }

  @Sendable private static func save(_ context: PageContext) async throws -> Response {
    let form = context.form
    guard let length = Int32(form.plain(minimum)) else {
      return try await page(
        context, state: FormState(.init(minimum, "Enter a whole number"), form))
    }
    do {
      _ = try await PortalsClient(context.caller).updatePasswordPolicy(
        .init(
          passwordPolicy: .init(
            minLength: length, requireUpperAndLowerCase: form.isOn("cases"),
            requireDigit: form.isOn("digit"), requireSymbol: form.isOn("symbol"),
            etag: form["etag"])))
      return .redirect(
        to: "/settings/password-policy",
        flash: .success("The policy is saved. It holds for passwords set from now on."))
    } catch {
      return try await page(context, state: try FormState(error, form))
    }
  }
}
