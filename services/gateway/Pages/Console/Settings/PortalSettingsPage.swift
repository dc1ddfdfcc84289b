import PorticoAPI
import RPC
import WellKnown

/// `/settings/portal`: the portal's name and face, whether it is open, whom customers can turn to.
enum PortalSettingsPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/settings/portal", .settingsRead) { context in
      try await page(context, state: .init())
    },
    .staff(.POST, "/settings/portal", .settingsWrite, save),
  ]
  private static let url: SafeURL = "/settings/portal"
  private static let root = "portal_settings"
  /// What the form has. Who may sign up by themselves is not among it: the portal has no sign-up yet, and a switch that does
  /// nothing would be taken for one that does.
  private static let shown = [
    "active", "portal_name", "contact_email", "contact_phone", "brand_color", "social_links",
  ]

  private static func page(_ context: PageContext, state: FormState) async throws -> Response {
    let settings = try await PortalsClient(context.caller).getPortalSettings(.init())
    return await shell(
      context, title: "Portal settings", active: "/settings/portal", status: state.status,
      render(settings, context, state))
  }

  static func render(
    _ settings: Identity.PortalSettings, _ context: PageContext, _ state: FormState = .init()
  ) -> HTML {
    let isReadOnly = !context.may(.settingsWrite)
    func field(_ name: String, _ label: String, hint: String? = nil) -> UI.Field {
      state.field(
        "\(root).\(name)", label, hint: hint, isOptional: true, isDisabled: isReadOnly)
    }
    let name = field("portal_name", "Name of the portal")
    let email = field("contact_email", "E-mail for customers")
    let phone = field("contact_phone", "Phone for customers")
    let color = field(
      "brand_color", "Brand colour", hint: "Such as #2f6f4f. Empty: the built-in one.")
    let links = field(
      "social_links", "Links",
      hint: "One a line: the network and an https address, such as “linkedin https://…”.")
    let active = state.field(
      "active", "The portal is open", hint: "Closed, customers are logged out and cannot log in.",
      isDisabled: isReadOnly)
    let linkText = settings.socialLinks.map { "\($0.network) \($0.url)" }.joined(separator: "\n")
    let body: HTML = """
      \(state.summary([name, email, phone, color, links], reload: url))\
      \(UI.hidden("etag", settings.etag))\
      \(UI.checkbox(active, isOn: state.isOn("active", settings.active)))\
      \(UI.textField(name, value: state.text(name.name, settings.portalName), limit: 100))\
      \(UI.textField(email, value: state.text(email.name, settings.contactEmail), type: .email))\
      \(UI.textField(phone, value: state.text(phone.name, settings.contactPhone), type: .tel))\
      \(UI.textField(color, value: state.text(color.name, settings.brandColor), isShort: true))\
      \(UI.textArea(links, value: state.text(links.name, linkText), rows: 3))\
      \(when: !isReadOnly, "<div class=\"form-foot\">\(UI.button("Save"))</div>")
      """
    return """
      \(UI.pageHead("Portal settings", meta: settings.portalURL.isEmpty ? .empty : UI.copyable(settings.portalURL)))
      \(UI.form(action: url, csrf: context.csrfToken, style: "form", body: body))
      """
  }

  /// What a text area of links says: a network and an address on each line.
  static func links(_ form: Form) -> [Identity.SocialLink] {
    form.lines("\(root).social_links").map { line in
      let parts = line.split(separator: " ", maxSplits: 1).map { String(Substring($0).trimmed) }
      return parts.count == 2
        ? .init(network: parts[0].lowercased(), url: parts[1])
        : .init(network: "website", url: line)
    }
  }

  @Sendable private static func save(_ context: PageContext) async throws -> Response {
    let form = context.form
    let settings = Identity.PortalSettings(
      active: form.isOn("active"), portalName: form.plain("\(root).portal_name"),
      contactEmail: form.plain("\(root).contact_email"),
      contactPhone: form.plain("\(root).contact_phone"),
      brandColor: form.plain("\(root).brand_color"), socialLinks: links(form),
      etag: form["etag"])
    do {
      _ = try await PortalsClient(context.caller)
        .updatePortalSettings(.init(portalSettings: settings, updateMask: .init(paths: shown)))
      return .redirect(
        to: "/settings/portal",
        flash: .success("The settings are saved. Pages follow within a minute."))
    } catch {
      return try await page(
        context, state: try FormState(error, form).gathering(["\(root).social_links"]))
    }
  }
}
