import PorticoAPI
import RPC
import WellKnown

/// `/contacts/new?account=…`: a contact without portal access; giving access is the next step.
enum NewContactPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/contacts/new", .contactsWrite) { context in
      try await page(context, state: .init())
    },
    .staff(.POST, "/contacts/new", .contactsWrite, create),
  ]

  private static func page(_ context: PageContext, state: FormState) async throws -> Response {
    let accounts = await context.accounts()
    return await shell(
      context, title: "New contact", active: "/contacts", status: state.status,
      render(context, state, accounts: accounts))
  }

  static func render(
    _ context: PageContext, _ state: FormState, accounts: [Identity.Account]
  ) -> HTML {
    let parent = state.field("parent", "Account")
    let fields = ContactForm(contact: .init(), sites: nil, state: state, context: context).controls
    let form: HTML = """
      \(state.summary([parent] + fields.map(\.field), reload: "/contacts/new"))\(state.requestID)\
      \(UI.select(
        parent, options: accounts.map { .init($0.name, $0.displayName) },
        selected: state.text("parent", context.query["account"] ?? "")))\
      \(fields.html(\.html))\
      <div class="form-foot">\(UI.button("Add contact"))\
      \(UI.linkButton("Cancel", to: "/contacts", style: .ghost))</div>
      """
    return """
      \(UI.pageHead("New contact", crumbs: [("Contacts", "/contacts")]))
      \(UI.form(action: "/contacts/new", csrf: context.csrfToken, style: "form", body: form))
      """
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    let form = context.form
    guard let parent = form.text("parent") else {
      return try await page(
        context, state: FormState(.init("parent", "Choose an account"), form))
    }
    do {
      let contact = try await ContactsClient(context.caller).createContact(
        .init(
          parent: parent, contact: ContactForm.message(form), requestID: form["request_id"]))
      return .redirect(
        to: "/\(contact.name)?tab=access",
        flash: .success("\(contact.displayName) is added. Here you can give portal access."))
    } catch {
      return try await page(context, state: try FormState(error, form))
    }
  }
}
