import PorticoAPI
import WellKnown

/// A contract with the fields that its type has (D-22).
struct ContractView {
  let contract: Billing.Contract
  let isStaff: Bool

  var html: HTML {
    """
    \(UI.pageHead(contract.displayName, crumbs: [("Contracts", "/contracts")], meta: meta))
    \(UI.card("Agreement", body: UI.descriptionList(general, isWide: true)))
    \(UI.card(Self.type(contract.terms), body: terms))
    \(history)
    \(text("Description", contract.description))
    \(text("Billing information", contract.billingInformation))
    """
  }

  private var meta: HTML {
    """
    \(ContractPages.status(contract.status))\
    \(when: !contract.referenceNumber.isEmpty, UI.copyable(contract.referenceNumber))\
    \(when: isStaff, "<span>\(contract.accountDisplayName)</span>")
    """
  }

  private var general: [(term: String, value: HTML?)] {
    [
      ("Name", UI.text(contract.displayName)), ("Type", UI.text(Self.type(contract.terms))),
      ("Reference number", UI.text(contract.referenceNumber)),
      ("Start date", UI.date(contract.startDate)),
      ("End date", UI.date(contract.endDate) ?? "open-ended"), ("SLA", UI.text(contract.sla)),
      ("Setup fees", UI.money(contract.setupFee)),
      ("Status", ContractPages.status(contract.status)),
      ("Default contract", contract.isDefault ? "Yes" : "No"),
    ]
  }

  static func type(_ terms: Billing.Contract.Terms?) -> String {
    switch terms {
    case .timeAndMaterials: "Time & Materials"
    case .recurring: "Recurring"
    case .fixedPrice: "Fixed Price"
    case .retainerByAmount: "Retainer by Amount"
    case .retainerByHours: "Retainer by Hours"
    case nil: "Agreement"
    }
  }

  private var terms: HTML {
    switch contract.terms {
    case .timeAndMaterials(let terms):
      UI.descriptionList([("Hourly rate", UI.money(terms.hourlyRate))], isWide: true)
    case .recurring(let terms):
      UI.descriptionList(
        [
          ("Billing cycle", UI.text(Self.cycle(terms.billingCycle))),
          ("Contract billing price", UI.money(terms.billingPrice)),
        ], isWide: true)
    case .fixedPrice(let terms):
      UI.descriptionList(
        [
          ("Contract billing price", UI.money(terms.billingPrice)),
          ("Bill amount", UI.money(terms.billAmount)),
          ("Remaining amount", UI.money(terms.remainingAmount)),
        ], isWide: true)
    case .retainerByAmount(let terms):
      UI.descriptionList(
        [
          ("Contract billing price", UI.money(terms.billingPrice)),
          ("Consumed amount", UI.money(terms.consumedAmount)),
        ], isWide: true)
    case .retainerByHours(let terms):
      """
      \(UI.descriptionList([("Billing cycle", UI.text(Self.cycle(terms.billingCycle)))], isWide: true))\
      \(Self.hours(terms.prepaidHours ?? .init()))
      """
    case nil: UI.notSet
    }
  }

  /// Prepaid Hours Summary (S-180).
  private static func hours(_ hours: Billing.PrepaidHours) -> HTML {
    let used = UI.duration(minutes: Int64(hours.consumedMinutes))
    let bought = UI.duration(minutes: Int64(hours.purchasedMinutes))
    return """
      \(UI.progress(
        "Prepaid hours used", value: Int64(hours.consumedMinutes),
        total: Int64(hours.purchasedMinutes),
        text: "\(inHours(hours.consumedMinutes)) of \(inHours(hours.purchasedMinutes))"))\
      \(UI.descriptionList([
        ("Purchased", bought), ("Consumed", used),
        ("Remaining", UI.duration(minutes: Int64(hours.remainingMinutes))),
        ("Over", hours.overageMinutes > 0 ? UI.duration(minutes: Int64(hours.overageMinutes)) : nil),
      ], isWide: true))
      """
  }

  private static func inHours(_ minutes: Int32) -> String {
    minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
  }

  static func cycle(_ cycle: Billing.BillingCycle) -> String {
    switch cycle {
    case .monthly: "Monthly"
    case .quarterly: "Quarterly"
    case .yearly: "Yearly"
    default: ""
    }
  }

  /// Contract History: recurring contracts only (S-179).
  private var history: HTML {
    guard case .recurring(let terms) = contract.terms else { return .empty }
    guard !terms.history.isEmpty else {
      return UI.card(
        "Contract history", body: "<p class=\"quiet\">No period has been billed yet.</p>")
    }
    return UI.card(
      "Contract history", isFlush: true,
      body: UI.table(
        terms.history, caption: "Billed periods",
        columns: [
          .init("From", .title) { UI.date($0.startDate) ?? UI.notSet },
          .init("Until (not included)") { UI.date($0.endDate) ?? UI.notSet },
          .init("Price", .number) { UI.money($0.price) ?? UI.notSet },
        ]))
  }

  private func text(_ title: String, _ text: String) -> HTML {
    guard let body = UI.paragraphs(text) else { return .empty }
    return UI.card(title, body: body)
  }
}
