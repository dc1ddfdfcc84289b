import Testing
import Values

@Suite struct InvisibleTextTests {
  @Test(
    "X-16: a name with characters that nobody sees is told from one without",
    arguments: [
      "\u{200B}", "Ada\u{200B}", "A\u{00AD}da", "\u{FEFF}Ada", "\u{202E}adA", "Ada\u{2066}",
      "\u{3164}", "Ada\u{200D}", "\u{200D}Ada", "A\u{200D}\u{200D}da", "Ada \u{200C} King",
      "Ada\u{E0041}", "\u{2060}",
    ])
  func hidden(text: String) {
    #expect(text.hasInvisibleScalars)
  }

  @Test(
    "X-16: words and emoji that are spelled with joiners are not refused",
    arguments: [
      "Ada King", "می\u{200C}خواهم", "क्\u{200D}ष", "👩\u{200D}👩\u{200D}👧", "❤\u{FE0F}", "",
    ])
  func spelled(text: String) {
    #expect(!text.hasInvisibleScalars)
  }
}
