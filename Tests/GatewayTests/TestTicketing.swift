import Crypto
import Handling
import PorticoAPI
import Protobuf
import RPC
import Synchronization
import WellKnown

@testable import Gateway

/// A ticketing service in memory that keeps the contract where pages depend on it: violations, replay by request id,
/// uploads that are taken once. For tests of pages before real RPCs.
final class TestTicketing: TicketsService {
  struct State {
    var tickets: [String: Ticketing.Ticket] = [:]
    var notes: [Ticketing.Note] = []
    var uploads: [String: (name: String, bytes: [UInt8])] = [:]
    var answers: [String: (request: [UInt8], ticket: Ticketing.Ticket)] = [:]
    var received: [(name: String, bytes: [UInt8])] = []
    /// How often somebody asked for a ticket.
    var asked = 0
  }
  let state = Mutex(State())

  private var unimplemented: Status { Status(.unimplemented, "not in this test") }
  private var absent: Status { Status(.notFound, "there is no such ticket") }

  static func invalid(_ field: String, _ text: String) throws -> Status {
    Status(
      .invalidArgument, "\(field) \(text)",
      details: [
        .init(
          typeName: "google.rpc.BadRequest",
          value: try GoogleRpc.BadRequest(fieldViolations: [
            .init(field: field, description: text)
          ]).serialized())
      ])
  }

  func listTickets(
    _ request: Ticketing.ListTicketsRequest, _ call: Call
  ) async throws -> Ticketing.ListTicketsResponse {
    let tickets = state.withLock { state in
      state.tickets.values.filter { ($0.state == .resolved) == (request.view == .closed) }
    }
    return .init(
      tickets: tickets.sorted { $0.name < $1.name }, totalSize: Int32(tickets.count))
  }

  func getTicket(
    _ request: Ticketing.GetTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    let ticket = state.withLock { state in
      state.asked += 1
      return state.tickets[request.name]
    }
    guard let ticket else { throw absent }
    return ticket
  }

  func createTicket(
    _ request: Ticketing.CreateTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    guard request.ticket?.title.isEmpty == false else {
      throw try Self.invalid("ticket.title", "is required")
    }
    let bytes = try request.serialized()
    let reused = try Self.invalid("request_id", "was used for another request")
    return try state.withLock { state in
      if let known = state.answers[request.requestID] {
        guard known.request == bytes else { throw reused }
        return known.ticket
      }
      var ticket = request.ticket ?? .init()
      ticket.name = "\(request.parent)/tickets/\(1001 + state.tickets.count)"
      ticket.displayID = "TKT-\(1001 + state.tickets.count)"
      ticket.state = .new
      ticket.allowedActions = [.addNote, .resolve]
      for name in request.uploads {
        guard let upload = state.uploads.removeValue(forKey: name) else { throw absent }
        state.received.append(upload)
      }
      state.tickets[ticket.name] = ticket
      state.answers[request.requestID] = (bytes, ticket)
      return ticket
    }
  }

  func resolveTicket(
    _ request: Ticketing.ResolveTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    try state.withLock { state in
      guard var ticket = state.tickets[request.name] else { throw absent }
      guard ticket.state != .resolved else {
        throw Status(.failedPrecondition, "the ticket is resolved already")
      }
      ticket.state = .resolved
      ticket.timeToResolve = .init(seconds: 93_600)
      ticket.allowedActions = [.addNote, .reopen]
      state.tickets[request.name] = ticket
      return ticket
    }
  }

  func listNotes(
    _ request: Ticketing.ListNotesRequest, _ call: Call
  ) async throws -> Ticketing.ListNotesResponse {
    .init(notes: state.withLock { $0.notes })
  }

  func createNote(
    _ request: Ticketing.CreateNoteRequest, _ call: Call
  ) async throws -> Ticketing.Note {
    var note = request.note ?? .init()
    guard !note.body.isEmpty else { throw try Self.invalid("note.body", "is required") }
    return state.withLock { state in
      note.name = "\(request.parent)/notes/\(state.notes.count + 1)"
      note.kind = .customer
      state.notes.append(note)
      return note
    }
  }

  func listTimeEntries(
    _ request: Ticketing.ListTimeEntriesRequest, _ call: Call
  ) async throws -> Ticketing.ListTimeEntriesResponse { .init() }

  func createUpload(
    _ requests: RequestStream<Ticketing.CreateUploadRequest>, _ call: Call
  ) async throws -> Ticketing.Upload {
    var name = ""
    var bytes: [UInt8] = []
    for try await request in requests {
      if name.isEmpty { name = request.fileName }
      bytes += request.file?.data ?? []
    }
    guard !name.hasSuffix(".exe") else { throw try Self.invalid("file", "is not accepted") }
    let upload = (name: name, bytes: bytes)
    return state.withLock { state in
      let id = "uploads/\(SecretToken().reveal())"
      state.uploads[id] = upload
      return .init(name: id, fileName: upload.name, sizeBytes: Int64(upload.bytes.count))
    }
  }

  func downloadAttachment(
    _ request: Ticketing.DownloadAttachmentRequest, _ call: Call,
    _ responses: ResponseWriter<GoogleApi.HttpBody>
  ) async throws {
    guard request.name == "accounts/acme/tickets/1001/attachments/7" else { throw absent }
    let bytes = Array("<svg/>hello".utf8)
    let download = Download(
      size: bytes.count, contentType: "image/svg+xml", fileName: "plan \"ä\".svg", version: "v7")
    try await download.send(call, responses) { range in
      AsyncStream { continuation in
        for byte in bytes[range] { continuation.yield([byte]) }
        continuation.finish()
      }
    }
  }

  func updateTicket(
    _ request: Ticketing.UpdateTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket { throw unimplemented }
  func assignTicket(
    _ request: Ticketing.AssignTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    try state.withLock { state in
      guard var ticket = state.tickets[request.name] else { throw absent }
      guard request.etag == ticket.etag else { throw Status(.aborted, "changed meanwhile") }
      ticket.assignee = request.assignee
      ticket.assigneeDisplayName = request.assignee
      ticket.dueTime = request.dueTime
      ticket.etag += "+"
      state.tickets[request.name] = ticket
      return ticket
    }
  }
  func reopenTicket(
    _ request: Ticketing.ReopenTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket { throw unimplemented }
  func closeTicket(
    _ request: Ticketing.CloseTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket { throw unimplemented }
  func holdTicket(
    _ request: Ticketing.HoldTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket { throw unimplemented }
  func createTimeEntry(
    _ request: Ticketing.CreateTimeEntryRequest, _ call: Call
  ) async throws -> Ticketing.TimeEntry { throw unimplemented }
}

/// Settings with a small file limit; the rest of ticketing's services are not served, as if they were down.
struct TestTicketSettings: TicketAdministrationService {
  var submissionAllowed = true

  func getTicketSettings(
    _ request: Ticketing.GetTicketSettingsRequest, _ call: Call
  ) async throws -> Ticketing.TicketSettings {
    .init(submissionAllowed: submissionAllowed, maxFileBytes: 1000)
  }

  func updateTicketSettings(
    _ request: Ticketing.UpdateTicketSettingsRequest, _ call: Call
  ) async throws -> Ticketing.TicketSettings { throw Status(.unimplemented, "not in this test") }
}
