import Testing

@testable import Gateway

@Suite("HTML escapes by construction")
struct HTMLTests {
  static let payloads = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>", "&lt;b&gt;", "a\u{0}b", "<!--", "]]>", "`${alert(1)}`",
    "<ſcript>", "\" autofocus onfocus=alert(1) x=\"",
  ]

  @Test("X-14 a string is text wherever it stands", arguments: payloads)
  func escapes(payload: String) {
    let html: HTML = "<p title=\"\(payload)\">\(payload)</p>"
    let text = html.description
    #expect(text.filter { $0 == "<" }.count == 2)
    #expect(text.filter { $0 == ">" }.count == 2)
    #expect(text.filter { $0 == "\"" }.count == 2)
    #expect(!text.contains("'") && !text.contains("\u{0}"))
  }

  @Test("X-14 text comes back as it was typed, once a browser has read the entities")
  func roundTrip() {
    let html = HTML(text: "Tom & \"Ann's\" <b>")
    #expect(html.description == "Tom &amp; &quot;Ann&#39;s&quot; &lt;b&gt;")
    #expect(HTML(text: "日本語 👩🏽‍🔧 é").description == "日本語 👩🏽‍🔧 é")
  }

  @Test("HTML values, arrays and Optionals splice; nothing is escaped twice")
  func splices() {
    let bold: HTML = "<b>\("a & b")</b>"
    let none: HTML? = nil
    let absent: String? = nil
    let html: HTML = "<p>\(bold)\([bold, bold])\(none)\(absent)\(7)</p>"
    let once = "<b>a &amp; b</b>"
    #expect(html.description == "<p>\(once)\(once)\(once)7</p>")
    #expect(["x", "<y>"].html { "<i>\($0)</i>" }.description == "<i>x</i><i>&lt;y&gt;</i>")
    let parts: [HTML] = ["a", "b", "c"]
    #expect(parts.joined(separator: "<br>").description == "a<br>b<br>c")
  }

  @Test("X-14 markup inside an attribute's quotes becomes text and cannot end the attribute")
  func markupInAttribute() {
    let inner: HTML = "<b class=\"x\">\("y onclick=z")</b>"
    let html: HTML = "<p title=\"\(inner)\">ok</p>"
    #expect(html.description.filter { $0 == "\"" }.count == 2)
    #expect(html.description.hasPrefix("<p title=\"&lt;b class=&quot;x&quot;"))
  }

  @Test("Attributes that are flags or may be absent")
  func attributes() {
    let value: String? = nil
    let html: HTML = """
      <input\(flag: "checked", true)\(flag: "disabled", false)\(attribute: "title", value)\
      \(attribute: "value", "a\"b")>
      """
    #expect(html.description == "<input checked value=\"a&quot;b\">")
  }

  @Test("The branch of a condition that does not hold is not made")
  func conditions() {
    var made = 0
    func part() -> HTML {
      made += 1
      return "<b>x</b>"
    }
    let html: HTML = "<p>\(when: false, part())\(when: true, part())</p>"
    #expect(html.description == "<p><b>x</b></p>" && made == 1)
  }

  @Test(
    "X-14 X-22 no string chooses a scheme or a host in a link",
    arguments: [
      "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
      "data:text/html,<script>", "vbscript:x", "//evil.example/", "/\\evil.example", "\\\\evil",
      "blob:x", "file:///etc/passwd", "//\u{FE0F}evil.example/", "\u{1}javascript:x", "https://a b",
    ])
  func refusesURL(text: String) {
    #expect(SafeURL(text) == nil)
    let html: HTML = "<a href=\"\(text)\">x</a><form action=\"\(text)\"></form>"
    #expect(html.description == "<a href=\"#\">x</a><form action=\"#\"></form>")
    let literal: SafeURL = "\(SafeURL(checked: text))"
    #expect(literal.text == "#")
  }

  @Test(
    "URLs that may be linked stay as they are",
    arguments: [
      "/accounts/acme/tickets/42", "https://example.com/a?b=c&d=e", "mailto:help@example.com",
      "tel:+442079460958", "#main", "?page_token=x", "tickets/42", "",
    ])
  func acceptsURL(text: String) {
    #expect(SafeURL(text)?.text == text)
  }

  @Test(
    "X-15 what people write is plain text: neither HTML nor Markdown, and only web addresses become links",
    arguments: [
      "<script>alert(1)</script>", "[x](javascript:alert(1))",
      "![x](data:image/svg+xml,<svg/onload=a>)",
      "<javascript:alert(1)>", "[x]: javascript:alert(1)", "javascript:alert(1)",
      "data:text/html,x",
      "https://a\"onmouseover=alert(1)", "https://a'onmouseover=alert(1)", "https://a<b>c",
      "https://evil.example\u{202E}moc", "http://\u{0}x", "**bold** <b>bold</b>", "\n\n<p>\n\n",
      "https://[x](javascript:alert(1))", "HTTPS://x", "//evil.example", "&lt;b&gt; &#60;b&#62;",
    ])
  func prose(text: String) throws {
    let html = UI.prose(text).description
    // What is left without the tags that prose is made of has none.
    let link = #/<a href="https?://[^"<>\s]+" rel="noopener noreferrer nofollow">/#
    let rest = html.replacing(link, with: "").replacing("</a>", with: "")
      .replacing("<p>", with: "").replacing("</p>", with: "").replacing("<br>", with: "")
    #expect(!rest.contains("<") && !rest.contains(">"), "\(html)")
    #expect(!html.contains("href=\"javascript") && !html.contains("href=\"data"))
    #expect(!html.contains("<strong>") && !html.contains("<img"))
  }

  @Test("The rest of a URL is percent-encoded; a name keeps its slashes")
  func encodesURL() {
    let name = "accounts/acme/tickets/4 2?x=1#y"
    let url: SafeURL = "/\(name)?q=\("a&b=é:")"
    #expect(url.text == "/accounts/acme/tickets/4%202%3Fx%3D1%23y?q=a%26b%3D%C3%A9%3A")
    let html: HTML = "<a href=\"/t/\("a\"b:c")\">x</a>"
    #expect(html.description == "<a href=\"/t/a%22b%3Ac\">x</a>")
  }

  @Test("X-22 pieces of a URL cannot add up to a host or a scheme")
  func piecesOfURL() {
    let host: SafeURL = "/\("/evil.example")"
    #expect(host.text == "#")
    let html: HTML = "<a href=\"\("javascript")\(":alert(1)")\">x</a>"
    #expect(html.description == "<a href=\"javascript%3Aalert%281%29\">x</a>")
  }

  @Test("A query item is set, replaced and removed")
  func queries() {
    let url: SafeURL = "/tickets?stage=open&q=printer#list"
    #expect(url.setting("q", to: "a b").text == "/tickets?stage=open&q=a%20b#list")
    #expect(url.setting("stage", to: nil).setting("q", to: nil).text == "/tickets#list")
  }

  @Test("Where the end of a piece of markup stands")
  func positions() {
    func position(_ text: String) -> Position { Array(text.utf8).position }
    #expect(position("") == .text)
    #expect(position("<p>He said \"no\" and \"") == .text)
    #expect(position("<p") == .tag)
    #expect(position("<p class=\"a\" ") == .tag)
    #expect(position("<a HREF=\"") == .attribute(.url, isStart: true))
    #expect(position("<a data-href=\"") == .attribute(.plain, isStart: true))
    #expect(position("<a onClick=\"") == .attribute(.code, isStart: true))
    #expect(position("<a class=\"x\" href=\"/a/b") == .attribute(.url, isStart: false))
  }

  @Test("X-14 a value outside of quotes or in an attribute that runs as code stops the program")
  func refusesPositions() async {
    await #expect(processExitsWith: .failure) { _ = "<div \("onclick=x")>" as HTML }
    await #expect(processExitsWith: .failure) { _ = "<a onclick=\"\("x")\">" as HTML }
    await #expect(processExitsWith: .failure) { _ = "<a style=\"\("x")\">" as HTML }
  }
}
