import NIOHTTP1
import PorticoAPI
import RPC
import Values
import WellKnown

/// `/accounts/{account}/tickets/{number}`: what it is about, the thread, who handles it and until when. Staff have a page
/// of their own at the same address.
enum TicketPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/{name=accounts/*/tickets/*}") { context in
      if context.principal?.isStaff == true { return try await Console.ticket(context) }
      return try await page(context, name: context.path["name"])
    },
    PageRoute(
      .POST, "/{name=accounts/*/tickets/*}/notes", limits: TicketUploads.limits,
      deadline: TicketUploads.deadline, addNote),
    PageRoute(.POST, "/{name=accounts/*/tickets/*}:resolve") { context in
      let name = context.path["name"]
      return try await act(context, done: "Marked as resolved.") {
        _ = try await TicketsClient(context.caller).resolveTicket(.init(name: name))
      }
    },
    PageRoute(.POST, "/{name=accounts/*/tickets/*}:reopen") { context in
      let name = context.path["name"]
      return try await act(context, done: "The ticket is open again.") {
        _ = try await TicketsClient(context.caller).reopenTicket(.init(name: name))
      }
    },
  ]

  private static func page(
    _ context: PageContext, name: String, errors: UI.FormErrors = .init(),
    sent: [TicketUploads.Sent] = []
  ) async throws -> Response {
    async let ticket = TicketsClient(context.caller).getTicket(.init(name: name))
    async let notes = notes(name, context)
    // Time that the provider shows (S-071..S-073).
    async let times = context.optional("time entries") {
      try await TicketsClient(context.caller).listTimeEntries(.init(parent: name), $0)
    }
    async let settings = settings(context)
    let parts = TicketParts(
      ticket: try await ticket, notes: try await notes, times: await times ?? .init(),
      maxFileBytes: TicketUploads.maxBytes(await settings))
    return await shell(
      context, title: "\(parts.ticket.displayID) \(parts.ticket.title)", active: "/tickets",
      status: errors.isEmpty ? .ok : .unprocessableEntity,
      TicketView(parts: parts, context: context, errors: errors, sent: sent).html)
  }

  /// The whole thread; a ticket with more than a thousand notes shows the first thousand.
  private static func notes(_ name: String, _ context: PageContext) async throws -> [Ticketing.Note]
  {
    var notes: [Ticketing.Note] = []
    var token = ""
    repeat {
      let answer = try await TicketsClient(context.caller).listNotes(
        .init(parent: name, pageSize: 200, pageToken: token))
      notes += answer.notes
      token = answer.nextPageToken
    } while !token.isEmpty && notes.count < 1000
    return notes
  }

  private static func settings(_ context: PageContext) async -> Ticketing.TicketSettings? {
    await context.optional("ticket settings", of: "settings") {
      try await TicketAdministrationClient(context.caller).getTicketSettings(.init(), $0)
    }
  }

  // MARK: Forms

  @Sendable private static func addNote(_ context: PageContext) async throws -> Response {
    let name = context.path["name"]
    let files = try await TicketUploads.send(
      context, maxBytes: TicketUploads.maxBytes(await settings(context)))
    guard files.errors.isEmpty else {
      return try await page(context, name: name, errors: files.formErrors, sent: files.sent)
    }
    let body = context.form["body"].replacing("\r\n", with: "\n")
    do {
      let note = try await TicketsClient(context.caller).createNote(
        .init(
          parent: name, note: .init(visibility: .public, body: body),
          uploads: files.sent.map(\.name), requestID: context.form["request_id"]))
      if context.form["then"] == "resolve" {
        return try await act(context, done: "Sent, and marked as resolved.") {
          _ = try await TicketsClient(context.caller).resolveTicket(.init(name: name))
        }
      }
      return added(note, to: name)
    } catch {
      guard let errors = UI.FormErrors(error, renaming: ["note.body": "body"]) else { throw error }
      if errors["request_id"] != nil {
        return .redirect(
          to: "/\(name)", flash: .notice("This message has been taken already."))
      }
      return try await page(context, name: name, errors: errors, sent: files.sent)
    }
  }

  /// A note on a closed ticket has opened a new one (D-30): lead there.
  private static func added(_ note: Ticketing.Note, to name: String) -> Response {
    let ticket = note.name.split(separator: "/").prefix(4).joined(separator: "/")
    guard !ticket.isEmpty, ticket != name else {
      return .redirect(to: "/\(name)", flash: .success("Sent."))
    }
    return .redirect(
      to: "/\(ticket)",
      flash: .notice("The ticket was closed already, so your message opened this new one."))
  }

  /// Performs a step of the life cycle; one that is not possible any more is told on the ticket's page.
  private static func act(
    _ context: PageContext, done: String, _ step: () async throws -> Void
  ) async throws -> Response {
    let path: LocalPath = "/\(context.path["name"])"
    do {
      try await step()
      return .redirect(to: path, flash: .success(done))
    } catch {
      guard let errors = UI.FormErrors(error) else { throw error }
      let reasons = errors.general + errors.byField.values.sorted()
      return .redirect(to: path, flash: .failure(reasons.joined(separator: " ")))
    }
  }
}

/// What a ticket's page is made of.
struct TicketParts: Sendable {
  var ticket: Ticketing.Ticket
  var notes: [Ticketing.Note]
  var times = Ticketing.ListTimeEntriesResponse()
  var maxFileBytes: Int64
}
