import NIOHTTP1
import PorticoAPI
import RPC
import WellKnown

/// `/messages/new`: starts a conversation (S-155). A customer writes to the provider, staff to one contact.
enum NewMessagePage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/messages/new") { context in try await page(context) },
    PageRoute(.POST, "/messages/new", create),
  ]

  private static let fieldNames = [
    "conversation.subject": "subject", "conversation.contact": "contact",
  ]

  private static func page(
    _ context: PageContext, errors: UI.FormErrors = .init()
  ) async throws -> Response {
    guard context.may(.messagesWrite) else {
      throw Status(.permissionDenied, "you may not do this", because: "no grant to write messages")
    }
    let isStaff = context.principal?.isStaff ?? false
    var account = context.currentAccount
    let body: HTML
    if isStaff { account = context.form.text("account") ?? context.query["account"] }
    if let account {
      let contacts = isStaff ? await NewTicketChoices.contacts(account, context) : []
      body = form(context, account: account, contacts: isStaff ? contacts : nil, errors: errors)
    } else {
      body = AccountPicker.html(
        "/messages/new", await NewTicketChoices.accounts(context), selected: nil)
    }
    return await shell(
      context, title: "New message", active: "/messages",
      status: errors.isEmpty ? .ok : .unprocessableEntity,
      "\(UI.pageHead("New message", crumbs: [("Messages", "/messages")]))\(body)")
  }

  /// - contacts: whom staff can write to; nil for customers.
  static func form(
    _ context: PageContext, account: String, contacts: [UI.Option]?, errors: UI.FormErrors
  ) -> HTML {
    let to = UI.Field("contact", "To", error: errors["contact"])
    let subject = UI.Field("subject", "Subject", error: errors["subject"])
    let body = UI.Field("body", "Message", error: errors["body"])
    let selected = context.form.text("contact") ?? context.query["contact"]
    return UI.form(
      action: "/messages/new", csrf: context.csrfToken, draft: "message-new", style: "form",
      body: """
        \(context.requestIDField)\(UI.hidden("account", account))\
        \(UI.errorSummary(errors, fields: [to, subject, body]))\
        \(contacts.map { UI.select(to, options: $0, selected: selected) })\
        \(UI.textField(subject, value: context.form["subject"], limit: 200))\
        \(UI.textArea(body, value: context.form["body"], rows: 8, limit: 20_000))\
        <div class="form-foot">\(UI.button("Send", icon: .paperPlane))\
        \(UI.linkButton("Cancel", to: "/messages", style: .ghost))</div>
        """)
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    do {
      let conversation = try await ConversationsClient(context.caller).createConversation(
        .init(
          parent: context.form["account"],
          conversation: .init(subject: context.form["subject"], contact: context.form["contact"]),
          body: context.form["body"].replacing("\r\n", with: "\n"),
          requestID: context.form["request_id"]))
      return .redirect(to: "/\(conversation.name)", flash: .success("Sent."))
    } catch {
      guard let errors = UI.FormErrors(error, renaming: fieldNames) else { throw error }
      return try await page(context, errors: errors)
    }
  }
}
