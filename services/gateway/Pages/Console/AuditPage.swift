import Foundation
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
        UI.table(
          answer.auditEntries, caption: "Audit log", columns: columns(context), hasLongCells: true)
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
          ? nil : "<div class=\"sub\">by \(UI.breakable(entry.onBehalfOf))</div>"
        return "\(UI.breakable(name))\(other)"
      },
      .init("About") { entry in
        entry.resource.isEmpty
          ? UI.notSet
          : UI.link(entry.resource, to: "/audit?resource=\(entry.resource)", isQuiet: true)
      },
      .init("Changed") { changes($0) },
    ]
  }

  /// `state: new → open`, one line for each value that changed.
  static func changes(_ entry: Identity.AuditEntry) -> HTML {
    guard let before = values(entry.before), let after = values(entry.after) else {
      // Kept as it was recorded, where it is not the values of fields.
      return "<div class=\"sub\">\(UI.breakable(entry.before)) → \(UI.breakable(entry.after))</div>"
    }
    let names = Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
    guard !names.isEmpty else { return UI.notSet }
    return names.html { name in
      let old: HTML? = before[name].flatMap { $0.isEmpty ? nil : "\(UI.breakable($0)) → " }
      let new = after[name] ?? ""
      return "<div class=\"sub\">\(name): \(old)\(UI.breakable(new.isEmpty ? "none" : new))</div>"
    }
  }

  /// The recorded values; nothing recorded is none. Nil for a text of another form.
  private static func values(_ text: String) -> [String: String]? {
    guard !text.isEmpty else { return [:] }
    do { return try JSONDecoder().decode([String: String].self, from: Data(text.utf8)) } catch {
      return nil
    }
  }
}
