import Handling
import PorticoAPI
import RPC
import WellKnown

/// `/settings/catalog/{entry}`: renames, ranks and retires one value of the catalogue.
enum CatalogEntryPage {
  static func page(_ context: PageContext, state: FormState) async throws -> Response {
    let name = "catalogEntries/\(context.path["entry"])"
    let entries = try await CatalogClient(context.caller)
      .listCatalogEntries(.init(includeRetired: true)).catalogEntries
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw Status(.notFound, "there is no such entry")
    }
    return await shell(
      context, title: entry.displayName, active: "/settings/catalog", status: state.status,
      render(entry, context, state))
  }

  static func render(
    _ entry: Ticketing.CatalogEntry, _ context: PageContext, _ state: FormState = .init()
  ) -> HTML {
    let kind = CatalogPage.kinds.first { $0.kind == entry.kind } ?? CatalogPage.kinds[0]
    let list: SafeURL = "/settings/catalog?kind=\(kind.value)"
    let url = CatalogPage.url(entry)
    let name = state.field(
      "catalog_entry.display_name", "Name", hint: "Tickets that have it show the new name.")
    let rank = state.field("catalog_entry.rank", "Rank", isOptional: true)
    let retired = state.field(
      "retired", "Retired", hint: "Kept for old tickets, not offered for new ones.")
    return """
      \(UI.pageHead(entry.displayName, crumbs: [("Catalogue", "/settings/catalog"), (kind.title, list)]))
      \(UI.form(action: url, csrf: context.csrfToken, style: "form", body: """
        \(state.summary([name, rank], reload: url))\(UI.hidden("etag", entry.etag))\
        \(UI.hidden("kind", kind.value))\
        \(UI.textField(name, value: state.text(name.name, entry.displayName), limit: 100))\
        \(UI.textField(
          rank, value: state.text(rank.name, String(entry.rank)), type: .number, isShort: true))\
        \(UI.checkbox(
          state.field("is_default", "Taken when a ticket names none"),
          isOn: state.isOn("is_default", entry.isDefault)))\
        \(UI.checkbox(retired, isOn: state.isOn("retired", entry.retired)))\
        <div class="form-foot">\(UI.button("Save"))\(UI.linkButton("Cancel", to: list, style: .ghost))</div>
        """))
      """
  }

  /// 0 when nothing was typed; throws for what is no whole number.
  static func rank(_ form: Form) throws -> Int32 {
    guard let typed = form.text("catalog_entry.rank") else { return 0 }
    guard let rank = Int32(typed) else {
      throw Status.invalid("catalog_entry.rank", "must be a whole number")
    }
    return rank
  }

  @Sendable static func save(_ context: PageContext) async throws -> Response {
    let form = context.form
    do {
      let entry = try await CatalogClient(context.caller).updateCatalogEntry(
        .init(
          catalogEntry: .init(
            name: "catalogEntries/\(context.path["entry"])",
            displayName: form.plain("catalog_entry.display_name"), rank: try rank(form),
            isDefault: form.isOn("is_default"), retired: form.isOn("retired"),
            etag: form["etag"]),
          updateMask: .init(paths: ["display_name", "rank", "is_default", "retired"])))
      return .redirect(
        to: "/settings/catalog?kind=\(CatalogPage.kind(form["kind"]).value)",
        flash: .success("“\(entry.displayName)” is saved."))
    } catch {
      return try await page(context, state: try FormState(error, form))
    }
  }
}
