/// `/step-up?next=…`: proves by the password who is there, and goes on. Also what a form is held up by until then: shown
/// again as it was sent, with a field for the password.
enum StepUpPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/step-up") { context in
      .html(page(nil, next: next(context.query["next"]), context))
    },
    // Whoever comes here with a password has proved it already, before the route was reached.
    PageRoute(.POST, "/step-up") { context in .redirect(to: next(context.form["next"])) },
  ]

  private static func next(_ text: String?) -> LocalPath {
    guard let path = LocalPath(text), !path.rawValue.hasPrefix("/step-up") else { return .home }
    return path
  }

  /// The page in the place of a form's answer.
  @Sendable static func held(_ prompt: StepUpPrompt, _ context: PageContext) -> HTML {
    page(prompt, next: nil, context)
  }

  private static func page(
    _ prompt: StepUpPrompt?, next: LocalPath?, _ context: PageContext
  ) -> HTML {
    let password = UI.Field(StepUpPrompt.field, "Your password", error: prompt?.error)
    let errors = prompt?.error.map { UI.FormErrors(StepUpPrompt.field, $0) } ?? .init()
    let typed = (prompt?.fields ?? []).html { UI.hidden($0.name, $0.value) }
    let files: HTML? =
      prompt?.losesFiles == true
      ? UI.callout(
        .warning, body: "<p>The files you had chosen have to be chosen again afterwards.</p>") : nil
    let form = UI.form(
      action: SafeURL(prompt?.action ?? "/step-up") ?? "/step-up", csrf: context.csrfToken,
      body: """
        \(UI.errorSummary(errors, fields: [password]))\
        \(typed)\(next.map { UI.hidden("next", $0.rawValue) })\
        \(files)\
        \(UI.textField(password, type: .password, autocomplete: "current-password"))\
        <div class="auth-actions">\(UI.button("Confirm and go on"))\
        \(UI.link("Cancel", to: "/"))</div>
        """)
    let isHeld = prompt != nil && next == nil
    return UI.authLayout(
      title: "Confirm that it is you", shell: context.frame(),
      main: """
        <h1>Confirm that it is you</h1>\
        <p>\(reason(context))\(when: isHeld, " What you sent is kept and goes on with it.")</p>\
        \(form)
        """)
  }

  private static func reason(_ context: PageContext) -> HTML {
    let name = context.session?.profile.userName ?? ""
    return context.session?.record.readOnly == true
      ? "You stayed signed in as <strong>\(name)</strong> to look at things. To change something, enter your password."
      : "This action is protected: enter the password of <strong>\(name)</strong> once more."
  }
}

extension PageContext {
  /// Above the pages of a session that was kept: why nothing can be changed here, and the way to change that.
  var readOnlyNotice: HTML? {
    guard session?.record.readOnly == true else { return nil }
    let here = request.isSafe ? request.target.raw : "/"
    return UI.callout(
      .info,
      body:
        "<p>You stayed signed in, to look at things. To change something, confirm that it is you.</p>",
      action: UI.linkButton(
        "Enter password", to: SafeURL(checked: "/step-up?next=\(PercentCoding.encode(here))"),
        icon: .lock, isSmall: true))
  }
}
