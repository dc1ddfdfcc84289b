import PorticoAPI
import RPC

/// `/contacts/bulk`, the Bulk Operation page: the contacts chosen in the list, the operation and its details (S-241). Each
/// gets portal access by itself, with or without the welcome mail (S-242, S-243) and under the e-mail address as user name
/// (S-244). What is refused is told beside whom it concerns (D-46), and a form that is sent twice does nothing twice.
enum BulkAccessPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/contacts/bulk", .contactsWrite) { _ in .redirect(to: "/contacts") },
    .staff(.POST, "/contacts/bulk", .contactsWrite, deadline: .seconds(30)) { context in
      context.form["operation"].isEmpty
        ? try await page(context, state: .init()) : try await run(context)
    },
  ]

  /// Contacts that one operation is for: twice what the list shows on a page.
  private static let most = 100
  static let field = "contact"

  /// A contact as it was shown: its name and, from this page on, its etag.
  private struct Choice {
    let name: String
    let etag: String

    init(_ text: String) {
      let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
      (name, etag) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }
  }

  private static func choices(_ form: Form) -> [Choice] {
    form.all(field).prefix(most).map(Choice.init)
  }

  // MARK: Choosing

  private static func page(_ context: PageContext, state: FormState) async throws -> Response {
    let client = ContactsClient(context.caller)
    var contacts: [Identity.Contact] = []
    for choice in choices(context.form) {
      contacts.append(try await client.getContact(.init(name: choice.name)))
    }
    guard !contacts.isEmpty else {
      return .redirect(to: "/contacts", flash: .notice("Choose at least one contact."))
    }
    let roles = await context.roles(forCustomers: true)
    return await shell(
      context, title: "Bulk operation", active: "/contacts", status: state.status,
      render(contacts, roles, state, context))
  }

  static func render(
    _ contacts: [Identity.Contact], _ roles: [Identity.Role], _ state: FormState,
    _ context: PageContext
  ) -> HTML {
    let who = state.field(field, "Contacts", hint: "Their e-mail addresses become user names.")
    let operation = state.field("operation", "Operation")
    let access = state.field("access", "Enable client portal access")
    let role = state.field(
      "role", "Security role", hint: "What these people see and may do in the portal.")
    let kinds = Welcome.allCases.map { UI.Option($0.rawValue, $0.title) }
    let people = contacts.map(option)
    return """
      \(UI.pageHead("Bulk operation", crumbs: [("Contacts", "/contacts")]))
      \(UI.form(action: "/contacts/bulk", csrf: context.csrfToken, style: "form", body: """
        \(state.summary([who, operation, access, role], reload: "/contacts"))\(state.requestID)\
        \(UI.fieldset("Choose contacts", body: UI.checkboxGroup(
          who, options: people, selected: Set(people.filter { !$0.isDisabled }.map(\.value)))))\
        \(UI.fieldset("Choose operations", body: UI.radioGroup(
          operation, options: [.init("update", "Update contacts")], selected: "update")))\
        \(UI.fieldset("Operation details", body: """
          \(UI.select(access, options: kinds, selected: state.text("access")))\
          \(UI.select(
            role, options: roles.map { UI.Option($0.name, $0.displayName) },
            selected: state.text("role")))
          """))\
        <div class="form-foot">\(UI.button("Run the operation"))\
        \(UI.linkButton("Cancel", to: "/contacts", style: .ghost))</div>
        """))
      """
  }

  /// Who has access already is left as they are: another role is given on their own page.
  private static func option(_ contact: Identity.Contact) -> UI.Option {
    let hasAccess = contact.portalAccess?.enabled == true
    let place = "\(contact.accountDisplayName), \(contact.email)"
    return UI.Option(
      "\(contact.name) \(contact.etag)", contact.displayName,
      hint: hasAccess ? "\(place): has portal access already" : place, isDisabled: hasAccess)
  }

  // MARK: Running

  /// The two system templates.
  private enum Welcome: String, CaseIterable {
    case with, without

    var title: String { self == .with ? "With welcome e-mail" : "Without welcome e-mail" }
  }

  private static func run(_ context: PageContext) async throws -> Response {
    let form = context.form
    var errors = UI.FormErrors()
    let welcome = Welcome(rawValue: form["access"])
    if welcome == nil { errors.byField["access"] = "Is required" }
    if form.plain("role").isEmpty { errors.byField["role"] = "Is required" }
    guard errors.isEmpty, let welcome, !choices(form).isEmpty else {
      return try await page(context, state: FormState(errors, form))
    }
    var outcomes: [BulkOutcome] = []
    for (index, choice) in choices(form).enumerated() {
      let request = Identity.UpdatePortalAccessRequest(
        name: choice.name, enabled: true, role: form.plain("role"), etag: choice.etag,
        withoutWelcomeMail: welcome == .without,
        requestID: form.text("request_id").map { "\($0)-\(index)" } ?? RequestID.make())
      outcomes.append(try await BulkOutcome(request, context))
    }
    return await shell(
      context, title: "Bulk operation", active: "/contacts", BulkOutcome.html(outcomes))
  }
}
