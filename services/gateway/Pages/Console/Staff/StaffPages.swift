import PorticoAPI
import RPC
import WellKnown

/// `/staff`: those who work here, their roles, and whether they may sign in.
enum StaffPages {
  static let routes: [PageRoute] =
    [
      .staff(.GET, "/staff", .usersRead) { context in try await list(context) },
      .staff(.GET, "/staff/new", .rolesWrite) { context in
        await newPage(context, state: .init())
      },
      .staff(.POST, "/staff/new", .rolesWrite, create),
      .staff(.GET, "/staff/{user}", .rolesWrite) { context in
        try await editPage(context, state: .init())
      },
      .staff(.POST, "/staff/{user}", .rolesWrite, update),
    ] + UserSessions.routes
  private static let paths = [
    "user_name", "first_name", "last_name", "email", "phone", "role", "disabled",
  ]

  // MARK: The list

  private static func list(_ context: PageContext) async throws -> Response {
    async let roles = context.roles(forCustomers: false)
    let answer = try await UsersClient(context.caller).listUsers(
      .init(pageSize: 50, pageToken: context.query["page_token"] ?? "", kind: .staff))
    return await shell(
      context, title: "Staff", active: "/staff", isWide: true,
      render(answer, await roles, context))
  }

  static func render(
    _ answer: Identity.ListUsersResponse, _ roles: [Identity.Role], _ context: PageContext
  ) -> HTML {
    let mayEdit = context.may(.rolesWrite)
    let actions =
      mayEdit
      ? [UI.linkButton("New member", to: "/staff/new", style: .primary, icon: .plus)] : []
    let columns: [UI.Column<Identity.User>] = [
      .init("Name", .title) { user in
        mayEdit
          ? "<a href=\"\(url(user))\">\(user.displayName)</a>" : "\(user.displayName)"
      },
      .init("User name") { "\($0.userName)" },
      .init("E-mail") { UI.text($0.email) ?? UI.notSet },
      .init("Security role") { user in
        UI.text(roles.first { $0.name == user.role }?.displayName ?? user.role) ?? UI.notSet
      },
      .init("State", .bare) { user in
        user.disabled
          ? UI.badge("Disabled", tone: .danger, icon: .lock) : UI.badge("Active", tone: .success)
      },
      .init("Since") { context.time($0.createTime, style: .day) ?? UI.notSet },
    ]
    let list: HTML =
      answer.users.isEmpty
      ? UI.emptyState(
        "Nobody yet", text: "Members of your staff appear here.", icon: .user,
        action: actions.first)
      : UI.table(answer.users, caption: "Staff", columns: columns, isMuted: \.disabled)
    return """
      \(UI.pageHead("Staff", actions: actions))
      \(list)
      \(UI.pages(context, count: answer.users.count, things: "members", next: answer.nextPageToken))
      """
  }

  /// `users/tomas` → `/staff/tomas`
  private static func url(_ user: Identity.User) -> SafeURL {
    "/staff/\(user.name.split(separator: "/").last.map(String.init) ?? "")"
  }

  // MARK: One member

  private static func newPage(_ context: PageContext, state: FormState) async -> Response {
    let roles = await context.roles(forCustomers: false)
    return await shell(
      context, title: "New member", active: "/staff", status: state.status,
      """
      \(UI.pageHead("New member of staff", crumbs: [("Staff", "/staff")]))
      <p>A mail with a link to set the password goes to the address below.</p>
      \(form(.init(), roles, context, state, action: "/staff/new"))
      """)
  }

  private static func editPage(
    _ context: PageContext, state: FormState
  ) async throws -> Response {
    async let roles = context.roles(forCustomers: false)
    let user = try await UsersClient(context.caller).getUser(
      .init(name: "users/\(context.path["user"])"))
    guard user.kind == .staff else { throw Status(.notFound, "there is no such member") }
    async let sessions = UserSessions.card(of: user.name, on: url(user), context)
    let meta: HTML =
      user.disabled ? UI.badge("Disabled", tone: .danger, icon: .lock) : .empty
    let form = form(user, await roles, context, state, action: url(user))
    return await shell(
      context, title: user.displayName, active: "/staff", status: state.status,
      """
      \(UI.pageHead(user.displayName, crumbs: [("Staff", "/staff")], meta: meta))
      \(UI.columns(main: UI.card("Details", body: form), aside: await sessions ?? .empty,
        asideLabel: "Where \(user.displayName) is logged in"))
      """)
  }

  static func form(
    _ user: Identity.User, _ roles: [Identity.Role], _ context: PageContext, _ state: FormState,
    action: SafeURL
  ) -> HTML {
    let texts: [(path: String, label: String, saved: String, type: UI.InputType, isOptional: Bool)]
    texts = [
      ("first_name", "First name", user.firstName, .text, true),
      ("last_name", "Last name", user.lastName, .text, true),
      ("user_name", "User name", user.userName, .text, false),
      ("email", "E-mail", user.email, .email, false), ("phone", "Phone", user.phone, .tel, true),
    ]
    let fields = texts.map { item in
      state.field("user.\(item.path)", item.label, isOptional: item.isOptional)
    }
    let controls = zip(texts, fields).html { item, field in
      UI.textField(
        field, value: state.text(field.name, item.saved), type: item.type, autocomplete: "off")
    }
    let role = state.field(
      "user.role", "Security role", hint: "You can give what you may do yourself, and no more.")
    var options = roles.map { UI.Option($0.name, $0.displayName) }
    if !user.role.isEmpty, !options.contains(where: { $0.value == user.role }) {
      options.append(.init(user.role, user.role))
    }
    let disabled = state.field(
      "disabled", "Disabled", hint: "Ends all sessions at once; nothing is deleted.")
    return UI.form(
      action: action, csrf: context.csrfToken, style: "form",
      body: """
        \(state.summary(fields + [role], reload: action))\(UI.hidden("etag", user.etag))\
        \(state.requestID)\(controls)\
        \(UI.select(role, options: options, selected: state.text(role.name, user.role)))\
        \(when: !user.name.isEmpty, UI.checkbox(disabled, isOn: state.isOn("disabled", user.disabled)))\
        <div class="form-foot">\(UI.button(user.name.isEmpty ? "Add member" : "Save"))\
        \(UI.linkButton("Cancel", to: "/staff", style: .ghost))</div>
        """)
  }

  private static func message(_ form: Form) -> Identity.User {
    .init(
      userName: form.plain("user.user_name"), firstName: form.plain("user.first_name"),
      lastName: form.plain("user.last_name"), email: form.plain("user.email"),
      phone: form.plain("user.phone"), role: form.plain("user.role"),
      disabled: form.isOn("disabled"), etag: form["etag"])
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    let form = context.form
    do {
      let user = try await UsersClient(context.caller).createUser(
        .init(user: message(form), requestID: form["request_id"]))
      return .redirect(
        to: "/staff",
        flash: .success("\(user.displayName) is added; the link is mailed to \(user.email)."))
    } catch {
      return await newPage(context, state: try FormState(error, form))
    }
  }

  @Sendable private static func update(_ context: PageContext) async throws -> Response {
    let form = context.form
    var user = message(form)
    user.name = "users/\(context.path["user"])"
    do {
      let saved = try await UsersClient(context.caller)
        .updateUser(.init(user: user, updateMask: .init(paths: paths)))
      return .redirect(to: "/staff", flash: .success("\(saved.displayName) is saved."))
    } catch {
      return try await editPage(context, state: try FormState(error, form))
    }
  }
}
