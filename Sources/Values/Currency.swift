/// A currency of ISO 4217 that is in circulation, with the number of decimals its minor unit has.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
  /// Three capital letters.
  public let code: String
  /// How many decimals the minor unit has: 0 (JPY), 2 (EUR) or 3 (KWD).
  public let decimals: Int

  /// Nil when the code is not in the table: an unknown exponent would misprint every amount.
  public init?(_ code: String) {
    guard let decimals = Self.table[code] else { return nil }
    self.code = code
    self.decimals = decimals
  }

  /// Minor units in one major unit: 1, 100 or 1000.
  public var minorUnitsPerMajor: Int64 {
    switch decimals {
    case 0: 1
    case 3: 1000
    default: 100
    }
  }

  public var description: String { code }

  /// Every known code, sorted.
  public static let allCodes: [String] = table.keys.sorted()

  private static let table: [String: Int] = {
    var table: [String: Int] = [:]
    for (decimals, codes) in [(0, withoutDecimals), (2, withTwoDecimals), (3, withThreeDecimals)] {
      for code in codes.split(separator: " ") { table[String(code)] = decimals }
    }
    return table
  }()

  private static let withoutDecimals =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
  private static let withThreeDecimals = "BHD IQD JOD KWD LYD OMR TND"
  private static let withTwoDecimals = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD \
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD \
    MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP \
    PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS \
    TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW
    """
}
