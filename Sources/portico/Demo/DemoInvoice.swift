import Foundation
import PorticoAPI
import Values
import WellKnown

/// One invoice of the demo: what it is for, when it was written, and what became of it.
struct DemoInvoice: Sendable {
  enum Fate: Sendable, Hashable {
    case draft, open, paid, partlyPaid, void, uncollectible

    /// Days until it happened.
    var days: Int {
      switch self {
      case .draft, .open: 0
      case .paid: 11
      case .partlyPaid: 9
      case .void: 2
      case .uncollectible: 120
      }
    }
  }

  struct Line: Sendable {
    var description: String
    var quantityThousandths: Int64
    var euros: Int64
    var cents: Int64 = 0
    var taxRateThousandths: Int32 = 23_000
  }

  var customer: DemoTenant.Customer
  var daysAgo: Int
  var fate: Fate
  var lines: [Line]
  var purchaseOrder = ""
  var project = ""
  var notes = ""
  var discountEuros: Int64 = 0
  var termDays = 30

  /// Oldest first. The care contracts are billed each month; projects and parts come between.
  static func all(now: Instant) -> [DemoInvoice] {
    var invoices: [DemoInvoice] = []
    for month in stride(from: 11, through: 0, by: -1) {
      let daysAgo = month * 30 + 4
      invoices += [
        DemoInvoice(
          customer: DemoTenant.larkspur, daysAgo: daysAgo, fate: month == 0 ? .open : .paid,
          lines: [
            Line(
              description: "Managed workplace, 18 seats", quantityThousandths: 18_000, euros: 42,
              cents: 50),
            Line(description: "Imaging backup, 2 TB", quantityThousandths: 2000, euros: 38),
          ], purchaseOrder: "LDG-\(2400 + 12 - month)"),
        DemoInvoice(
          customer: DemoTenant.tideline, daysAgo: daysAgo, fate: tidelineFate(month),
          lines: [
            Line(description: "Shop and cold store care", quantityThousandths: 1000, euros: 310),
            Line(
              description: "Mobile data for sensors", quantityThousandths: 4000, euros: 6, cents: 90
            ),
          ]),
      ]
    }
    return (invoices + projects).sorted { $0.daysAgo > $1.daysAgo }
  }

  /// Mostly paid; in spring one was taken back, the last two are late and half paid.
  private static func tidelineFate(_ month: Int) -> Fate {
    switch month {
    case 0: .open
    case 1: .partlyPaid
    case 2: .open
    case 7: .void
    default: .paid
    }
  }

  private static let projects: [DemoInvoice] = [
    DemoInvoice(
      customer: DemoTenant.halden, daysAgo: 300, fate: .paid,
      lines: [
        Line(
          description: "Studio move: cabling, 42 outlets", quantityThousandths: 42_000, euros: 61),
        Line(description: "Switch, 48 ports", quantityThousandths: 1000, euros: 1189, cents: 95),
        Line(description: "Installation, hours", quantityThousandths: 17_500, euros: 88),
      ], purchaseOrder: "HM-0117", project: "Studio move", discountEuros: 250),
    DemoInvoice(
      customer: DemoTenant.halden, daysAgo: 190, fate: .paid,
      lines: [Line(description: "Support, hours", quantityThousandths: 6250, euros: 95)],
      project: "Studio move"),
    DemoInvoice(
      customer: DemoTenant.halden, daysAgo: 48, fate: .open,
      lines: [
        Line(description: "File server, second stage", quantityThousandths: 1000, euros: 2480),
        Line(description: "Migration, hours", quantityThousandths: 9000, euros: 88),
      ], purchaseOrder: "HM-0131", project: "File server",
      notes: "Second of three instalments. The third follows after acceptance."),
    DemoInvoice(
      customer: DemoTenant.copperfield, daysAgo: 250, fate: .paid,
      lines: [
        Line(description: "Class tablets, 26 pieces", quantityThousandths: 26_000, euros: 289),
        Line(
          description: "Printed guides for teachers", quantityThousandths: 30_000, euros: 4,
          cents: 20, taxRateThousandths: 0),
      ], purchaseOrder: "SCH-88", project: "Class 4b"),
    DemoInvoice(
      customer: DemoTenant.copperfield, daysAgo: 200, fate: .uncollectible,
      lines: [Line(description: "Loan projector, damaged", quantityThousandths: 1000, euros: 120)],
      notes: "Agreed with the board."),
    DemoInvoice(
      customer: DemoTenant.copperfield, daysAgo: 12, fate: .open,
      lines: [
        Line(description: "Interactive boards, yearly check", quantityThousandths: 6000, euros: 45)
      ],
      purchaseOrder: "SCH-102", termDays: 45),
    DemoInvoice(
      customer: DemoTenant.larkspur, daysAgo: 66, fate: .open,
      lines: [
        Line(
          description: "UPS battery, replaced", quantityThousandths: 1000, euros: 184, cents: 60),
        Line(description: "Visit, hours", quantityThousandths: 1500, euros: 92),
      ], purchaseOrder: "LDG-2409"),
    DemoInvoice(
      customer: DemoTenant.larkspur, daysAgo: 1, fate: .draft,
      lines: [Line(description: "Reception PC, replaced", quantityThousandths: 2000, euros: 749)]),
  ]

  func draft(on time: Instant) -> Billing.Invoice {
    let date = CivilDate(time, in: .gmt)
    return Billing.Invoice(
      purchaseOrder: purchaseOrder,
      from: .init(
        displayName: "Brightwater IT Ltd", address: "3 Grand Canal Place\nD04 H5R2 Dublin\nIreland",
        taxNumber: "IE 3344556AB"),
      dueDate: date.adding(days: termDays).map { .init($0) }, salesRepresentative: "Maeve Doyle",
      project: project, notes: notes,
      lines: lines.map { line in
        .init(
          description: line.description, quantityThousandths: line.quantityThousandths,
          unitPrice: Self.money(line.euros, line.cents),
          taxRateThousandths: line.taxRateThousandths)
      },
      discount: discountEuros == 0 ? nil : Self.money(discountEuros), currency: DemoTenant.currency)
  }

  /// Half of what is due, rounded down to the cent.
  func half(of invoice: Billing.Invoice) -> GoogleType.Money {
    let due = invoice.paymentDue ?? Self.money(0)
    let cents = (due.units * 100 + Int64(due.nanos) / 10_000_000) / 2
    return Self.money(cents / 100, cents % 100)
  }

  static func money(_ euros: Int64, _ cents: Int64 = 0) -> GoogleType.Money {
    GoogleType.Money(
      currencyCode: DemoTenant.currency, units: euros, nanos: Int32(cents) * 10_000_000)
  }
}
