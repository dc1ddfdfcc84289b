import Foundation
import PorticoAPI
import RPC
import Values
import WellKnown

/// Contracts of every type, and a year of invoices in every state.
struct DemoBilling {
  let stage: DemoStage
  private let clerk = "maeve"

  init(stage: DemoStage) { self.stage = stage }

  func moments() throws -> [DemoMoment] {
    let start = DemoCalendar.workday(before: stage.now, days: 362, hour: 9)
    var moments = [
      DemoMoment(time: start) { [self] in
        for plan in DemoContract.all(now: stage.now) { try await sign(plan) }
      }
    ]
    for (index, plan) in DemoInvoice.all(now: stage.now).enumerated() {
      moments += life(of: plan, index: index)
    }
    return moments
  }

  private func sign(_ plan: DemoContract) async throws {
    _ = try await ContractsClient(stage.service("billing")).createContract(
      .init(
        parent: "accounts/\(plan.customer.id)", contractID: plan.id, contract: plan.contract,
        requestID: "demo-\(plan.id)"), stage.by(clerk))
  }

  /// Drafted in the morning, issued at noon, and what happened to it afterwards.
  private func life(of plan: DemoInvoice, index: Int) -> [DemoMoment] {
    let client = { try InvoicesClient(stage.service("billing")) }
    let name = Box()
    let drafted = DemoCalendar.workday(
      before: stage.now, days: plan.daysAgo, hour: 9, minute: index % 50)
    var moments = [
      DemoMoment(time: drafted) { [self] in
        let invoice = try await client().createInvoice(
          .init(
            parent: "accounts/\(plan.customer.id)", invoice: plan.draft(on: drafted),
            requestID: "demo-invoice-\(index)"), stage.by(clerk))
        name.value = invoice.name
      }
    ]
    guard plan.fate != .draft else { return moments }
    moments.append(
      DemoMoment(time: drafted + .hours(3)) { [self] in
        _ = try await client().issueInvoice(.init(name: name.value), stage.by(clerk))
      })
    let later = DemoCalendar.working(drafted + .days(plan.fate.days))
    switch plan.fate {
    case .draft, .open: break
    case .paid, .partlyPaid:
      moments.append(
        DemoMoment(time: later) { [self] in
          let invoice = try await client().getInvoice(.init(name: name.value), stage.by(clerk))
          let share = plan.fate == .paid ? invoice.paymentDue : plan.half(of: invoice)
          _ = try await client().recordPayment(
            .init(
              name: name.value,
              payment: .init(
                amount: share, paymentDate: .init(CivilDate(later, in: .gmt)),
                method: index.isMultiple(of: 3) ? "Card ending 4242" : "Bank transfer",
                reference: "\(plan.customer.id.uppercased()) \(invoice.number)"),
              requestID: "demo-payment-\(index)"), stage.by(clerk))
        })
    case .void:
      moments.append(
        DemoMoment(time: later) { [self] in
          _ = try await client().voidInvoice(.init(name: name.value), stage.by(clerk))
        })
    case .uncollectible:
      moments.append(
        DemoMoment(time: later) { [self] in
          _ = try await client().writeOffInvoice(.init(name: name.value), stage.by(clerk))
        })
    }
    return moments
  }

  /// A name that becomes known when its moment has come.
  private final class Box {
    var value = ""
  }
}
