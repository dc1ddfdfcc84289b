import PorticoAPI
import RPC
import WellKnown

/// `/news` and `/news/{news}`: the company's news (S-081).
enum NewsPages {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/news") { context in
      let answer = try await NewsClient(context.caller).listNews(
        .init(pageSize: 20, pageToken: context.query["page_token"] ?? ""))
      return await shell(context, title: "News", active: "/news", list(answer, context))
    },
    PageRoute(.GET, "/{name=news/*}") { context in
      let item = try await NewsClient(context.caller).getNewsItem(
        .init(name: context.path["name"]))
      return await shell(context, title: item.title, active: "/news", article(item, context))
    },
  ]

  static func list(_ answer: Cms.ListNewsResponse, _ context: PageContext) -> HTML {
    let rows = answer.news.map { item in
      UI.tileRow(
        item.title, to: "/\(item.name)",
        detail: teaser(item, context),
        trailing: item.pinned ? UI.badge("Pinned", tone: .accent) : .empty)
    }
    let empty = UI.emptyState("No news", text: "Announcements appear here.", icon: .news)
    return """
      \(UI.pageHead("News"))
      \(UI.live("list", on: ["news."], """
        \(when: rows.isEmpty, empty)\(when: !rows.isEmpty, UI.card(body: UI.tileList(rows)))
        """))
      \(UI.pages(context, count: rows.count, things: "items", next: answer.nextPageToken))
      """
  }

  /// The day, and below it what it is about.
  static func teaser(_ item: Cms.NewsItem, _ context: PageContext) -> HTML {
    let day = context.time(item.publishTime, style: .day) ?? "not published"
    return item.summary.isEmpty ? day : "\(day)<br>\(item.summary)"
  }

  static func article(_ item: Cms.NewsItem, _ context: PageContext) -> HTML {
    let meta = UI.facts([
      context.time(item.publishTime, style: .absolute) ?? "not published",
      "\(item.authorDisplayName)",
    ])
    return """
      \(UI.pageHead(item.title, crumbs: [("News", "/news")], meta: meta))
      \(UI.card(body: """
        <article class="prose">\(when: !item.summary.isEmpty, "<p><strong>\(item.summary)</strong></p>")\
        \(UI.prose(item.body))</article>
        """))
      """
  }
}
