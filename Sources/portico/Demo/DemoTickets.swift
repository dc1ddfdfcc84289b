import Foundation
import PorticoAPI
import RPC
import Values
import WellKnown

/// The demo's tickets over the year: raised by the customers' own logins, worked on by technicians.
struct DemoTickets {
  let stage: DemoStage
  let count: Int

  func moments() -> [DemoMoment] {
    var dice = DemoDice(27)
    return (0..<count).flatMap { index in plot(index, &dice).moments(on: stage) }
  }

  /// The first tickets are the oldest; the last sixth fills the three weeks before today.
  private func plot(_ index: Int, _ dice: inout DemoDice) -> DemoTicketPlot {
    let customer = customer(dice.roll(100))
    let people = customer.people.filter { $0.role != nil }
    let stories = DemoTicketStory.all.filter { $0.suits(customer.id) }
    let recent = index >= count - count / 6
    let daysAgo =
      recent
      ? (count - 1 - index) * 20 / max(1, count / 6)
      : 22 + (count - count / 6 - 1 - index) * 330 / max(1, count - count / 6)
    let (hour, minute) = (8 + dice.roll(8), dice.roll(60))
    var raised = DemoCalendar.workday(before: stage.now, days: daysAgo, hour: hour, minute: minute)
    // What would be raised later today was raised the working day before.
    if raised > stage.now - .hours(1) {
      raised = DemoCalendar.workday(
        before: stage.now, days: daysAgo + 1, hour: hour, minute: minute)
    }
    return DemoTicketPlot(
      index: index, customer: customer, person: dice.pick(people), story: dice.pick(stories),
      technician: dice.pick(["tomas", "priya", "jonas"]), raised: raised,
      end: recent ? .recent(index % 8) : .old(closedAfter: .days(dice.chance(60) ? 8 : 5)),
      answerMinutes: 12 + dice.roll(150), resolveHours: 3 + dice.roll(40),
      hasFile: index % 9 == 4, customerResolves: dice.chance(35))
  }

  private func customer(_ roll: Int) -> DemoTenant.Customer {
    var left = roll
    for customer in DemoTenant.customers {
      left -= customer.ticketShare
      if left < 0 { return customer }
    }
    return DemoTenant.larkspur
  }
}

extension DemoTicketStory {
  /// Some stories belong to one trade.
  private static let trades: [String: Set<String>] = [
    "Plotter prints in the wrong scale": ["halden-moss"],
    "Drawing software wants a licence": ["halden-moss"],
    "Access to the project folder": ["halden-moss"],
    "Mailbox is full": ["halden-moss"],
    "Colleague leaves at the end of the month": ["halden-moss"],
    "Tablet screen cracked": ["larkspur"],
    "Internet is very slow since Monday": ["larkspur"],
    "Practice software is slow in the morning": ["larkspur"],
    "Phones at reception are silent": ["larkspur"],
    "Front desk printer jams on every second page": ["larkspur", "copperfield"],
    "Card reader at the till is not found": ["tideline"],
    "Cold store sensor offline": ["tideline"],
    "Deleted a folder by mistake": ["tideline"],
    "Website shows a security warning": ["tideline"],
    "Spreadsheet crashes on opening": ["tideline", "halden-moss"],
    "Accounting export fails": ["tideline"],
    "Guest Wi-Fi for an event": ["copperfield", "halden-moss"],
    "Class tablets ask for an Apple ID": ["copperfield"],
    "Update the interactive boards": ["copperfield"],
    "New starter needs a workstation": ["halden-moss", "larkspur"],
  ]

  func suits(_ customer: String) -> Bool { Self.trades[title]?.contains(customer) ?? true }
}
