import Values

/// How many requests of each class one address and one identity may send. The table of services/gateway/README.md is
/// held against it by a test.
public struct RateTable: Sendable, Hashable {
  /// A bucket of tokens; each request takes one.
  struct Rate: Sendable, Hashable {
    /// Requests at once.
    var burst: Int
    /// Requests a second, in the long run.
    var perSecond: Double
  }

  /// Whose requests are counted.
  enum Subject: String, CaseIterable, Sendable {
    /// An IPv4 address or an IPv6 /64, whoever is behind it: many people, in an office.
    case address
    /// One user of one tenant, through sessions and tokens alike.
    case identity
  }

  private struct Key: Hashable {
    let kind: RouteClass
    let subject: Subject
  }
  private var rates: [Key: Rate] = [:]

  init() {}

  /// No limit at all.
  public static let none = RateTable()

  /// What a public gateway starts with.
  public static let standard: RateTable = {
    var table = RateTable()
    for (kind, address, identity) in standardRates {
      table[kind, .address] = address
      table[kind, .identity] = identity
    }
    return table
  }()

  /// Identity slows guesses down by itself, so that `login` here only keeps floods from it.
  private static let standardRates: [(RouteClass, Rate, Rate?)] = [
    (.asset, Rate(burst: 2000, perSecond: 1000), nil),
    (.page, Rate(burst: 1000, perSecond: 500), Rate(burst: 200, perSecond: 50)),
    (.read, Rate(burst: 2000, perSecond: 1000), Rate(burst: 400, perSecond: 200)),
    (.write, Rate(burst: 500, perSecond: 200), Rate(burst: 200, perSecond: 50)),
    (.upload, Rate(burst: 100, perSecond: 20), Rate(burst: 40, perSecond: 5)),
    (.stream, Rate(burst: 1000, perSecond: 500), Rate(burst: 200, perSecond: 50)),
    (.login, Rate(burst: 100, perSecond: 10), Rate(burst: 40, perSecond: 2)),
  ]

  /// Nil: not limited.
  subscript(kind: RouteClass, subject: Subject) -> Rate? {
    get { rates[Key(kind: kind, subject: subject)] }
    set { rates[Key(kind: kind, subject: subject)] = newValue }
  }

  /// Why a text is no table; the sentence is for the operator.
  struct Malformed: Error, Hashable {
    let reason: String
  }

  /// The standard with changes: `read.identity=800/400,login.address=none`, burst before rate a second; `none` alone lifts
  /// all limits.
  init(changes text: String) throws(Malformed) {
    self = text == "none" ? .none : .standard
    guard text != "none" else { return }
    for part in text.split(separator: ",") {
      let sides = part.trimmed.split(separator: "=", omittingEmptySubsequences: false)
      let names = (sides.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
      guard sides.count == 2, names.count == 2, let kind = RouteClass(rawValue: String(names[0])),
        let subject = Subject(rawValue: String(names[1]))
      else {
        throw Malformed(reason: "must be like read.identity=400/200, or none: \(part)")
      }
      self[kind, subject] = sides[1] == "none" ? nil : try Self.rate(sides[1])
    }
  }

  private static func rate(_ text: Substring) throws(Malformed) -> Rate {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false)
    guard numbers.count == 2, let burst = Int(numbers[0]), (1...1_000_000).contains(burst),
      let perSecond = Double(numbers[1]), perSecond > 0, perSecond <= 1_000_000
    else { throw Malformed(reason: "must be burst/rate, both above 0: \(text)") }
    return Rate(burst: burst, perSecond: perSecond)
  }
}
