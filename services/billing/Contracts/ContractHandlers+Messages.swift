import Foundation
import Handling
import PorticoAPI
import RPC
import Values
import WellKnown

/// The wire's contract from the domain's, and back.
extension Billing.Contract {
  init(_ contract: Contract, at now: Instant) {
    let today = CivilDate(now, in: contract.timeZone)
    self.init(
      name: contract.name, displayName: contract.displayName,
      referenceNumber: contract.referenceNumber, startDate: .init(contract.startDate),
      endDate: contract.endDate.map { .init($0) }, sla: contract.sla,
      setupFee: contract.setupFee.map { .init($0) },
      status: .init(contract.status(today: today)), isDefault: contract.isDefault,
      description: contract.description, billingInformation: contract.billingInformation,
      terms: contract.terms(on: today), createTime: .init(contract.created),
      accountDisplayName: contract.accountDisplayName)
  }
}

extension Contract {
  var name: String { "accounts/\(account)/contracts/\(id)" }

  fileprivate func terms(on today: CivilDate) -> Billing.Contract.Terms {
    switch terms {
    case .timeAndMaterials(let rate):
      return .timeAndMaterials(.init(hourlyRate: .init(rate)))
    case .recurring(let cycle, let price):
      let history = periods(of: cycle, until: today).map { period in
        Billing.ContractPeriod(
          startDate: .init(period.start), endDate: .init(period.end), price: .init(price))
      }
      return .recurring(
        .init(billingCycle: .init(cycle), billingPrice: .init(price), history: history))
    case .fixedPrice(let price, let billAmount, let remaining):
      return .fixedPrice(
        .init(
          billingPrice: .init(price), billAmount: .init(billAmount),
          remainingAmount: .init(remaining)))
    case .retainerByAmount(let price, let consumed):
      return .retainerByAmount(.init(billingPrice: .init(price), consumedAmount: .init(consumed)))
    case .retainerByHours(let cycle, let hours):
      return .retainerByHours(
        .init(
          billingCycle: .init(cycle),
          prepaidHours: .init(
            purchasedMinutes: hours.purchasedMinutes, consumedMinutes: hours.consumedMinutes,
            remainingMinutes: hours.remainingMinutes, overageMinutes: hours.overageMinutes)))
    }
  }

  /// A contract from what a caller sent; server-owned fields of the message are not looked at.
  init(
    _ message: Billing.Contract, id: String, account: String, of owner: AccountDirectory.Entry,
    at now: Instant
  ) throws {
    var check = Violations()
    let displayName = check.text(message.displayName, "contract.display_name", limit: 200)
    let reference = check.text(
      message.referenceNumber, "contract.reference_number", limit: 100, required: false)
    let sla = check.text(message.sla, "contract.sla", limit: 200, required: false)
    let description = check.text(
      message.description, "contract.description", limit: 4000, required: false, multiline: true)
    let billing = check.text(
      message.billingInformation, "contract.billing_information", limit: 4000, required: false,
      multiline: true)
    check.require(message.startDate != nil, "contract.start_date", "is required")
    check.require(message.terms != nil, "contract.terms", "are required")
    try check.end()
    guard let start = message.startDate, let terms = message.terms else { throw check.status }
    let setupFee = try message.setupFee.map { try Money($0, field: "contract.setup_fee") }
    self.init(
      id: id, account: account, accountDisplayName: owner.displayName, timeZone: owner.timeZone,
      displayName: displayName, referenceNumber: reference,
      startDate: try CivilDate(start, field: "contract.start_date"),
      endDate: try message.endDate.map { try CivilDate($0, field: "contract.end_date") }, sla: sla,
      setupFee: setupFee, isDefault: message.isDefault, description: description,
      billingInformation: billing, terms: try Terms(terms), created: now)
    try validate()
  }
}

extension Contract.Terms {
  fileprivate init(_ terms: Billing.Contract.Terms) throws {
    func money(_ amount: GoogleType.Money?, _ field: String) throws -> Money {
      guard let amount else { throw Status.invalid("contract.\(field)", "is required") }
      return try Money(amount, field: "contract.\(field)")
    }
    switch terms {
    case .timeAndMaterials(let terms):
      self = .timeAndMaterials(
        hourlyRate: try money(terms.hourlyRate, "time_and_materials.hourly_rate"))
    case .recurring(let terms):
      self = .recurring(
        cycle: try .init(terms.billingCycle, "recurring.billing_cycle"),
        price: try money(terms.billingPrice, "recurring.billing_price"))
    case .fixedPrice(let terms):
      self = .fixedPrice(
        price: try money(terms.billingPrice, "fixed_price.billing_price"),
        billAmount: try money(terms.billAmount, "fixed_price.bill_amount"),
        remaining: try money(terms.remainingAmount, "fixed_price.remaining_amount"))
    case .retainerByAmount(let terms):
      self = .retainerByAmount(
        price: try money(terms.billingPrice, "retainer_by_amount.billing_price"),
        consumed: try money(terms.consumedAmount, "retainer_by_amount.consumed_amount"))
    case .retainerByHours(let terms):
      let hours = terms.prepaidHours ?? .init()
      self = .retainerByHours(
        cycle: try .init(terms.billingCycle, "retainer_by_hours.billing_cycle"),
        hours: PrepaidHours(
          purchasedMinutes: hours.purchasedMinutes, consumedMinutes: hours.consumedMinutes))
    }
  }
}

extension Contract.Cycle {
  fileprivate init(_ cycle: Billing.BillingCycle, _ field: String) throws {
    switch cycle {
    case .monthly: self = .monthly
    case .quarterly: self = .quarterly
    case .yearly: self = .yearly
    default: throw Status.invalid("contract.\(field)", "is required")
    }
  }
}

extension Billing.BillingCycle {
  fileprivate init(_ cycle: Contract.Cycle) {
    switch cycle {
    case .monthly: self = .monthly
    case .quarterly: self = .quarterly
    case .yearly: self = .yearly
    }
  }
}

extension Billing.ContractStatus {
  fileprivate init(_ status: Contract.Status) {
    switch status {
    case .upcoming: self = .upcoming
    case .active: self = .active
    case .expired: self = .expired
    }
  }
}
