import NIOHTTP1
import PorticoAPI
import RPC
import WellKnown

/// The fields of an account, for a new one and for changes.
enum AccountForm {
  typealias Control = (field: UI.Field, html: HTML)
  private static let plain: [(path: String, label: String, hint: String?, type: UI.InputType)] = [
    ("email", "E-mail", nil, .email), ("phone", "Phone", nil, .tel),
    ("currency", "Currency", "Three letters, such as EUR. Empty: the portal's.", .text),
    ("time_zone", "Time zone", "Such as Europe/Berlin. Empty: the portal's.", .text),
    ("locale", "Language", "Such as en-GB.", .text),
  ]
  private static let paths = [
    "display_name", "email", "phone", "address", "currency", "time_zone", "locale",
  ]

  static func controls(_ account: Identity.Account, _ state: FormState) -> [Control] {
    let saved = [
      "email": account.email, "phone": account.phone, "currency": account.currency,
      "time_zone": account.timeZone, "locale": account.locale,
    ]
    let name = state.field("account.display_name", "Name")
    var controls: [Control] = [
      (name, UI.textField(name, value: state.text(name.name, account.displayName), limit: 100))
    ]
    for item in plain {
      let field = state.field(
        "account.\(item.path)", item.label, hint: item.hint, isOptional: true)
      let value = state.text(field.name, saved[item.path] ?? "")
      controls.append((field, UI.textField(field, value: value, type: item.type)))
    }
    return controls + addressFields(account.address ?? .init(), "account", state)
  }

  static func addressFields(
    _ address: Identity.PostalAddress, _ root: String, _ state: FormState
  ) -> [Control] {
    let items = [
      ("street", "Street", address.street), ("postal_code", "Postal code", address.postalCode),
      ("city", "City", address.city), ("region", "Region", address.region),
      ("country", "Country (two letters)", address.country),
    ]
    return items.map { path, label, saved in
      let field = state.field("\(root).address.\(path)", label, isOptional: true)
      return (field, UI.textField(field, value: state.text(field.name, saved)))
    }
  }

  static func address(_ form: Form, _ root: String) -> Identity.PostalAddress {
    func part(_ path: String) -> String { form.plain("\(root).address.\(path)") }
    return .init(
      street: part("street"), city: part("city"), postalCode: part("postal_code"),
      region: part("region"), country: part("country"))
  }

  private static func message(_ form: Form) -> Identity.Account {
    .init(
      displayName: form.plain("account.display_name"), email: form.plain("account.email"),
      phone: form.plain("account.phone"), address: address(form, "account"),
      currency: form.plain("account.currency"), timeZone: form.plain("account.time_zone"),
      locale: form.plain("account.locale"))
  }

  static func newPage(_ context: PageContext, state: FormState) async -> Response {
    let controls = controls(.init(), state)
    return await shell(
      context, title: "New account", active: "/accounts", status: state.status,
      """
      \(UI.pageHead("New account", crumbs: [("Accounts", "/accounts")]))
      \(UI.form(action: "/accounts/new", csrf: context.csrfToken, style: "form", body: """
        \(state.summary(controls.map(\.field), reload: "/accounts/new"))\(state.requestID)\
        \(controls.html(\.html))<div class="form-foot">\(UI.button("Add account"))\
        \(UI.linkButton("Cancel", to: "/accounts", style: .ghost))</div>
        """))
      """)
  }

  static func editPage(_ context: PageContext, state: FormState) async throws -> Response {
    let account = try await AccountsClient(context.caller).getAccount(
      .init(name: context.path["name"]))
    let url: SafeURL = "/\(account.name)"
    let controls = controls(account, state)
    return await shell(
      context, title: "Edit \(account.displayName)", active: "/accounts", status: state.status,
      """
      \(UI.pageHead("Edit account", crumbs: [("Accounts", "/accounts"), (account.displayName, url)]))
      \(UI.form(action: "\(url)/edit", csrf: context.csrfToken, style: "form", body: """
        \(state.summary(controls.map(\.field), reload: "\(url)/edit"))\
        \(UI.hidden("etag", account.etag))\(controls.html(\.html))\
        <div class="form-foot">\(UI.button("Save"))\(UI.linkButton("Cancel", to: url, style: .ghost))</div>
        """))
      """)
  }

  @Sendable static func create(_ context: PageContext) async throws -> Response {
    let form = context.form
    do {
      let account = try await AccountsClient(context.caller).createAccount(
        .init(account: message(form), requestID: form["request_id"]))
      return .redirect(
        to: "/\(account.name)", flash: .success("\(account.displayName) is added."))
    } catch {
      return await newPage(context, state: try FormState(error, form))
    }
  }

  @Sendable static func update(_ context: PageContext) async throws -> Response {
    let form = context.form
    var account = message(form)
    account.name = context.path["name"]
    account.etag = form["etag"]
    do {
      let saved = try await AccountsClient(context.caller)
        .updateAccount(.init(account: account, updateMask: .init(paths: paths)))
      return .redirect(to: "/\(saved.name)", flash: .success("\(saved.displayName) is saved."))
    } catch {
      return try await editPage(context, state: try FormState(error, form))
    }
  }
}
