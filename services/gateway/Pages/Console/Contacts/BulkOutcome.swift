import PorticoAPI
import RPC

/// What came of a bulk operation for one contact.
struct BulkOutcome: Sendable {
  let contact: Identity.Contact
  /// Why it was refused; nil when it was done.
  let reason: String?

  /// Gives one contact access.
  ///
  /// - Throws: what would stop the next one as well: the password is wanted first.
  init(_ request: Identity.UpdatePortalAccessRequest, _ context: PageContext) async throws {
    let client = ContactsClient(context.caller)
    do {
      contact = try await client.updatePortalAccess(request)
      reason = nil
    } catch {
      let problem = Problem(error)
      guard !problem.wantsStepUp, problem.code != .cancelled else { throw error }
      let shown = await context.optional("contact", of: request.name) {
        try await client.getContact(.init(name: request.name), $0)
      }
      contact = shown ?? .init(name: request.name, displayName: request.name)
      reason = problem.detail.asSentence
    }
  }

  private var text: HTML {
    if let reason { return "\(reason)" }
    return contact.portalAccess?.passwordState == .invited
      ? "The welcome mail is on its way to \(contact.email)."
      : "No mail was sent. Send login lets this person in."
  }

  static func html(_ outcomes: [BulkOutcome]) -> HTML {
    let done = outcomes.filter { $0.reason == nil }.count
    let refused = outcomes.count - done
    let columns: [UI.Column<BulkOutcome>] = [
      .init("Contact", .title) { outcome in
        """
        <a href="/\(outcome.contact.name)?tab=access">\(outcome.contact.displayName)</a>\
        <div class="sub">\(outcome.contact.accountDisplayName)</div>
        """
      },
      .init("Outcome", .bare) { outcome in
        outcome.reason == nil
          ? UI.badge("Access given", tone: .success, icon: .check)
          : UI.badge("Refused", tone: .danger, icon: .alert)
      },
      .init("User name") { UI.text($0.contact.portalAccess?.userName ?? "") ?? UI.notSet },
      .init("What happened") { $0.text },
    ]
    let all = UI.linkButton("Back to the contacts", to: "/contacts", style: .primary)
    return """
      \(UI.pageHead("Bulk operation", crumbs: [("Contacts", "/contacts")], actions: [all]))
      \(UI.callout(
        refused == 0 ? .success : .warning,
        body: "<p>\(done) of \(outcomes.count) have portal access now; \(refused) refused.</p>"))
      \(UI.table(outcomes, caption: "What came of it", columns: columns))
      """
  }
}
