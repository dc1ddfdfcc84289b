import Foundation
import RPC

/// `/developers`: the JSON API in readable form, made from the document that `/v1/openapi.json` serves (R-176). Anybody may
/// read it, as the document itself: it holds no data.
enum DeveloperPages {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/developers", access: .anyone) { context in
      let api = try APIDescription.bundled()
      return await page(context, title: "API", overview(api, search: context.query["q"] ?? ""))
    },
    // A service, or the full name of a message or an enum.
    PageRoute(.GET, "/developers/{name}", access: .anyone) { context in
      let api = try APIDescription.bundled()
      let name = context.path["name"]
      if let tag = api.tags.first(where: { $0.name == name }) {
        return await page(
          context, title: "\(name) · API", service(tag, api, origin: origin(context)))
      }
      guard let schema = api.components.schemas[name] else {
        throw Status(.notFound, "the API has nothing of this name")
      }
      return await page(context, title: "\(SchemaView.title(name)) · API", type(name, schema))
    },
  ]

  private static func page(_ context: PageContext, title: String, _ body: HTML) async -> Response {
    let house: HTML = "<div class=\"api-house\">\(UI.houseMark(UI.House(context.portal)))</div>"
    return await shell(
      context, title: title,
      """
      \(when: context.session == nil, house)\(body)
      <script type="module" src="\(context.asset("filter.js"))"></script>
      """)
  }

  private static func origin(_ context: PageContext) -> String {
    "\(context.request.scheme)://\(context.request.authority)"
  }

  // MARK: Overview

  /// - search: words that all have to stand in an operation that is listed.
  static func overview(_ api: APIDescription, search: String) -> HTML {
    let words = search.split(separator: " ").map(String.init)
    let parts = api.tags.map { ($0, api.routes(of: $0.name).filter { $0.matches(words) }) }
      .filter { !$0.1.isEmpty }
    let filters = UI.filterBar(
      action: "/developers", search: UI.searchField("Search operations", value: search))
    let guide: HTML = "<div class=\"prose api-text\">\(APIText.guide(api.info.description))</div>"
    return """
      \(UI.pageHead("API", meta: """
        <span>Everything that the portal does, as JSON over HTTP; for programs as \
        <a href="/v1/openapi.json" download="openapi.json">OpenAPI 3.1</a>.</span>
        """))
      <div class="stack-l">
      <div data-filter="[data-operation]">\(filters)<p class="unseen" role="status"></p></div>
      \(when: parts.isEmpty, UI.noMatch("operations", clear: "/developers"))\
      \(parts.html { list($0.0, $0.1) })
      \(when: words.isEmpty, UI.card("Using it", body: guide))
      </div>
      """
  }

  private static func list(_ tag: APIDescription.Tag, _ routes: [APIRoute]) -> HTML {
    let rows = routes.html { route in
      """
      <li data-operation><a href="/developers/\(tag.name)#\(route.operation.operationId)">\
      \(verb(route))<code>\(route.path)</code></a>\
      <span>\(APIText.inline(route.operation.summary ?? ""))</span></li>
      """
    }
    return """
      <section class="card api-part" aria-labelledby="part-\(tag.name)"><header class="card-head">\
      <h2 id="part-\(tag.name)"><a href="/developers/\(tag.name)">\(tag.name)</a></h2></header>\
      <div class="card-body"><p class="quiet">\(tag.description)</p>\
      <ul class="api-list">\(rows)</ul></div></section>
      """
  }

  static func verb(_ route: APIRoute) -> HTML {
    let tone: UI.Tone =
      switch route.verb {
      case "GET": .info
      case "DELETE": .danger
      default: .accent
      }
    return UI.badge(route.verb, tone: tone)
  }

  // MARK: One service, one type

  static func service(
    _ tag: APIDescription.Tag, _ api: APIDescription, origin: String
  ) -> HTML {
    let routes = api.routes(of: tag.name)
    let index = routes.html { route in
      """
      <li><a href="#\(route.operation.operationId)">\
      \(APIText.inline(route.operation.summary ?? route.operation.operationId))</a></li>
      """
    }
    return """
      \(UI.pageHead(tag.name, crumbs: [("API", "/developers")], meta: "\(tag.description)"))
      <nav class="guide-index" aria-label="Operations"><ul class="api-index">\(index)</ul></nav>
      <div class="stack-l">\(routes.html { OperationView(route: $0, api: api, origin: origin).html })</div>
      """
  }

  static func type(_ name: String, _ schema: APISchema) -> HTML {
    """
    \(UI.pageHead(
      SchemaView.title(name), crumbs: [("API", "/developers")], meta: "<code>\(name)</code>"))
    \(UI.card(body: """
      <div class="stack api-text">\(APIText.paragraphs(schema.description ?? ""))\
      \(SchemaView.members(schema, caption: "What \(SchemaView.title(name)) holds"))</div>
      """))
    """
  }
}
