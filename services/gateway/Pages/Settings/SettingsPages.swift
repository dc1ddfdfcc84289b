import NIOHTTP1
import PorticoAPI
import RPC
import WellKnown

/// `/settings`, My Settings: Personal information (S-016); with `/settings/password`, `/settings/preferences` and
/// `/settings/sessions` beside it. Also the theme switch of the user menu.
enum SettingsPages {
  static let routes: [PageRoute] =
    [
      PageRoute(.GET, "/my-profile") { _ in .redirect(to: "/settings") },
      PageRoute(.GET, "/settings") { context in
        try await page(context, ProfilesClient(context.caller).getProfile(.init()))
      },
      PageRoute(.POST, "/settings", save),
      PageRoute(.POST, "/theme", access: .anyone) { context in
        var response = Response.redirect(to: LocalPath(context.form["next"]) ?? .home)
        if let theme = UI.Theme(rawValue: context.form["theme"]) {
          response.cookies = [context.cookie(theme: theme)]
        }
        return response
      },
    ] + EmailPages.routes + PasswordPage.routes + PreferencesPage.routes + SessionsPage.routes
    + APITokensPage.routes

  /// The frame of all settings pages: tabs, then the card.
  static func layout(
    _ context: PageContext, _ title: String, _ path: SafeURL, isRefused: Bool, _ body: HTML,
    after: HTML? = nil
  ) async -> Response {
    let pages: [(String, SafeURL)] = [
      ("Personal information", "/settings"), ("E-mail", "/settings/email"),
      ("Password", "/settings/password"),
      ("Preferences", "/settings/preferences"), ("Sessions", "/settings/sessions"),
      ("API tokens", "/settings/tokens"),
    ]
    let tabs = UI.tabs(
      pages.map { .init(title: $0.0, url: $0.1, isCurrent: $0.1 == path) }, label: "My Settings")
    return await shell(
      context, title: title, active: "/settings/me",
      status: isRefused ? .unprocessableEntity : .ok,
      "\(UI.pageHead("My Settings"))\(tabs)\(UI.card(title, body: body))\(after)")
  }

  // MARK: Personal information

  /// The form's fields; their names are the API's.
  private static let fields: [(name: String, label: String, type: UI.InputType, fill: String)] = [
    ("profile.user_name", "User name", .text, "username"),
    ("profile.first_name", "First name", .text, "given-name"),
    ("profile.last_name", "Last name", .text, "family-name"),
    ("profile.phone", "Phone", .tel, "work tel"),
    ("profile.mobile", "Mobile", .tel, "mobile tel"),
  ]

  private static func page(
    _ context: PageContext, _ profile: Identity.Profile, errors: UI.FormErrors = .init()
  ) async -> Response {
    let counts = await TicketCounts.ask(context)
    return await layout(
      context, "Personal information", "/settings", isRefused: !errors.isEmpty,
      form(context, profile, errors: errors), after: counts?.html)
  }

  static func form(
    _ context: PageContext, _ profile: Identity.Profile, errors: UI.FormErrors
  ) -> HTML {
    let isLocked = !context.may(.profileWrite)
    let shown = fields.map { each in
      UI.Field(
        each.name, each.label, error: errors[each.name],
        isOptional: each.name == "profile.phone" || each.name == "profile.mobile",
        isDisabled: isLocked)
    }
    let values = [
      profile.userName, profile.firstName, profile.lastName, profile.phone, profile.mobile,
    ]
    // Shown here (S-217); another address takes the password and a link that is mailed there.
    let email = UI.Field(
      "email", "E-mail", hint: "Changed under E-mail, with your password.", isDisabled: true)
    let inputs = zip(fields, zip(shown, values)).html { each, input in
      UI.textField(input.0, value: input.1, type: each.type, autocomplete: each.fill)
    }
    return UI.form(
      action: "/settings", csrf: context.csrfToken, style: "form",
      body: """
        \(UI.hidden("etag", profile.etag))\(UI.errorSummary(errors, fields: shown))\(inputs)\
        \(UI.textField(email, value: profile.email, type: .email))\
        \(when: !isLocked, "<div class=\"form-foot\">\(UI.button("Save changes"))</div>")
        """)
  }

  @Sendable private static func save(_ context: PageContext) async throws -> Response {
    let form = context.form
    let profile = Identity.Profile(
      name: "profile", userName: form["profile.user_name"], firstName: form["profile.first_name"],
      lastName: form["profile.last_name"], phone: form["profile.phone"],
      mobile: form["profile.mobile"], etag: form["etag"])
    do {
      _ = try await ProfilesClient(context.caller).updateProfile(
        .init(
          profile: profile,
          updateMask: .init(paths: [
            "user_name", "first_name", "last_name", "phone", "mobile",
          ])))
      context.refreshSession()
      return .redirect(to: "/settings", flash: .success("Saved."))
    } catch {
      guard var errors = UI.FormErrors(error) else { throw error }
      if Problem(error).code == .alreadyExists {
        errors = .init("profile.user_name", "Somebody else has this user name")
      }
      return await page(context, profile, errors: errors)
    }
  }
}
