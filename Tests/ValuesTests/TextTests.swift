import Testing
import Values

@Suite("Text from outside")
struct TextTests {
  @Test("Case and accents do not matter when searching; eight words are enough")
  func searching() {
    #expect(SearchText.words("  ÄRGER  mit\tCafé ") == ["arger", "mit", "cafe"])
    #expect(SearchText.words("a b c d e f g h i j").count == 8)
  }

  @Test(
    "X-19 a file's name is one line of visible text, and never a path",
    arguments: [
      ("../../etc/passwd", "passwd"), ("C:\\temp\\a.pdf", "a.pdf"), ("a/\u{301}b", "\u{301}b"),
      ("a\r\nb\u{0}.txt", "ab.txt"), ("x\u{202E}fdp.exe", "xfdp.exe"), ("...", "file"),
      ("\u{A0}.htaccess", "htaccess"), ("", "file"), ("a/", "a"),
    ])
  func fileNames(name: String, expected: String) {
    #expect(FileName.clean(name) == expected)
  }

  @Test("X-19 a file's name has at most 255 bytes, in whole scalars")
  func long() {
    #expect(
      FileName.clean(String(repeating: "é", count: 400)) == String(repeating: "é", count: 127))
  }

  @Test("Two hexadecimal digits a byte")
  func hexadecimal() {
    #expect([0x00, 0x0F, 0xA0, 0xFF].hexadecimal == "000fa0ff")
    #expect([UInt8]().hexadecimal == "")
  }
}
