import PorticoAPI
import RPC
import WellKnown

/// `/roles`: the security roles, built-in ones first.
enum RoleListPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/roles", .rolesRead) { context in
      let answer = try await RolesClient(context.caller).listRoles(
        .init(pageSize: 100, pageToken: context.query["page_token"] ?? ""))
      return await shell(
        context, title: "Security roles", active: "/roles", isWide: true, render(answer, context))
    }
  ]

  static func render(_ answer: Identity.ListRolesResponse, _ context: PageContext) -> HTML {
    let mayWrite = context.may(.rolesWrite)
    let actions =
      mayWrite ? [UI.linkButton("New role", to: "/roles/new", style: .primary, icon: .plus)] : []
    var columns: [UI.Column<Identity.Role>] = [
      .init("Name", .title) { role in
        """
        <a href="/\(role.name)">\(role.displayName)</a>\
        \(when: !role.description.isEmpty, "<div class=\"sub\">\(role.description)</div>")
        """
      },
      .init("For") { $0.forCustomers ? "Customers" : "Staff" },
      .init("Permissions", .number) { "\($0.grants.count)" },
      .init("Kind", .bare) { $0.builtIn ? UI.badge("Built-in", icon: .lock) : .empty },
    ]
    if mayWrite {
      columns.append(
        .init("Copy", .bare) { role in
          UI.link("Copy", to: "/roles/new?from=\(role.name)", icon: .copy, isQuiet: true)
        })
    }
    return """
      \(UI.pageHead("Security roles", actions: actions))
      \(UI.table(answer.roles, caption: "Security roles", columns: columns))
      \(UI.pages(context, count: answer.roles.count, things: "roles", next: answer.nextPageToken))
      """
  }
}
