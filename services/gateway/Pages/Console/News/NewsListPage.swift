import PorticoAPI
import RPC
import Values
import WellKnown

/// `/news/manage`: all news, drafts and scheduled ones too, for those who write them.
enum NewsListPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/news/manage", .contentWrite) { context in
      let answer = try await NewsClient(context.caller).listNews(
        .init(
          pageSize: 50, pageToken: context.query["page_token"] ?? "", includeUnpublished: true))
      return await shell(
        context, title: "Edit news", active: "/news/manage", isWide: true, render(answer, context))
    }
  ]

  static func render(_ answer: Cms.ListNewsResponse, _ context: PageContext) -> HTML {
    let add = UI.linkButton("New item", to: "/news/new", style: .primary, icon: .plus)
    let list: HTML =
      answer.news.isEmpty
      ? UI.emptyState(
        "No news yet", text: "What you write here appears on the customers' home page.",
        icon: .news, action: add)
      : UI.table(answer.news, caption: "News", columns: columns(context))
    return """
      \(UI.pageHead("Edit news", actions: [add]))
      \(list)
      \(UI.pages(context, count: answer.news.count, things: "items", next: answer.nextPageToken))
      """
  }

  private static func columns(_ context: PageContext) -> [UI.Column<Cms.NewsItem>] {
    [
      .init("Title", .title) { item in
        """
        <a href="/\(item.name)/edit">\(item.title)</a>\
        \(when: !item.summary.isEmpty, "<div class=\"sub\">\(item.summary)</div>")
        """
      },
      .init("State", .bare) { item in
        "\(state(item, now: context.now))\(when: item.pinned, " \(UI.badge("Pinned"))")"
      },
      .init("Author") { UI.text($0.authorDisplayName) ?? UI.notSet },
      .init("Published") { context.time($0.publishTime, style: .absolute) ?? UI.notSet },
      .init("Last change") { context.time($0.updateTime) ?? UI.notSet },
      .init("Delete", .bare) { item in
        UI.link("Delete", to: "/\(item.name)/delete", icon: .trash, isQuiet: true)
      },
    ]
  }

  static func state(_ item: Cms.NewsItem, now: Instant) -> HTML {
    guard let published = Instant(item.publishTime) else { return UI.badge("Draft") }
    return published > now
      ? UI.badge("Scheduled", tone: .info, icon: .clock)
      : UI.badge("Published", tone: .success, icon: .check)
  }
}
