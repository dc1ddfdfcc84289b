import PorticoAPI
import RPC
import Values
import WellKnown

/// The Client Portal Access tab: Yes or No, user name, security role (S-002..S-007), the state of the mailed link,
/// and sending the login again (S-232).
struct PortalAccessTab {
  let contact: Identity.Contact
  let roles: [Identity.Role]
  let state: FormState
  let context: PageContext
  /// Where the contact is logged in, for those who may end it.
  var sessions: HTML?

  private var access: Identity.PortalAccess { contact.portalAccess ?? .init() }
  private var url: SafeURL { "/\(contact.name)?tab=access" }

  var html: HTML {
    let cards: HTML =
      "\(UI.card("State", body: facts))\(when: context.may(.contactsWrite), sendLogin)\(sessions)"
    guard context.may(.contactsWrite) else { return cards }
    return UI.columns(
      main: UI.card("Client Portal Access", body: form), aside: cards,
      asideLabel: "State of the portal access")
  }

  private var form: HTML {
    let enabled = state.field("enabled", "Client portal access")
    let name = state.field(
      "user_name", "User name", hint: "Left empty, it is the e-mail address.", isOptional: true)
    let role = state.field(
      "role", "Security role", hint: "What this person sees and may do in the portal.")
    let mail = state.field(
      "without_welcome_mail", "Do not send the welcome mail",
      hint: "Use Send login later; without a link nobody can set the password.")
    var options = roles.map { UI.Option($0.name, $0.displayName, hint: $0.description) }
    if !access.role.isEmpty, !options.contains(where: { $0.value == access.role }) {
      options.append(.init(access.role, access.roleDisplayName))
    }
    let isNew = !access.enabled
    return UI.form(
      action: "/\(contact.name):updatePortalAccess", csrf: context.csrfToken, style: "form",
      body: """
        \(state.summary([enabled, name, role], reload: url))\
        \(UI.hidden("etag", contact.etag))\(state.requestID)\
        \(UI.radioGroup(
          enabled, options: [.init("yes", "Yes"), .init("no", "No")],
          selected: state.text("enabled", access.enabled ? "yes" : "no"), isInline: true))\
        \(UI.textField(
          name, value: state.text("user_name", access.userName), autocomplete: "off"))\
        \(UI.select(role, options: options, selected: state.text("role", access.role)))\
        \(when: isNew, UI.checkbox(mail, isOn: state.isOn("without_welcome_mail")))\
        \(when: isNew, "<p class=\"quiet\">Saved with Yes, a mail with a link goes to \(contact.email). The link sets the password and works for 24 hours.</p>")\
        <div class="form-foot">\(UI.button("Save"))</div>
        """)
  }

  private var facts: HTML {
    UI.descriptionList([
      ("Access", Self.badge(contact.portalAccess)),
      ("User name", UI.text(access.userName)),
      ("Security role", UI.text(access.roleDisplayName)),
      ("Password", passwordState),
      ("Link works until", context.time(access.linkExpireTime, style: .absolute)),
      ("Last sign-in", context.time(access.lastSignInTime, style: .absolute)),
    ])
  }

  private var passwordState: HTML? {
    switch access.passwordState {
    case .set: "Set"
    case .invited: "Link sent, not used yet"
    case .expired: "The link ran out unused"
    default: nil
    }
  }

  private var sendLogin: HTML {
    guard access.enabled else { return .empty }
    let text: HTML = """
      <p>Ends every session of \(contact.displayName), voids the password and mails a new link to \
      \(contact.email).</p>
      """
    return UI.card(
      "Send login",
      body: UI.form(
        action: "/\(contact.name):sendLogin", csrf: context.csrfToken, style: "form",
        body: """
          \(text)\(UI.hidden("request_id", RequestID.make()))\
          \(UI.actions([UI.button("Send login", style: .secondary, icon: .mail)]))
          """))
  }

  /// Whether somebody can sign in, as lists and heads show it.
  static func badge(_ access: Identity.PortalAccess?) -> HTML {
    guard let access, access.enabled else { return UI.badge("No portal access") }
    return switch access.passwordState {
    case .invited: UI.badge("Invited", tone: .warning, icon: .mail)
    case .expired: UI.badge("Link ran out", tone: .danger, icon: .alert)
    case .set: UI.badge("Portal access", tone: .success, icon: .check)
    default: UI.badge("Portal access, no link sent", tone: .warning)
    }
  }
}

enum PortalAccessActions {
  @Sendable static func save(_ context: PageContext) async throws -> Response {
    let form = context.form
    let name = context.path["name"]
    let isOn = form["enabled"] == "yes"
    do {
      let contact = try await ContactsClient(context.caller).updatePortalAccess(
        .init(
          name: name, enabled: isOn, userName: form.plain("user_name"), role: form.plain("role"),
          etag: form["etag"], withoutWelcomeMail: form.isOn("without_welcome_mail"),
          requestID: form["request_id"]))
      let who = contact.displayName
      let done =
        !isOn
        ? "\(who) has no access to the portal any more."
        : contact.portalAccess?.passwordState == .invited
          ? "\(who) has portal access. The link is mailed to \(contact.email)."
          : "The portal access of \(who) is saved."
      return .redirect(to: "/\(name)?tab=access", flash: .success(done))
    } catch {
      return try await ContactPage.page(
        context, tab: .access, state: try FormState(error, form))
    }
  }

  @Sendable static func sendLogin(_ context: PageContext) async throws -> Response {
    let name = context.path["name"]
    do {
      let contact = try await ContactsClient(context.caller).sendLogin(
        .init(name: name, requestID: context.form["request_id"]))
      return .redirect(
        to: "/\(name)?tab=access",
        flash: .success("A new link is mailed to \(contact.email)."))
    } catch {
      let state = try FormState(error, Form())
      return .redirect(
        to: "/\(name)?tab=access", flash: .failure(state.reasons))
    }
  }
}
