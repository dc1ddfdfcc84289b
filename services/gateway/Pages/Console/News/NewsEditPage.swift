import Handling
import PorticoAPI
import RPC
import Values
import WellKnown

/// `/news/new`, `/news/{news}/edit` and `/news/{news}/delete`.
enum NewsEditPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/news/new", .contentWrite) { context in
      await newPage(context, state: .init())
    },
    .staff(.POST, "/news/new", .contentWrite, create),
    .staff(.GET, "/{name=news/*}/edit", .contentWrite) { context in
      try await editPage(context, state: .init())
    },
    .staff(.POST, "/{name=news/*}/edit", .contentWrite, update),
    .staff(.GET, "/{name=news/*}/delete", .contentWrite) { context in
      try await confirmPage(context, state: .init())
    },
    .staff(.POST, "/{name=news/*}/delete", .contentWrite, delete),
  ]

  private static func newPage(_ context: PageContext, state: FormState) async -> Response {
    await shell(
      context, title: "New item", active: "/news/manage", status: state.status,
      """
      \(UI.pageHead("New item", crumbs: [("Edit news", "/news/manage")]))
      \(form(.init(), context, state, action: "/news/new"))
      """)
  }

  private static func editPage(
    _ context: PageContext, state: FormState
  ) async throws -> Response {
    let item = try await NewsClient(context.caller).getNewsItem(
      .init(name: context.path["name"]))
    let remove = UI.linkButton(
      "Delete", to: "/\(item.name)/delete", style: .secondary, icon: .trash)
    return await shell(
      context, title: "Edit \(item.title)", active: "/news/manage", status: state.status,
      """
      \(UI.pageHead(
        item.title, crumbs: [("Edit news", "/news/manage")],
        meta: NewsListPage.state(item, now: context.now), actions: [remove]))
      \(form(item, context, state, action: "/\(item.name)/edit"))
      """)
  }

  static func form(
    _ item: Cms.NewsItem, _ context: PageContext, _ state: FormState, action: SafeURL
  ) -> HTML {
    let title = state.field("news_item.title", "Title")
    let summary = state.field(
      "news_item.summary", "Summary", hint: "One or two sentences for the home page.",
      isOptional: true)
    let body = state.field(
      "news_item.body", "Text", hint: "An empty line begins a new paragraph.", isOptional: true)
    let when = state.field(
      "news_item.publish_time", "Customers see it from",
      hint: "Left empty, it is published now. \(LocalTime.hint(context.zone))", isOptional: true)
    let pinned = state.field("pinned", "Pin it to the top")
    let published = LocalTime.text(item.publishTime, in: context.zone)
    // Customers see it, or will: saving publishes nothing new.
    let isOut = item.publishTime != nil
    return UI.form(
      action: action, csrf: context.csrfToken, draft: "news-\(item.name)", style: "form",
      body: """
        \(state.summary([title, summary, body, when], reload: action))\
        \(UI.hidden("etag", item.etag))\(state.requestID)\
        \(UI.textField(title, value: state.text(title.name, item.title), limit: 200))\
        \(UI.textArea(summary, value: state.text(summary.name, item.summary), rows: 2))\
        \(UI.textArea(body, value: state.text(body.name, item.body), rows: 12))\
        \(UI.textField(when, value: state.text(when.name, published), type: .dateTime))\
        \(UI.checkbox(pinned, isOn: state.isOn("pinned", item.pinned)))\
        <div class="form-foot">\(UI.button(isOut ? "Save" : "Publish", name: "as", value: "published"))\
        \(UI.button(isOut ? "Take back to draft" : "Save as draft", style: .secondary, name: "as", value: "draft"))\
        \(UI.linkButton("Cancel", to: "/news/manage", style: .ghost))</div>
        """)
  }

  /// The item as typed; throws for a time that is none.
  static func message(
    _ form: Form, _ context: PageContext
  ) throws -> Cms.NewsItem {
    var item = Cms.NewsItem(
      title: form.plain("news_item.title"),
      summary: form.plain("news_item.summary").unixLines,
      body: form.plain("news_item.body").unixLines, etag: form["etag"],
      pinned: form.isOn("pinned"))
    guard form["as"] != "draft" else { return item }
    guard let typed = form.text("news_item.publish_time") else {
      item.publishTime = .init(context.now)
      return item
    }
    guard let instant = LocalTime.instant(typed, in: context.zone) else {
      throw Status.invalid("news_item.publish_time", "must be a date and a time")
    }
    item.publishTime = .init(instant)
    return item
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    let form = context.form
    do {
      let item = try await NewsClient(context.caller).createNewsItem(
        .init(newsItem: try message(form, context), requestID: form["request_id"]))
      return .redirect(
        to: "/news/manage", flash: .success("“\(item.title)” is saved."))
    } catch {
      return await newPage(context, state: try FormState(error, form))
    }
  }

  @Sendable private static func update(_ context: PageContext) async throws -> Response {
    let form = context.form
    do {
      var item = try message(form, context)
      item.name = context.path["name"]
      let saved = try await NewsClient(context.caller).updateNewsItem(
        .init(
          newsItem: item,
          updateMask: .init(paths: ["title", "summary", "body", "publish_time", "pinned"])))
      return .redirect(
        to: "/news/manage", flash: .success("“\(saved.title)” is saved."))
    } catch {
      return try await editPage(context, state: try FormState(error, form))
    }
  }

  // MARK: Deleting

  private static func confirmPage(
    _ context: PageContext, state: FormState
  ) async throws -> Response {
    let item = try await NewsClient(context.caller).getNewsItem(
      .init(name: context.path["name"]))
    let url: SafeURL = "/\(item.name)/delete"
    return await shell(
      context, title: "Delete \(item.title)", active: "/news/manage", status: state.status,
      """
      \(UI.pageHead("Delete this item?", crumbs: [("Edit news", "/news/manage")]))
      \(UI.form(action: url, csrf: context.csrfToken, style: "form", body: """
        \(state.summary([], reload: url))\(UI.hidden("etag", item.etag))\
        <p><strong>\(item.title)</strong> disappears for everybody. This cannot be undone.</p>\
        <div class="form-foot">\(UI.button("Delete", style: .danger, icon: .trash))\
        \(UI.linkButton("Keep it", to: "/news/manage", style: .ghost))</div>
        """))
      """)
  }

  @Sendable private static func delete(_ context: PageContext) async throws -> Response {
    do {
      _ = try await NewsClient(context.caller).deleteNewsItem(
        .init(name: context.path["name"], etag: context.form["etag"]))
      return .redirect(to: "/news/manage", flash: .success("The item is deleted."))
    } catch {
      return try await confirmPage(context, state: try FormState(error, context.form))
    }
  }
}
