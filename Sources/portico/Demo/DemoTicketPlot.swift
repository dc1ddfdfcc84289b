import Foundation
import PorticoAPI
import RPC
import Values
import WellKnown

/// One demo ticket: who raises it, who works on it, how it goes on and how far it has come.
struct DemoTicketPlot: Sendable {
  enum End: Sendable, Hashable {
    case old(closedAfter: Duration)
    /// One of eight ways in which a recent ticket stands today.
    case recent(Int)
  }

  var index: Int
  var customer: DemoTenant.Customer
  var person: DemoTenant.Person
  var story: DemoTicketStory
  var technician: String
  var raised: Instant
  var end: End
  var answerMinutes: Int
  var resolveHours: Int
  var hasFile: Bool
  var customerResolves: Bool

  private var login: String { "\(person.id)@\(customer.domain)" }
  private var parent: String { "accounts/\(customer.id)" }

  func moments(on stage: DemoStage) -> [DemoMoment] {
    let name = Name()
    let answered = DemoCalendar.working(raised + .minutes(answerMinutes))
    let replied = DemoCalendar.working(answered + .minutes(25 + story.minutes))
    let thanked = DemoCalendar.working(replied + .minutes(90))
    let resolved = DemoCalendar.working(max(thanked + .minutes(20), raised + .hours(resolveHours)))
    var moments = [DemoMoment(time: raised) { try await raise(name, on: stage) }]
    func then(_ time: Instant, _ body: @escaping () async throws -> Void) {
      moments.append(DemoMoment(time: time, happen: body))
    }
    let steps = steps
    if steps.contains(.pickedUp) { then(answered) { try await pickUp(name, on: stage) } }
    if steps.contains(.answered) { then(replied) { try await answer(name, on: stage) } }
    if steps.contains(.thanked) { then(thanked) { try await thank(name, on: stage) } }
    if steps.contains(.waiting) {
      then(replied + .minutes(5)) { try await hold(name, .pendingCustomer, on: stage) }
    }
    if steps.contains(.scheduled) {
      then(replied + .minutes(5)) { try await hold(name, .scheduled, on: stage) }
    }
    if steps.contains(.resolved) { then(resolved) { try await resolve(name, on: stage) } }
    if steps.contains(.closed) {
      then(DemoCalendar.working(resolved + closedAfter)) { try await close(name, on: stage) }
    }
    return moments
  }

  private enum Step: Hashable {
    case pickedUp, answered, thanked, waiting, scheduled, resolved, closed
  }

  private var steps: Set<Step> {
    switch end {
    case .old: [.pickedUp, .answered, .thanked, .resolved, .closed]
    case .recent(0), .recent(5): []
    case .recent(1): [.pickedUp]
    case .recent(2): [.pickedUp, .answered]
    case .recent(3): [.pickedUp, .answered, .waiting]
    case .recent(4): [.pickedUp, .answered, .scheduled]
    case .recent(6): [.pickedUp, .answered, .thanked]
    case .recent: [.pickedUp, .answered, .thanked, .resolved, .closed]
    }
  }

  /// Before the window passes in which the customer can reopen: until then nothing is closed by itself.
  private var closedAfter: Duration {
    if case .old(let closedAfter) = end { closedAfter } else { .days(8) }
  }

  /// The ticket's name, known once it was raised.
  private final class Name {
    var value = ""
  }

  // MARK: What happens

  private func raise(_ name: Name, on stage: DemoStage) async throws {
    let tickets = TicketsClient(try stage.service("ticketing"))
    var uploads: [String] = []
    if hasFile {
      let file = index.isMultiple(of: 2) ? DemoFile.photo : DemoFile.letter
      let upload = try await tickets.createUpload(stage.by(login)) { writer in
        try await writer.write(
          .init(
            fileName: file.name, sizeBytes: Int64(file.bytes.count), file: .init(data: file.bytes)))
      }
      uploads = [upload.name]
    }
    let device = customer.devices.first { $0.isHardware && story.issue == "hardware" }
    let program = customer.devices.first { !$0.isHardware && story.issue == "software" }
    let ticket = try await tickets.createTicket(
      .init(
        parent: parent,
        ticket: .init(
          title: story.title, details: story.details,
          site: person.site.map { "\(parent)/sites/\($0)" } ?? "",
          category: choice(story.category, .category), type: choice(story.type, .ticketType),
          priority: choice(story.priority, .priority), issueType: choice(story.issue, .issueType),
          subIssueType: choice(story.subIssue, .subIssueType),
          hardwareAsset: device.map { "\(parent)/assets/\($0.id)" } ?? "",
          softwareAsset: program.map { "\(parent)/assets/\($0.id)" } ?? ""),
        uploads: uploads, requestID: "demo-ticket-\(index)"), stage.by(login))
    name.value = ticket.name
  }

  private func pickUp(_ name: Name, on stage: DemoStage) async throws {
    let tickets = TicketsClient(try stage.service("ticketing"))
    let days = story.priority == "urgent" ? 1 : story.priority == "high" ? 2 : 4
    let due = DemoCalendar.working(raised + .days(days) + .hours(2))
    _ = try await tickets.assignTicket(
      .init(name: name.value, assignee: stage.user(technician), dueTime: .init(due)),
      stage.by(technician))
  }

  private func answer(_ name: Name, on stage: DemoStage) async throws {
    try await note(name, story.finding, .internal, by: technician, "finding", on: stage)
    try await note(name, story.reply, .public, by: technician, "reply", on: stage)
    _ = try await TicketsClient(stage.service("ticketing")).createTimeEntry(
      .init(
        parent: name.value,
        timeEntry: .init(
          minutes: Int32(story.minutes), note: story.title, billable: true,
          public: index.isMultiple(of: 2)), requestID: "demo-time-\(index)"),
      stage.by(technician))
  }

  private func thank(_ name: Name, on stage: DemoStage) async throws {
    try await note(name, story.thanks, .public, by: login, "thanks", on: stage)
  }

  private func note(
    _ name: Name, _ body: String, _ visibility: Ticketing.NoteVisibility, by author: String,
    _ key: String, on stage: DemoStage
  ) async throws {
    _ = try await TicketsClient(stage.service("ticketing")).createNote(
      .init(
        parent: name.value, note: .init(visibility: visibility, body: body),
        requestID: "demo-\(key)-\(index)"), stage.by(author))
  }

  private func hold(
    _ name: Name, _ state: Ticketing.TicketState, on stage: DemoStage
  ) async throws {
    _ = try await TicketsClient(stage.service("ticketing")).holdTicket(
      .init(name: name.value, state: state), stage.by(technician))
  }

  private func resolve(_ name: Name, on stage: DemoStage) async throws {
    _ = try await TicketsClient(stage.service("ticketing")).resolveTicket(
      .init(name: name.value), stage.by(customerResolves ? login : technician))
  }

  private func close(_ name: Name, on stage: DemoStage) async throws {
    _ = try await TicketsClient(stage.service("ticketing")).closeTicket(
      .init(name: name.value), stage.by(technician))
  }

  private func choice(_ id: String, _ kind: DemoCatalogue.Kind) -> Ticketing.Choice {
    .init(name: "catalogEntries/\(DemoCatalogue.entryID(id, kind))")
  }
}
