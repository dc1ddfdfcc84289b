import Testing

@testable import Gateway

@Suite("R-152 path templates")
struct PathTemplateTests {
  @Test(
    "R-152 the grammar",
    arguments: [
      ("/", 0, nil), ("/v1/portal", 2, nil), ("/v1/{name=accounts/*/tickets/*}:close", 5, "close"),
      ("/v1/{ticket.name=accounts/*/tickets/*}", 5, nil), ("/{file=**}", 1, nil),
      ("/v1/{id}/x", 3, nil),
      ("/v1/things:archive", 2, "archive"), ("/v1/{a=b/**}:verb", 3, "verb"),
    ])
  func accepted(text: String, pieces: Int, verb: String?) throws {
    let template = try PathTemplate(text)
    #expect(template.pieces.count == pieces)
    #expect(template.verb == verb)
  }

  @Test(
    "R-152 what is not a template",
    arguments: [
      "", "v1", "/v1/", "//a", "/a//b", "/{", "/{}", "/{a", "/{a=}", "/{a={b}}", "/{a}{b}", "/**/a",
      "/a:",
      "/a:b:c", "/a/{b}/{b}", "/{a..b}", "/{.a}", "/ä", "/a b", "/a?b", "/***",
    ])
  func refused(text: String) {
    #expect(throws: PathTemplate.Malformed.self) { try PathTemplate(text) }
  }

  private func trie(_ templates: [(String, String)]) throws -> PathTrie<String> {
    var trie = PathTrie<String>()
    for (method, template) in templates {
      try trie.add(method, try PathTemplate(template), "\(method) \(template)")
    }
    return trie
  }

  private func match(_ trie: PathTrie<String>, _ method: String, _ path: String) throws -> PathTrie<
    String
  >.Match? {
    guard case .found(let match) = trie.match(method, try Target(path)) else { return nil }
    return match
  }

  @Test(
    "R-152 the most specific template wins, whatever the order; a verb wins over a colon in a value",
    arguments: [
      ("/v1/tickets/new", "/v1/tickets/new"), ("/v1/tickets/7", "/v1/tickets/{ticket}"),
      ("/v1/tickets/7:close", "/v1/tickets/{ticket}:close"),
      // #308: a colon that is no verb of any template belongs to the value.
      ("/v1/tickets/urn:7", "/v1/tickets/{ticket}"),
      ("/v1/tickets/a%3Aclose", "/v1/tickets/{ticket}"),
      ("/v1/tickets/a:b:close", "/v1/tickets/{ticket}:close"),
      ("/v1/files/a/b/c", "/v1/files/{file=**}"),
      ("/v1/files", "/v1/files/{file=**}"), ("/v1/tickets/7/notes", "/v1/{parent=tickets/*}/notes"),
    ])
  func specificity(path: String, template: String) throws {
    let templates = [
      "/v1/files/{file=**}", "/v1/tickets/{ticket}", "/v1/tickets/{ticket}:close",
      "/v1/tickets/new",
      "/v1/{parent=tickets/*}/notes", "/v1/{anything}/{more}",
    ]
    for order in [templates, templates.reversed()] {
      let trie = try trie(order.map { ("GET", $0) })
      #expect(try match(trie, "GET", path)?.value == "GET \(template)")
    }
  }

  @Test(
    "R-153 decoding: one segment whole, several keep %2F, nothing twice",
    arguments: [
      ("/a/x%2Fy", "x/y"), ("/a/x%252Fy", "x%2Fy"), ("/a/%C3%A9", "é"), ("/a/x+y", "x+y"),
      ("/m/x%2Fy/z", "x%2Fy/z"), ("/m/x%2fy/z", "x%2fy/z"), ("/m/x%252Fy/z", "x%2Fy/z"),
      ("/m/%41/%7Eb", "A/~b"),
      ("/r/a/b%20c/d", "a/b c/d"),
    ])
  func decoding(path: String, value: String) throws {
    let trie = try trie([("GET", "/a/{v}"), ("GET", "/m/{v=*/*}"), ("GET", "/r/{v=**}")])
    #expect(try match(trie, "GET", path)?.bindings["v"] == value)
  }

  @Test(
    "R-153 X-17 targets that are refused",
    arguments: [
      "", "a", "//a", "/a//b", "/a/", "/a/./b", "/a/../b", "/..", "/a/%2e%2e/b", "/a/%2E", "/%",
      "/%4", "/%zz",
      "/%00", "/%0a", "/%ff", "/%C3", "/a b", "/a#b", "/a\\b", "/é", "/a?x=%zz", "/a?x=%ff",
      "/a?x=%00",
      "/%C2%85",
    ])
  func targets(raw: String) {
    #expect(throws: Target.Malformed.self) { try Target(raw) }
  }

  @Test("R-152 a verb that is asked for with another method is no part of a name")
  func verbOfAnotherMethod() throws {
    var trie = PathTrie<String>()
    try trie.add("GET", try PathTemplate("/v1/{name=tickets/*}"), "get")
    try trie.add("POST", try PathTemplate("/v1/{name=tickets/*}:close"), "close")
    guard case .wrongMethod(let allowed) = trie.match("GET", try Target("/v1/tickets/7:close"))
    else {
      Issue.record("taken for a ticket of this name")
      return
    }
    #expect(allowed == ["POST"])
    guard case .found(let other) = trie.match("GET", try Target("/v1/tickets/7:open")) else {
      Issue.record("a colon that is no verb belongs to the name")
      return
    }
    #expect(other.bindings["name"] == "tickets/7:open")
  }

  @Test("R-152 two templates of one shape are a conflict; other methods, verbs and shapes are not")
  func conflicts() throws {
    for (first, second) in [
      ("/v1/{a}", "/v1/{b}"), ("/v1/{name=x/*}", "/v1/x/{y}"), ("/a/{f=**}", "/a/**"),
      ("/a:go", "/a:go"),
    ] {
      #expect(throws: PathTrie<String>.Conflict.self) {
        try trie([("GET", first), ("GET", second)])
      }
      #expect(throws: Never.self) { try trie([("GET", first), ("POST", second)]) }
    }
    #expect(throws: Never.self) {
      try trie([("GET", "/a/{b}"), ("GET", "/a/{b}:go"), ("GET", "/a/b")])
    }
  }

  @Test("R-161 an unknown method names those that go; HEAD goes where GET does")
  func methods() throws {
    let trie = try trie([("GET", "/a/{b}"), ("DELETE", "/a/{b}"), ("POST", "/a/{b}:go")])
    guard case .wrongMethod(let allowed) = trie.match("PUT", try Target("/a/b")) else {
      Issue.record("the path should be known")
      return
    }
    #expect(allowed == ["DELETE", "GET", "HEAD"])
    #expect(try match(trie, "HEAD", "/a/b")?.value == "GET /a/{b}")
    guard case .notFound = trie.match("GET", try Target("/b")) else {
      Issue.record("the path should not be known")
      return
    }
  }
}
