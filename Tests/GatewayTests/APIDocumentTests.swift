import Foundation
import Handling
import PorticoAPI
import Protobuf
import RPC
import Testing

@testable import Gateway

@Suite("R-176 the document of the API beside the API", .timeLimit(.minutes(2)))
struct APIDocumentTests {
  private func operations() throws -> [(verb: String, path: String, method: String)] {
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(openAPI)) as? [String: Any])
    let paths = try #require(root["paths"] as? [String: [String: [String: Any]]])
    return try paths.flatMap { path, item in
      try item.map { verb, operation in
        (verb.uppercased(), path, try #require(operation["x-portico-method"] as? String))
      }
    }
  }

  @Test("R-176 each route of the router is in the document, and the other way round")
  func sameRoutes() throws {
    let router = try JSONRouter(Methods.all)
    let described = try operations()
    for (verb, path, method) in described {
      let target = try Target(path.replacing(/\{\w+\}/, with: "x"))
      guard case .found(let match) = router.match(verb, target) else {
        Issue.record("\(verb) \(path) leads nowhere")
        continue
      }
      #expect(match.value.method.path == "/\(method)")
    }
    let served = Methods.all.filter {
      $0.service.hasPrefix("portico.") && !$0.service.hasPrefix("portico.testing.")
    }
    let routes = served.flatMap { method in
      method.http.map { "\($0.verb) /\(method.service)/\(method.name)" }
    }
    #expect(described.map { "\($0.verb) /\($0.method)" }.sorted() == routes.sorted())
    #expect(!served.contains { $0.access.callers == .servicesOnly && !$0.http.isEmpty })
  }

  @Test(
    "R-176 what the document takes for an id is what services take for one",
    arguments: ["a", "A-b_c.d", "0", "-x", String(repeating: "a", count: 63)],
    ["", ".a", "..", "a/b", "ä", "a b", "a:b", String(repeating: "a", count: 64)])
  func identifiers(good: String, bad: String) throws {
    let text = String(decoding: openAPI, as: UTF8.self)
    let pattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}$"
    #expect(text.contains("\"pattern\": \"\(pattern)\""))
    let expression = try Regex(pattern)
    #expect(good.contains(expression) && ResourceName.isID(good))
    #expect(!bad.contains(expression) && !ResourceName.isID(bad))
  }

  @Test("R-176 every operation can be read, with a call to copy")
  func pages() throws {
    let api = try APIDescription.bundled()
    for tag in api.tags {
      let html = DeveloperPages.service(tag, api, origin: "https://northwind.example").description
      for route in api.routes(of: tag.name) {
        #expect(html.contains("id=\"\(route.operation.operationId)\""))
        let view = OperationView(route: route, api: api, origin: "https://northwind.example")
        #expect(view.curl.contains(" 'https://northwind.example/v1/"))
        #expect(!view.curl.contains("{account}"))
        let isOpen = route.operation.access.callers == "anyone"
        #expect(view.curl.contains("$TOKEN") == !isOpen, "\(view.curl)")
      }
    }
    let close = try #require(
      api.routes(of: "Tickets").first { $0.operation.operationId == "Tickets_CloseTicket" })
    let view = OperationView(route: close, api: api, origin: "https://northwind.example")
    #expect(
      view.curl == """
        curl -X POST 'https://northwind.example/v1/accounts/larkspur/tickets/1042:close' \\
          -H "Authorization: Bearer $TOKEN" \\
          -H 'Content-Type: application/json' \\
          -d '{}'
        """)
  }

  @Test("R-176 operations are found by all words, in path, name and text")
  func search() throws {
    let api = try APIDescription.bundled()
    let found = DeveloperPages.overview(api, search: "INVOICE void").description
    #expect(found.contains("#Invoices_VoidInvoice") && !found.contains("#Tickets_GetTicket"))
    let nothing = DeveloperPages.overview(api, search: "<script>").description
    #expect(!nothing.contains("<script>") && nothing.contains("&lt;script&gt;"))
  }
}
