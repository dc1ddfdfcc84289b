/// Chooses the account that a form is for, before the form: other accounts have other people, sites and assets.
enum AccountPicker {
  static func html(
    _ action: SafeURL, _ accounts: [UI.Option], selected: String?, button: String = "Continue"
  ) -> HTML {
    guard !accounts.isEmpty else {
      return UI.emptyState(
        "No account to choose", text: "This belongs to an account, and none could be listed.",
        icon: .users)
    }
    return """
      <form method="get" action="\(action)" class="form">\
      \(UI.select(UI.Field("account", "Account"), options: accounts, selected: selected))\
      \(UI.button(button, style: .secondary))</form>
      """
  }
}
