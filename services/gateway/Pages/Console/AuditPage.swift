import PorticoAPI
import RPC
import WellKnown

/// `/audit?resource=…`: who did what, the latest first.
enum AuditPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/audit", .auditRead) { context in
      let answer = try await AuditLogClient(context.caller).listAuditEntries(
        .init(
          pageSize: 50, pageToken: context.query["page_token"] ?? "",
          resource: context.query["resource"] ?? ""))
      return await shell(
        context, title: "Audit log", active: "/audit", isWide: true, render(answer, context))
    }
  ]

  static func render(_ answer: Identity.ListAuditEntriesResponse, _ context: PageContext) -> HTML {
    let resource = context.query["resource"] ?? ""
    let list: HTML =
      if !answer.auditEntries.isEmpty {
        UI.table(answer.auditEntries, caption: "Audit log", columns: columns(context))
      } else if !resource.isEmpty {
        UI.noMatch("entries", clear: "/audit")
      } else {
        UI.emptyState("Nothing recorded yet", text: "Changes appear here.", icon: .clock)
      }
    let chips: [UI.FilterChip] =
      resource.isEmpty
      ? [] : [.init(text: resource, removeURL: context.link("resource", nil))]
    return """
      \(UI.pageHead("Audit log"))
      \(UI.filterBar(
        action: "/audit",
        search: UI.searchField("Only about a resource", name: "resource", value: resource, placeholder: "accounts/…"),
        chips: chips))
      \(list)
      \(UI.pages(context, count: answer.auditEntries.count, things: "entries", next: answer.nextPageToken))
      """
  }

  private static func columns(_ context: PageContext) -> [UI.Column<Identity.AuditEntry>] {
    [
      .init("Action", .title) { "<code>\($0.action)</code>" },
      .init("When") { context.time($0.time, style: .absolute) ?? UI.notSet },
      .init("Who") { entry in
        let name = entry.actorDisplayName.isEmpty ? entry.actor : entry.actorDisplayName
        let other: HTML? =
          entry.onBehalfOf.isEmpty
          ? nil : "<div class=\"sub\">by \(entry.onBehalfOf)</div>"
        return "\(name)\(other)"
      },
      .init("About") { entry in
        entry.resource.isEmpty
          ? UI.notSet
          : UI.link(entry.resource, to: "/audit?resource=\(entry.resource)", isQuiet: true)
      },
      .init("Before") { value($0.before) },
      .init("After") { value($0.after) },
    ]
  }

  private static func value(_ text: String) -> HTML {
    text.isEmpty || text == "{}" ? UI.notSet : "<code>\(text)</code>"
  }
}
