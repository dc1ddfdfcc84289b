import Testing
import Values

@testable import IdentityService

@Suite struct RuleTests {
  @Test("D-46: names are compared after full case folding and composition")
  func folding() {
    #expect(FoldedKey("Straße") == FoldedKey("STRASSE"))
    #expect(FoldedKey("ΟΔΟΣ") == FoldedKey("οδος"))
    #expect(FoldedKey("e\u{301}") == FoldedKey("É"))
    #expect(FoldedKey("Ａda") == FoldedKey(" ada "))
    #expect(FoldedKey("ada") != FoldedKey("adam"))
  }

  @Test("Ids are made of names")
  func slugs() {
    #expect(ResourceID.made(from: "Müller & Söhne", fallback: "x") == "muller-sohne")
    #expect(ResourceID.made(from: "  --  ", fallback: "x") == "x")
    #expect(ResourceID.made(from: String(repeating: "ab ", count: 40), fallback: "x").count <= 40)
    #expect(ResourceID(rawValue: ResourceID.made(from: "A.B.C!", fallback: "x")) != nil)
    #expect(ResourceID.firstFree("a") { ["a", "a-2"].contains($0) } == "a-3")
  }

  @Test(
    "E-mail addresses",
    arguments: [
      ("ada@acme.test", true), ("ada+tag@sub.acme.test", true), ("jürgen@bücher.test", true),
      ("ada", false), ("ada@", false), ("@acme.test", false), ("a@b@c", false),
      ("ada@acme..test", false), ("a b@acme.test", false), ("ada@acme.test\r\nBcc:x@y.z", false),
      ("<ada@acme.test>", false),
    ])
  func emails(text: String, isFit: Bool) {
    #expect(TextRules.email(text, "email").isEmpty == isFit)
  }

  @Test(
    "D-44: common passwords are refused, dressed up or not",
    arguments: [
      "password", "PASSWORD", "Password123!", "qwertyuiop", "Summer2024!", "aaaaaaaaaaaa",
      "12345678",
      "letmein99",
    ])
  func common(password: String) throws {
    #expect(try CommonPasswords.load().contains(password))
  }

  @Test("D-44: passphrases are not")
  func uncommon() throws {
    let common = try CommonPasswords.load()
    #expect(common.count > 400)
    for password in ["a quiet harbour at dawn", "x7!kPq2Lm0", "correct zebra battery"] {
      #expect(!common.contains(password))
    }
  }

  @Test("D-44: names are no passwords; length counts Unicode scalars")
  func ownNames() {
    let owner = PasswordOwner(
      userName: "ada.lovelace", email: "countess@acme.test", displayName: "Ada Lovelace",
      tenant: "northwind", tenantDisplayName: "Northwind IT")
    let common = CommonPasswords(words: [])
    for password in ["Ada.Lovelace", "COUNTESS@acme.test", "adalovelace", "northwind it"] {
      #expect(
        PasswordPolicy(minLength: 8).misses(password, of: owner, common: common).count == 1,
        "\(password)")
    }
    #expect(PasswordPolicy(minLength: 8).misses("ñçøåßþðł", of: owner, common: common).isEmpty)
    let long = String(repeating: "ab1", count: 60)
    #expect(PasswordPolicy(minLength: 64).misses(long, of: owner, common: common).isEmpty)
  }

  @Test("D-43: a portal's origin comes from configuration and is nothing but an origin")
  func origin() {
    #expect(
      PortalOrigin(pattern: "http://{tenant}.localhost:8080")?.link(
        of: TenantID("acme"), to: "welcome", token: "t")
        == "http://acme.localhost:8080/welcome?token=t")
    for pattern in ["", "ftp://x", "https://", "https://x/path", "https://u@x", "javascript:x"] {
      #expect(PortalOrigin(pattern: pattern) == nil, "\(pattern)")
    }
  }

  @Test("X-14, X-16: what goes into a letter's HTML is escaped")
  func letters() {
    let letters = Letters(
      portal: "<b>N&W</b>", origin: "https://n.test", reader: "\"Ada\" <script>", userName: "a'b")
    let letter = letters.welcome(link: "https://n.test/welcome?token=abc&x=1")
    #expect(!letter.html.contains("<script>"))
    #expect(!letter.html.contains("<b>"))
    #expect(letter.html.contains("https://n.test/welcome?token=abc&amp;x=1"))
    #expect(letter.text.contains("https://n.test/welcome?token=abc&x=1"))
    #expect(letter.text.contains("24 hours"))
  }

  @Test("X-03: one IPv6 customer is one source")
  func networks() {
    #expect(SignIn.network(of: "192.0.2.1") == "192.0.2.1")
    #expect(SignIn.network(of: "2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64")
    #expect(SignIn.network(of: "2001:db8:1:2::9") == "2001:db8:1:2::/64")
    #expect(SignIn.withoutPort("192.0.2.1:443") == "192.0.2.1")
    #expect(SignIn.withoutPort("[2001:db8::1]:443") == "2001:db8::1")
    #expect(SignIn.withoutPort("2001:db8::1") == "2001:db8::1")
    #expect(SignIn.withoutPort("unix:/run/x") == "unix:/run/x")
  }
}
