import Testing
import Values

@Suite("Money and rational quantities")
struct MoneyTests {
  private func currency(_ code: String) throws -> Currency { try #require(Currency(code)) }

  @Test("D-01 The table knows 0, 2 and 3 decimals, and nothing else passes")
  func currencies() throws {
    for (code, decimals, unit) in [("JPY", 0, 1), ("EUR", 2, 100), ("KWD", 3, 1000)] {
      let currency = try currency(code)
      #expect(currency.decimals == decimals)
      #expect(currency.minorUnitsPerMajor == Int64(unit))
    }
    for junk in ["", "eur", "EU", "ZZZ", "EURO", "BTC"] { #expect(Currency(junk) == nil) }
    #expect(Currency.allCodes.count == Set(Currency.allCodes).count)
    #expect(Currency.allCodes.allSatisfy { $0.utf8.count == 3 && $0 == $0.uppercased() })
  }

  @Test("D-02 Two currencies never meet; sums that do not fit are errors, not wraps")
  func arithmetic() throws {
    let (eur, usd) = (try currency("EUR"), try currency("USD"))
    let most = Money(minorUnits: .max, eur)
    #expect(try Money(minorUnits: 250, eur).adding(Money(minorUnits: -300, eur)).minorUnits == -50)
    #expect(throws: MoneyError.mixedCurrencies("EUR", "USD")) {
      try most.adding(Money(minorUnits: 1, usd))
    }
    #expect(throws: MoneyError.mixedCurrencies("EUR", "USD")) {
      try most.isLess(than: Money(minorUnits: 1, usd))
    }
    #expect(throws: MoneyError.overflow) { try most.adding(Money(minorUnits: 1, eur)) }
    #expect(throws: MoneyError.overflow) { try Money(minorUnits: .min, eur).negated() }
    #expect(throws: MoneyError.overflow) { try most.multiplied(by: Rational(2)) }
    let none: [Money] = []
    #expect(try none.sum(in: eur) == .zero(eur))
    #expect(throws: MoneyError.mixedCurrencies("EUR", "USD")) { try [Money.zero(usd)].sum(in: eur) }
  }

  @Test(
    "D-03 A product rounds once, half away from zero",
    arguments: [
      (1, 1, 2, 1), (-1, 1, 2, -1), (1, 49, 100, 0), (3, 1, 2, 2), (5, 1, 10, 1), (-5, 1, 10, -1),
      (1999, 19, 100, 380), (333, 5, 2, 833), (Int64.max, 1, 1, Int64.max),
      (Int64.max, Int64.max - 1, Int64.max, Int64.max - 1),
    ] as [(Int64, Int64, Int64, Int64)])
  func rounding(_ amount: Int64, _ top: Int64, _ bottom: Int64, _ expected: Int64) throws {
    let eur = try currency("EUR")
    let product = try Money(minorUnits: amount, eur).multiplied(by: Rational(top, over: bottom))
    #expect(product.minorUnits == expected)
  }

  @Test("D-04 Parts of a split sum to the whole, by largest remainder")
  func split() throws {
    let eur = try currency("EUR")
    func parts(_ amount: Int64, _ weights: [Int64]) throws -> [Int64] {
      try Money(minorUnits: amount, eur).split(over: weights).map(\.minorUnits)
    }
    let thirds = try parts(100, [1, 1, 1])
    #expect(thirds == [34, 33, 33])
    let negative = try parts(-100, [1, 1, 1])
    #expect(negative == [-34, -33, -33])
    let uneven = try parts(10, [1, 0, 5, 3])
    #expect(uneven == [1, 0, 6, 3])
    var random = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      let amount = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
      var weights = (0..<Int.random(in: 1...20)).map { _ in Int64.random(in: 0...10_000_000) }
      weights[0] += 1
      let result = try parts(amount, weights)
      #expect(result.reduce(0, +) == amount)
      let total = Double(weights.reduce(0, +))
      for (part, weight) in zip(result, weights) {
        #expect(abs(Double(part) - Double(amount) * Double(weight) / total) <= 1.001)
      }
    }
    for wrong: [Int64] in [[], [0, 0], [1, -1, 1]] {
      #expect(throws: MoneyError.invalidWeights) { try parts(1, wrong) }
    }
  }

  @Test(
    "D-07 Minutes are billed up to the increment once, and at least the minimum",
    arguments: [
      (1, 15, 0, 15), (15, 15, 0, 15), (16, 15, 0, 30), (5, 1, 30, 30), (31, 1, 30, 31),
      (0, 15, 30, 0), (61, 6, 0, 66),
    ] as [(Int64, Int64, Int64, Int64)])
  func durations(_ minutes: Int64, _ increment: Int64, _ minimum: Int64, _ billed: Int64) throws {
    let hours = try Rational.hours(ofMinutes: minutes, increment: increment, minimum: minimum)
    #expect(try hours == Rational(billed, over: 60))
    // 100 an hour: the price is the exact hours times the rate, rounded once.
    let price = try Money(minorUnits: 6000, currency("EUR")).multiplied(by: hours)
    #expect(price.minorUnits == billed * 100)
  }

  @Test("Rationals reduce, read decimals exactly and refuse what does not fit")
  func rationals() throws {
    let half = try Rational(-2, over: -4)
    #expect(half.numerator == 1 && half.denominator == 2)
    #expect(Rational(decimal: "-0.125") == (try Rational(-1, over: 8)))
    #expect(Rational(decimal: "12") == (try Rational(12)))
    let junk = [
      "", ".", "1.", ".5", "1,5", "1.2.3", "+1", "1e3", "--1", "９", "9999999999999999999",
    ]
    for junk in junk {
      #expect(Rational(decimal: junk) == nil)
    }
    #expect(throws: MoneyError.divisionByZero) { try Rational(1, over: 0) }
    #expect(throws: MoneyError.overflow) { try Rational(1, over: .min) }
    let rounded = [try Rational(5, over: 2).rounded(), try Rational(-5, over: 2).rounded()]
    #expect(rounded == [3, -3])
  }

  @Test("Amounts print their decimals")
  func description() throws {
    #expect("\(Money(minorUnits: -5, try currency("EUR")))" == "EUR -0.05")
    #expect("\(Money(minorUnits: 1_234_567, try currency("KWD")))" == "KWD 1234.567")
    #expect("\(Money(minorUnits: 500, try currency("JPY")))" == "JPY 500")
    #expect("\(Money(minorUnits: .min, try currency("EUR")))" == "EUR -92233720368547758.08")
  }
}
