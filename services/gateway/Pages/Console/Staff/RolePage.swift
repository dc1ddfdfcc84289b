import PorticoAPI
import RPC
import WellKnown

/// `/roles/{role}`, `/roles/new?from=…`: what a role gives; copies of built-in ones can be changed.
enum RolePage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/{name=roles/*}", .rolesRead) { context in
      try await page(context, state: .init())
    },
    .staff(.POST, "/{name=roles/*}", .rolesWrite, update),
    .staff(.GET, "/{name=roles/*}/delete", .rolesWrite) { context in
      try await confirmPage(context, state: .init())
    },
    .staff(.POST, "/{name=roles/*}/delete", .rolesWrite, delete),
    .staff(.GET, "/roles/new", .rolesWrite) { context in
      try await newPage(context, state: .init())
    },
    .staff(.POST, "/roles/new", .rolesWrite, create),
  ]
  private static let crumbs: [(title: String, url: SafeURL)] = [("Security roles", "/roles")]

  private static func page(_ context: PageContext, state: FormState) async throws -> Response {
    let role = try await RolesClient(context.caller).getRole(.init(name: context.path["name"]))
    return await shell(
      context, title: role.displayName, active: "/roles", status: state.status,
      render(role, context, state))
  }

  static func render(
    _ role: Identity.Role, _ context: PageContext, _ state: FormState = .init()
  ) -> HTML {
    let url: SafeURL = "/\(role.name)"
    let mayWrite = context.may(.rolesWrite)
    var actions: [HTML] = []
    if mayWrite {
      actions.append(UI.linkButton("Copy", to: "/roles/new?from=\(role.name)", icon: .copy))
    }
    if mayWrite, !role.builtIn {
      actions.append(
        UI.linkButton("Delete", to: "\(url)/delete", style: .danger, icon: .trash))
    }
    let kind = UI.badge(role.forCustomers ? "For customers" : "For staff")
    let builtIn: HTML? = role.builtIn ? UI.badge("Built-in", icon: .lock) : nil
    let head = UI.pageHead(
      role.displayName, crumbs: crumbs, meta: "\(kind)\(builtIn)", actions: actions)
    guard mayWrite, !role.builtIn else {
      let note: HTML =
        role.builtIn
        ? UI.callout(
          .info, body: "<p>Built-in roles stay as they are. Copy this one to change it.</p>")
        : .empty
      return "\(head)\(note)\(UI.paragraphs(role.description))\(RoleGrants.view(role))"
    }
    return "\(head)\(form(role, context, state, action: url, isNew: false))"
  }

  private static func newPage(
    _ context: PageContext, state: FormState
  ) async throws -> Response {
    let source = context.form.text("from") ?? context.query["from"] ?? ""
    var role = Identity.Role()
    if !source.isEmpty {
      role = try await RolesClient(context.caller).getRole(.init(name: source))
      role.displayName = "Copy of \(role.displayName)"
    }
    return await shell(
      context, title: "New role", active: "/roles", status: state.status,
      """
      \(UI.pageHead("New role", crumbs: crumbs))
      \(form(role, context, state, action: "/roles/new", isNew: true, source: source))
      """)
  }

  static func form(
    _ role: Identity.Role, _ context: PageContext, _ state: FormState, action: SafeURL,
    isNew: Bool, source: String = ""
  ) -> HTML {
    let name = state.field("role.display_name", "Name")
    let description = state.field("role.description", "Description", isOptional: true)
    let customers = state.field(
      "for_customers", "For contacts of accounts",
      hint: "Such a role reaches no further than the account, and not into the provider's own work."
    )
    let quick = state.field("quick_tickets", "Short form for new tickets")
    return UI.form(
      action: action, csrf: context.csrfToken, style: "form",
      body: """
        \(state.summary([name, description], reload: action))\
        \(UI.hidden("etag", isNew ? "" : role.etag))\(state.requestID)\(UI.hidden("from", source))\
        \(UI.textField(name, value: state.text(name.name, role.displayName), limit: 100))\
        \(UI.textField(description, value: state.text(description.name, role.description)))\
        \(when: isNew, UI.checkbox(customers, isOn: state.isOn("for_customers", role.forCustomers)))\
        \(UI.checkbox(quick, isOn: state.isOn("quick_tickets", role.quickTickets)))\
        \(RoleGrants.form(isNew ? .init(grants: role.grants) : role, state))\
        <div class="form-foot">\(UI.button(isNew ? "Add role" : "Save"))\
        \(UI.linkButton("Cancel", to: "/roles", style: .ghost))</div>
        """)
  }

  private static func message(_ form: Form) -> Identity.Role {
    .init(
      displayName: form.plain("role.display_name"), description: form.plain("role.description"),
      grants: RoleGrants.grants(form), forCustomers: form.isOn("for_customers"),
      quickTickets: form.isOn("quick_tickets"), etag: form["etag"])
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    let form = context.form
    var role = message(form)
    role.etag = ""
    do {
      let saved = try await RolesClient(context.caller).createRole(
        .init(role: role, requestID: form["request_id"]))
      return .redirect(
        to: "/\(saved.name)", flash: .success("The role “\(saved.displayName)” is added."))
    } catch {
      return try await newPage(
        context, state: RoleGrants.explain(try FormState(error, form), form))
    }
  }

  @Sendable private static func update(_ context: PageContext) async throws -> Response {
    let form = context.form
    var role = message(form)
    role.name = context.path["name"]
    do {
      let saved = try await RolesClient(context.caller).updateRole(
        .init(
          role: role,
          updateMask: .init(paths: ["display_name", "description", "grants", "quick_tickets"])))
      return .redirect(
        to: "/\(saved.name)",
        flash: .success("The role is saved. Those who have it feel it at their next click."))
    } catch {
      return try await page(
        context, state: RoleGrants.explain(try FormState(error, form), form))
    }
  }

  // MARK: Deleting

  private static func confirmPage(
    _ context: PageContext, state: FormState
  ) async throws -> Response {
    let role = try await RolesClient(context.caller).getRole(.init(name: context.path["name"]))
    let url: SafeURL = "/\(role.name)/delete"
    return await shell(
      context, title: "Delete \(role.displayName)", active: "/roles", status: state.status,
      """
      \(UI.pageHead("Delete this role?", crumbs: crumbs))
      \(UI.form(action: url, csrf: context.csrfToken, style: "form", body: """
        \(state.summary([], reload: url))\(UI.hidden("etag", role.etag))\
        <p>The role <strong>\(role.displayName)</strong> can be deleted once nobody has it.</p>\
        <div class="form-foot">\(UI.button("Delete", style: .danger, icon: .trash))\
        \(UI.linkButton("Keep it", to: "/\(role.name)", style: .ghost))</div>
        """))
      """)
  }

  @Sendable private static func delete(_ context: PageContext) async throws -> Response {
    do {
      _ = try await RolesClient(context.caller).deleteRole(
        .init(name: context.path["name"], etag: context.form["etag"]))
      return .redirect(to: "/roles", flash: .success("The role is deleted."))
    } catch {
      return try await confirmPage(context, state: try FormState(error, context.form))
    }
  }
}
