import Foundation
import PorticoAPI
import Values
import WellKnown

/// The contracts of the demo, one of each type and a few more.
struct DemoContract: Sendable {
  var customer: DemoTenant.Customer
  var id: String
  var contract: Billing.Contract

  static func all(now: Instant) -> [DemoContract] {
    let today = CivilDate(now, in: .gmt)
    return larkspur(today) + halden(today) + tideline(today) + copperfield(today)
  }

  private static func larkspur(_ today: CivilDate) -> [DemoContract] {
    [
      DemoContract(
        customer: DemoTenant.larkspur, id: "managed-workplace",
        contract: .init(
          displayName: "Managed workplace", referenceNumber: "BW-2025-014",
          startDate: today.moved(-11),
          sla: "Gold: answer in 1 hour, 8 to 18", setupFee: DemoInvoice.money(900), isDefault: true,
          description:
            "All workplaces of the three practices: devices, software, updates, backup and support.",
          billingInformation: "In advance, on the fourth working day of each month.",
          terms: .recurring(.init(billingCycle: .monthly, billingPrice: DemoInvoice.money(841))))),
      DemoContract(
        customer: DemoTenant.larkspur, id: "naas-opening",
        contract: .init(
          displayName: "Opening of the Naas practice", referenceNumber: "BW-2026-003",
          startDate: today.moved(-5), endDate: today.moved(2), sla: "Project",
          description: "Network, telephones and eight workplaces, ready on opening day.",
          billingInformation: "40 % at start, 60 % at acceptance.",
          terms: .fixedPrice(
            .init(
              billingPrice: DemoInvoice.money(14_800), billAmount: DemoInvoice.money(5920),
              remainingAmount: DemoInvoice.money(8880))))),
    ]
  }

  private static func halden(_ today: CivilDate) -> [DemoContract] {
    [
      DemoContract(
        customer: DemoTenant.halden, id: "studio-support",
        contract: .init(
          displayName: "Studio support", referenceNumber: "BW-2025-021",
          startDate: today.moved(-11),
          sla: "Silver: answer in 4 hours, 9 to 17", isDefault: true,
          description: "Support as it is needed, by the hour.",
          billingInformation: "Monthly in arrears, quarter hours.",
          terms: .timeAndMaterials(.init(hourlyRate: DemoInvoice.money(95))))),
      DemoContract(
        customer: DemoTenant.halden, id: "drawing-hours",
        contract: .init(
          displayName: "Prepaid hours", referenceNumber: "BW-2026-009", startDate: today.moved(-3),
          endDate: today.moved(9), sla: "Silver: answer in 4 hours, 9 to 17",
          description: "Forty hours for the file server and the drawing software.",
          billingInformation:
            "Paid in advance each quarter. Unused hours expire with the contract.",
          terms: .retainerByHours(
            .init(
              billingCycle: .quarterly,
              prepaidHours: .init(purchasedMinutes: 2400, consumedMinutes: 1515))))),
    ]
  }

  private static func tideline(_ today: CivilDate) -> [DemoContract] {
    [
      DemoContract(
        customer: DemoTenant.tideline, id: "shop-care",
        contract: .init(
          displayName: "Shop and cold store care", referenceNumber: "BW-2025-030",
          startDate: today.moved(-11), sla: "Gold: answer in 1 hour, every day", isDefault: true,
          description: "Tills, web shop, sensors and their alarms.",
          billingInformation: "In advance, on the fourth working day of each month.",
          terms: .recurring(.init(billingCycle: .monthly, billingPrice: DemoInvoice.money(310))))),
      DemoContract(
        customer: DemoTenant.tideline, id: "season-retainer",
        contract: .init(
          displayName: "Season retainer", referenceNumber: "BW-2026-012",
          startDate: today.moved(-6),
          endDate: today.moved(6), sla: "Gold: answer in 1 hour, every day",
          description: "A budget for changes to the web shop during the season.",
          billingInformation: "Paid in advance, drawn on by agreement.",
          terms: .retainerByAmount(
            .init(billingPrice: DemoInvoice.money(3000), consumedAmount: DemoInvoice.money(1270))))),
    ]
  }

  private static func copperfield(_ today: CivilDate) -> [DemoContract] {
    [
      DemoContract(
        customer: DemoTenant.copperfield, id: "school-year",
        contract: .init(
          displayName: "School year", referenceNumber: "BW-2025-040", startDate: today.moved(-11),
          sla: "Bronze: answer on the next school day", isDefault: true,
          description: "Tablets, boards and the school network, with a visit each month.",
          billingInformation: "Once a year, at its beginning.",
          terms: .recurring(.init(billingCycle: .yearly, billingPrice: DemoInvoice.money(4200))))),
      DemoContract(
        customer: DemoTenant.copperfield, id: "library-pilot",
        contract: .init(
          displayName: "Library pilot", referenceNumber: "BW-2025-044", startDate: today.moved(-11),
          endDate: today.moved(-4), sla: "Project",
          description: "Lending by tablet, tried out for a term.",
          billingInformation: "One amount.",
          terms: .fixedPrice(
            .init(
              billingPrice: DemoInvoice.money(1600), billAmount: DemoInvoice.money(1600),
              remainingAmount: DemoInvoice.money(0))))),
    ]
  }
}

extension CivilDate {
  /// The day some months from this one.
  fileprivate func moved(_ months: Int) -> GoogleType.Date {
    GoogleType.Date(adding(months: months) ?? self)
  }
}
