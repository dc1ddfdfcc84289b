import Testing

@testable import IdentityService

@Suite("X-14 letters")
struct LetterTests {
  private static let payloads = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>", "</p></div></body><iframe src=//evil.example>",
    // A mark that combines with what stands before it.
    "\"\u{338} onmouseover=alert(1) x=\"\u{338}", "<\u{338}b>", "&\u{301}lt;", "&lt;b&gt;",
    "javascript:alert(1)", "{{7*7}}", "<!--", "]]>", "<a href=\"javascript:alert(1)\">x</a>",
  ]

  private func shape(_ html: String) -> [UInt8] {
    html.utf8.filter { [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\"")].contains($0) }
  }

  @Test("X-14 what people are called adds nothing to the markup of a mail", arguments: payloads)
  func escaped(payload: String) {
    func letter(_ text: String) -> Letter {
      Letter(
        subject: text, greeting: text, paragraphs: [text, text],
        link: ("https://portal.test/?a=\(text)", text), closing: [text], sender: text,
        template: "identity.test")
    }
    #expect(shape(letter(payload).html) == shape(letter("plain").html))
    #expect(letter(payload).text.contains(payload))
  }

  @Test("X-14 no letter that identity writes is changed by a name", arguments: payloads)
  func everyLetter(payload: String) {
    func written(_ text: String) -> [Letter] {
      let letters = Letters(
        portal: text, origin: "https://portal.test", reader: text, userName: text)
      return [
        letters.welcome(link: "https://portal.test/l"),
        letters.staffWelcome(link: "https://portal.test/l"), letters.anotherAccount(text),
        letters.login(link: "https://portal.test/l"),
      ]
    }
    for (hostile, plain) in zip(written(payload), written("plain")) {
      #expect(shape(hostile.html) == shape(plain.html), "\(hostile.template)")
    }
  }
}
