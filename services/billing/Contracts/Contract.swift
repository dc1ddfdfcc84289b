import Foundation
import Values

/// An agreement with an account. What only one type of contract has lives in `terms` (D-22).
struct Contract: Sendable, Hashable {
  var id: String
  var account: String
  var accountDisplayName: String
  /// The account's, in which its days begin and end.
  var timeZone: TimeZone
  var displayName: String
  var referenceNumber: String
  var startDate: CivilDate
  /// Last day, or nil while it is open-ended.
  var endDate: CivilDate?
  var sla: String
  var setupFee: Money?
  var isDefault: Bool
  var description: String
  var billingInformation: String
  var terms: Terms
  var created: Instant

  enum Cycle: String, Sendable, Hashable, Codable {
    case monthly, quarterly, yearly

    var months: Int {
      switch self {
      case .monthly: 1
      case .quarterly: 3
      case .yearly: 12
      }
    }
  }

  enum Terms: Sendable, Hashable {
    case timeAndMaterials(hourlyRate: Money)
    case recurring(cycle: Cycle, price: Money)
    case fixedPrice(price: Money, billAmount: Money, remaining: Money)
    case retainerByAmount(price: Money, consumed: Money)
    case retainerByHours(cycle: Cycle, hours: PrepaidHours)
  }

  enum Status: Sendable, Hashable { case upcoming, active, expired }

  /// One billed period: from its first day to the first day of the next.
  struct Period: Sendable, Hashable {
    var start: CivilDate
    var end: CivilDate
  }
}

/// Minutes bought and used. Use beyond what was bought is overage, never a negative rest (D-24).
struct PrepaidHours: Sendable, Hashable {
  var purchasedMinutes: Int32
  var consumedMinutes: Int32

  var remainingMinutes: Int32 { max(0, purchasedMinutes - consumedMinutes) }
  var overageMinutes: Int32 { max(0, consumedMinutes - purchasedMinutes) }
}

enum ContractError: Error, Hashable {
  case mixedCurrencies
  case endsBeforeStart
  case negativeMinutes
  case negativeAmount
}

extension Contract {
  func status(today: CivilDate) -> Status {
    if today < startDate { return .upcoming }
    if let endDate, endDate < today { return .expired }
    return .active
  }

  /// The one currency of its amounts, or nil when it names none.
  var currency: Currency? { amounts.first?.currency }

  private var amounts: [Money] {
    let ofTerms: [Money] =
      switch terms {
      case .timeAndMaterials(let rate): [rate]
      case .recurring(_, let price): [price]
      case .fixedPrice(let price, let bill, let rest): [price, bill, rest]
      case .retainerByAmount(let price, let consumed): [price, consumed]
      case .retainerByHours: []
      }
    return ofTerms + (setupFee.map { [$0] } ?? [])
  }

  func validate() throws(ContractError) {
    if let endDate, endDate < startDate { throw .endsBeforeStart }
    guard !amounts.contains(where: \.isNegative) else { throw .negativeAmount }
    guard Set(amounts.map(\.currency)).count <= 1 else { throw .mixedCurrencies }
    if case .retainerByHours(_, let hours) = terms {
      guard hours.purchasedMinutes >= 0, hours.consumedMinutes >= 0 else { throw .negativeMinutes }
    }
  }

  /// The periods that have begun by `today`, the first one first, at most `limit` of the latest.
  /// They are anchored on the start date and clamped to month ends (D-23).
  func periods(of cycle: Cycle, until today: CivilDate, limit: Int = 24) -> [Period] {
    let last = min(today, endDate ?? today)
    var periods: [Period] = []
    var index = 0
    while let start = startDate.adding(months: index * cycle.months), start <= last,
      let end = startDate.adding(months: (index + 1) * cycle.months)
    {
      periods.append(Period(start: start, end: end))
      index += 1
    }
    return Array(periods.suffix(limit))
  }
}
