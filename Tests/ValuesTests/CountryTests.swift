import Testing
import Values

@Suite("Countries")
struct CountryTests {
  @Test("an address names the country; what is no code stays as it is")
  func names() {
    #expect(Country.displayName("IE") == "Ireland")
    #expect(Country.displayName("DE") == "Germany")
    #expect(Country.displayName("") == "")
    #expect(Country.displayName("Éire") == "Éire")
  }
}
