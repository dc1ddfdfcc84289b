import Handling
import PorticoAPI
import RPC
import WellKnown

/// What the forms of the staff's ticket page do. Each answers with 303 back to the ticket, or shows it again with
/// what was typed and why it was refused.
enum StaffTicketActions {
  typealias Hold = (value: String, title: String, icon: Icon, state: Ticketing.TicketState)
  static let holds: [Hold] = [
    ("pending_customer", "Wait for the customer", .statePending, .pendingCustomer),
    ("pending_vendor", "Wait for a vendor", .statePending, .pendingVendor),
    ("scheduled", "Mark as scheduled", .calendar, .scheduled),
  ]

  @Sendable static func assign(_ context: PageContext) async throws -> Response {
    let form = context.form
    let name = context.ticketName
    var request = Ticketing.AssignTicketRequest(
      name: name, assignee: form.plain("assignee"), etag: form["etag"])
    if form["take"] == "me" { request.assignee = try context.signedIn().profile.user }
    var forms = StaffTicketPage.Forms()
    if let due = form.text("due_time") {
      guard let instant = LocalTime.instant(due, in: context.zone) else {
        forms.assign = FormState(.init("due_time", "Enter a date and a time"), form)
        return try await StaffTicketPage.page(context, name: name, forms: forms)
      }
      request.dueTime = .init(instant)
    }
    do {
      let ticket = try await TicketsClient(context.caller).assignTicket(request)
      let done =
        ticket.assignee.isEmpty
        ? "\(ticket.displayID) is back in Unassigned."
        : "\(ticket.displayID) is assigned to \(ticket.assigneeDisplayName)."
      return .redirect(to: "/\(name)", flash: .success(done))
    } catch {
      forms.assign = try FormState(error, form)
      return try await StaffTicketPage.page(context, name: name, forms: forms)
    }
  }

  @Sendable static func stage(_ context: PageContext) async throws -> Response {
    let (name, etag) = (context.ticketName, context.form["etag"])
    let tickets = TicketsClient(context.caller)
    do {
      let done: String
      switch context.form["to"] {
      case "resolved":
        done =
          "\(try await tickets.resolveTicket(.init(name: name, etag: etag)).displayID) is resolved."
      case "closed":
        done =
          "\(try await tickets.closeTicket(.init(name: name, etag: etag)).displayID) is closed."
      case "open":
        done =
          "\(try await tickets.reopenTicket(.init(name: name, etag: etag)).displayID) is open again."
      case let value:
        guard let hold = holds.first(where: { $0.value == value }) else {
          throw Status.invalid("to", "is not a stage")
        }
        let ticket = try await tickets.holdTicket(
          .init(name: name, state: hold.state, etag: etag))
        done = "\(ticket.displayID) is put on hold."
      }
      return .redirect(to: "/\(name)", flash: .success(done))
    } catch {
      var forms = StaffTicketPage.Forms()
      forms.stage = try FormState(error, context.form)
      return try await StaffTicketPage.page(context, name: name, forms: forms)
    }
  }

  /// Changes the fields that the form had: a list that could not be offered is left alone.
  @Sendable static func classify(_ context: PageContext) async throws -> Response {
    let form = context.form
    let name = context.ticketName
    func choice(_ field: String) -> Ticketing.Choice? {
      form.text("ticket.\(field)").map { .init(name: $0) }
    }
    let ticket = Ticketing.Ticket(
      name: name, title: form.plain("ticket.title"), site: form.plain("ticket.site"),
      category: choice("category"), type: choice("type"), priority: choice("priority"),
      issueType: choice("issue_type"), subIssueType: choice("sub_issue_type"),
      hardwareAsset: form.plain("ticket.hardware_asset"),
      softwareAsset: form.plain("ticket.software_asset"), etag: form["etag"])
    let paths = [
      "title", "category", "type", "priority", "issue_type", "sub_issue_type", "site",
      "hardware_asset", "software_asset",
    ].filter { path in form.fields.contains { $0.name == "ticket.\(path)" } }
    do {
      let saved = try await TicketsClient(context.caller)
        .updateTicket(.init(ticket: ticket, updateMask: .init(paths: paths)))
      return .redirect(
        to: "/\(name)", flash: .success("The classification of \(saved.displayID) is saved."))
    } catch {
      var forms = StaffTicketPage.Forms()
      forms.classify = try FormState(error, form)
      return try await StaffTicketPage.page(context, name: name, forms: forms)
    }
  }

  @Sendable static func reply(_ context: PageContext) async throws -> Response {
    let form = context.form
    let name = context.ticketName
    let isInternal = form["visibility"] == "internal"
    let tickets = TicketsClient(context.caller)
    var forms = StaffTicketPage.Forms()
    do {
      let settings = await context.optional("ticket settings") {
        try await TicketAdministrationClient(context.caller).getTicketSettings(.init(), $0)
      }
      let files = try await TicketUploads.send(
        context, maxBytes: TicketUploads.maxBytes(settings))
      forms.sent = files.sent
      guard files.errors.isEmpty else {
        forms.reply = FormState(files.formErrors, form)
        return try await StaffTicketPage.page(context, name: name, forms: forms)
      }
      _ = try await tickets.createNote(
        .init(
          parent: name,
          note: .init(visibility: isInternal ? .internal : .public, body: form["body"].unixLines),
          uploads: files.sent.map(\.name), requestID: form["request_id"]))
      if form["then"] == "resolve" { _ = try await tickets.resolveTicket(.init(name: name)) }
    } catch {
      forms.reply = try FormState(error, form, renaming: ["note.body": "body", "uploads": "files"])
      return try await StaffTicketPage.page(context, name: name, forms: forms)
    }
    let done =
      isInternal ? "The note is kept for your team." : "Your reply is sent to the customer."
    return .redirect(
      to: "/\(name)",
      flash: .success(form["then"] == "resolve" ? "\(done) The ticket is resolved." : done))
  }

  @Sendable static func logTime(_ context: PageContext) async throws -> Response {
    let form = context.form
    let name = context.ticketName
    var errors: [String: String] = [:]
    let minutes = Int32(form.plain("time_entry.minutes"))
    if minutes == nil { errors["time_entry.minutes"] = "Enter whole minutes, 1 to 1,440" }
    let start = form.text("time_entry.start_time").map {
      LocalTime.instant($0, in: context.zone)
    }
    if case .some(.none) = start { errors["time_entry.start_time"] = "Enter a date and a time" }
    var forms = StaffTicketPage.Forms()
    do {
      guard errors.isEmpty, let minutes else {
        forms.time = FormState(.init(byField: errors, general: []), form)
        return try await StaffTicketPage.page(context, name: name, forms: forms)
      }
      _ = try await TicketsClient(context.caller).createTimeEntry(
        .init(
          parent: name,
          timeEntry: .init(
            startTime: start.flatMap { $0 }.map { .init($0) }, minutes: minutes,
            note: form.plain("time_entry.note").unixLines, billable: form.isOn("billable"),
            public: form.isOn("public")), requestID: form["request_id"]))
      return .redirect(to: "/\(name)", flash: .success("\(UI.counted(minutes, "minute")) logged."))
    } catch {
      forms.time = try FormState(error, form)
      return try await StaffTicketPage.page(context, name: name, forms: forms)
    }
  }
}
