extension UI {
  /// The login card's content, inside `authLayout`. Fields: `username`, `password`, `keep`, `next`.
  ///
  /// - Parameters:
  ///   - error: one sentence that does not say which of the two was wrong (X-04).
  ///   - signUp: shown only when the tenant allows sign-up (S-018).
  static func loginCard(
    portalName: String, action: SafeURL, csrf: String, username: String = "", isKept: Bool = false,
    next: String? = nil, error: String? = nil, forgot: SafeURL?, signUp: SafeURL?
  ) -> HTML {
    let fields: HTML = """
      \(next.map { hidden("next", $0) })\
      \(textField(Field("username", "User name or e-mail"), value: username, autocomplete: "username"))\
      \(textField(Field("password", "Password"), type: .password, autocomplete: "current-password"))\
      \(checkbox(Field("keep", "Keep me signed in", hint: "For 30 days on this device. Later changes ask for your password again.", isOptional: true), isOn: isKept))\
      <div class="auth-actions">\(button("Log in"))\
      \(forgot.map { link("Forgot your password?", to: $0) })</div>
      """
    return """
      <h1>Log in to \(portalName)</h1>\
      \(error.map { "<div role=\"alert\" tabindex=\"-1\" autofocus data-focus>\(callout(.danger, body: "<p>\($0)</p>"))</div>" as HTML })\
      \(form(action: action, csrf: csrf, body: fields))\
      \(signUp.map { "<p class=\"auth-more\">New here? \(link("Sign up", to: $0))</p>" as HTML })
      """
  }

  /// Choosing a password, with the tenant's policy said before anybody types. Fields: `password`,
  /// `password_confirmation`, and `old_password` when `asksOld` (S-015).
  static func passwordFields(
    policy: [String], errors: FormErrors = FormErrors(), asksOld: Bool = false
  ) -> HTML {
    let old = Field("old_password", "Old password", error: errors["old_password"])
    let new = Field("password", "New password", error: errors["password"])
    let again = Field(
      "password_confirmation", "Confirm new password", error: errors["password_confirmation"])
    return """
      \(when: asksOld, textField(old, type: .password, autocomplete: "current-password"))\
      \(when: !policy.isEmpty, "<ul class=\"policy\" aria-label=\"Password rules\">\(policy.html { "<li>\($0)</li>" })</ul>")\
      \(textField(new, type: .password, autocomplete: "new-password"))\
      \(textField(again, type: .password, autocomplete: "new-password"))
      """
  }
}
