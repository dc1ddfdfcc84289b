import Foundation
import Store
import Values

/// Contracts by account and id. Lists are ordered by display name, then account and id.
struct ContractStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func contract(account: String, id: String, in scope: Scope) throws -> Contract {
    let row = try db.first(
      """
      SELECT * FROM contracts WHERE tenant = \(db.tenant) AND account = \(account) AND id = \(id)
        AND \(scope.predicate(account: "account"))
      """, else: .notFound)
    return try Contract(row)
  }

  /// `account` nil: every account in scope. `onlyActive` keeps those that run today, where the account is.
  func contracts(
    account: String?, onlyActive: Bool, page: PageRequest, in scope: Scope
  ) throws -> Page<Contract> {
    var conditions: [SQL] = [
      "tenant = \(db.tenant)", scope.predicate(account: "account"),
      try page.after("display_name", "account", "id", order: .ascending),
    ]
    if let account { conditions.append("account = \(account)") }
    if onlyActive { conditions.append(.any(try runningToday())) }
    let rows = try db.all(
      """
      SELECT * FROM contracts WHERE \(.all(conditions)) ORDER BY display_name, account, id \(page.limit)
      """)
    return try page.page(rows.map(Contract.init)) {
      [$0.displayName.sqlValue, $0.account.sqlValue, $0.id.sqlValue]
    }
  }

  private func runningToday() throws -> [SQL] {
    let rows = try db.all("SELECT DISTINCT time_zone FROM contracts WHERE tenant = \(db.tenant)")
    return try rows.map { row in
      let zone = try TimeZone(stored: row["time_zone"])
      let today = CivilDate(db.now, in: zone)
      return """
        (time_zone = \(zone.identifier) AND start_date <= \(today)
          AND (end_date IS NULL OR end_date >= \(today)))
        """
    }
  }

  func insert(_ contract: Contract, in scope: Scope) throws {
    guard scope.allows(account: contract.account) else { throw StoreError.notFound }
    let terms = TermsColumns(contract.terms)
    try db.run(
      """
      INSERT INTO contracts (tenant, account, id, account_display_name, time_zone,
        display_name, reference_number, start_date, end_date, sla, currency, setup_fee, is_default, description,
        billing_information, type, cycle, price, bill_amount, remaining_amount, consumed_amount,
        purchased_minutes, consumed_minutes, created)
      VALUES (\(db.tenant), \(contract.account), \(contract.id), \(contract.accountDisplayName),
        \(contract.timeZone.identifier), \(contract.displayName), \(contract.referenceNumber), \(contract.startDate),
        \(contract.endDate), \(contract.sla), \(contract.currency?.code), \(contract.setupFee?.minorUnits),
        \(contract.isDefault), \(contract.description), \(contract.billingInformation),
        \(terms.type), \(terms.cycle), \(terms.price), \(terms.billAmount),
        \(terms.remainingAmount), \(terms.consumedAmount), \(terms.purchasedMinutes),
        \(terms.consumedMinutes), \(contract.created))
      """)
  }
}

/// The terms of a contract as columns; those of other types are NULL.
private struct TermsColumns {
  var type: String
  var cycle: String?
  var price: Int64?
  var billAmount: Int64?
  var remainingAmount: Int64?
  var consumedAmount: Int64?
  var purchasedMinutes: Int64?
  var consumedMinutes: Int64?

  init(_ terms: Contract.Terms) {
    switch terms {
    case .timeAndMaterials(let rate):
      type = "time_and_materials"
      price = rate.minorUnits
    case .recurring(let cycle, let price):
      type = "recurring"
      self.cycle = cycle.rawValue
      self.price = price.minorUnits
    case .fixedPrice(let price, let billAmount, let remaining):
      type = "fixed_price"
      self.price = price.minorUnits
      self.billAmount = billAmount.minorUnits
      remainingAmount = remaining.minorUnits
    case .retainerByAmount(let price, let consumed):
      type = "retainer_by_amount"
      self.price = price.minorUnits
      consumedAmount = consumed.minorUnits
    case .retainerByHours(let cycle, let hours):
      type = "retainer_by_hours"
      self.cycle = cycle.rawValue
      purchasedMinutes = Int64(hours.purchasedMinutes)
      consumedMinutes = Int64(hours.consumedMinutes)
    }
  }
}

extension Contract {
  fileprivate init(_ row: Row) throws {
    let currency = try Currency(stored: row["currency"])
    let setupFee: Int64? = try row["setup_fee"]
    self.init(
      id: try row["id"], account: try row["account"],
      accountDisplayName: try row["account_display_name"],
      timeZone: try TimeZone(stored: row["time_zone"]), displayName: try row["display_name"],
      referenceNumber: try row["reference_number"], startDate: try row["start_date"],
      endDate: try row["end_date"], sla: try row["sla"],
      setupFee: try setupFee.map { Money(minorUnits: $0, try currency.known) },
      isDefault: try row["is_default"],
      description: try row["description"], billingInformation: try row["billing_information"],
      terms: try Terms(row, currency), created: try row["created"])
  }
}

extension Contract.Terms {
  fileprivate init(_ row: Row, _ currency: Currency?) throws {
    func money(_ column: String) throws -> Money {
      Money(minorUnits: try row[column], try currency.known)
    }
    func minutes(_ column: String) throws -> Int32 {
      Int32(clamping: try row[column] as Int64)
    }
    let type: String = try row["type"]
    switch type {
    case "time_and_materials": self = .timeAndMaterials(hourlyRate: try money("price"))
    case "recurring": self = .recurring(cycle: try row["cycle"], price: try money("price"))
    case "fixed_price":
      self = .fixedPrice(
        price: try money("price"), billAmount: try money("bill_amount"),
        remaining: try money("remaining_amount"))
    case "retainer_by_amount":
      self = .retainerByAmount(price: try money("price"), consumed: try money("consumed_amount"))
    case "retainer_by_hours":
      self = .retainerByHours(
        cycle: try row["cycle"],
        hours: PrepaidHours(
          purchasedMinutes: try minutes("purchased_minutes"),
          consumedMinutes: try minutes("consumed_minutes")))
    default: throw StoreError.corrupt("contract type \(type)")
    }
  }
}
