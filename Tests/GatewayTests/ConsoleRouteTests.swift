import Foundation
import PorticoAPI
import Testing

@testable import Gateway

@Suite("The console over sockets", .timeLimit(.minutes(2)))
struct ConsoleRouteTests {
  private static let path = "/accounts/acme/tickets/1001"

  private func withTicket(
    _ body: (PagesStage) async throws -> Void
  ) async throws {
    try await PagesStage.run(as: "tomas") { stage in
      var ticket = Samples.ticket()
      ticket.etag = "1"
      ticket.allowedActions = [
        .addNote, .addInternalNote, .resolve, .hold, .assign, .classify, .logTime,
      ]
      stage.ticketing.state.withLock { $0.tickets[ticket.name] = ticket }
      try await body(stage)
    }
  }

  @Test("A technician's home is the inbox, which lists tickets and says when a folder is empty")
  func inbox() async throws {
    try await withTicket { stage in
      let home = try await stage.get("/")
      #expect(home.status == 303 && home["location"] == "/inbox")
      let inbox = try await stage.get("/inbox")
      #expect(inbox.status == 200 && inbox.body.contains("href=\"\(Self.path)\""))
      let empty = try await stage.get("/inbox?folder=mine&view=closed")
      #expect(empty.body.contains("Clear filters"))
    }
  }

  @Test(
    "Staff see the ticket's page of the console: assignment, classification, time, both kinds of note"
  )
  func ticketPage() async throws {
    try await withTicket { stage in
      let page = try await stage.get(Self.path)
      #expect(page.status == 200)
      for action in [":assign", ":classify", ":stage", ":reply", "/timeEntries"] {
        #expect(page.body.contains("action=\"\(Self.path)\(action)\""))
      }
      #expect(page.body.contains("Internal note") && page.body.contains("Public reply"))
    }
  }

  @Test(
    "U-12 D-60 a stale etag shows what was typed, says so and offers to reload; saved again it goes through"
  )
  func staleAssignment() async throws {
    try await withTicket { stage in
      let fields = "assignee=users/administrator&due_time=2026-03-09T17:30"
      let stale = try await stage.post("\(Self.path):assign", "etag=0&\(fields)")
      #expect(stale.status == 409)
      #expect(stale.body.contains("This was changed meanwhile"))
      #expect(stale.body.contains("value=\"2026-03-09T17:30\""))
      #expect(stale.body.contains("value=\"users/administrator\" selected"))
      let saved = try await stage.post("\(Self.path):assign", "etag=1&\(fields)")
      #expect(saved.status == 303 && saved["location"] == Self.path)
      let ticket = stage.ticketing.state.withLock { $0.tickets["accounts/acme/tickets/1001"] }
      #expect(ticket?.assignee == "users/administrator")
      #expect(ticket?.dueTime?.seconds == 1_773_077_400)
    }
  }

  @Test("A deadline that is no time is told beside its field, and nothing is sent")
  func wrongDeadline() async throws {
    try await withTicket { stage in
      let page = try await stage.post("\(Self.path):assign", "etag=1&due_time=tomorrow")
      #expect(page.status == 422 && page.body.contains("Enter a date and a time"))
      #expect(page.body.contains("value=\"tomorrow\""))
      let time = try await stage.post("\(Self.path)/timeEntries", "time_entry.minutes=many")
      #expect(time.status == 422 && time.body.contains("Enter whole minutes"))
    }
  }

  @Test("An internal note stays internal; a refused one keeps its text and its choice")
  func notes() async throws {
    try await withTicket { stage in
      let refused = try await stage.submit(
        "\(Self.path):reply", [("visibility", "internal"), ("body", "")])
      #expect(refused.status == 422)
      #expect(refused.body.contains("value=\"internal\" checked"))
      let sent = try await stage.submit(
        "\(Self.path):reply", [("visibility", "internal"), ("body", "Look at\r\nTKT-3")])
      #expect(sent.status == 303)
      let answered = try await stage.submit(
        "\(Self.path):reply", [("visibility", "public"), ("body", "Done"), ("then", "resolve")])
      #expect(answered.status == 303)
      let notes = stage.ticketing.state.withLock { $0.notes }
      #expect(notes.map(\.visibility) == [.internal, .public])
      #expect(notes.map(\.body) == ["Look at\nTKT-3", "Done"])
      let state = stage.ticketing.state.withLock { $0.tickets["accounts/acme/tickets/1001"]?.state }
      #expect(state == .resolved)
    }
  }

  @Test("A step that is not possible any more is told on the ticket's page")
  func refusedStage() async throws {
    try await withTicket { stage in
      let resolved = try await stage.post("\(Self.path):stage", "to=resolved")
      #expect(resolved.status == 303)
      let again = try await stage.post("\(Self.path):stage", "to=resolved")
      #expect(again.status == 422 && again.body.contains("The ticket is resolved already"))
      let unknown = try await stage.post("\(Self.path):stage", "to=burnt")
      #expect(unknown.status == 422)
    }
  }

  @Test(
    "S-002 S-003 S-004 S-005 S-006 the Client Portal Access tab: errors beside fields, then access is given"
  )
  func portalAccess() async throws {
    let contacts = TestContacts()
    try await PagesStage.run(as: "tomas", identity: [contacts]) { stage in
      let contact = "/accounts/acme/contacts/ada"
      let tab = try await stage.get("\(contact)?tab=access")
      #expect(tab.status == 200 && tab.body.contains("No portal access"))
      let save = "\(contact):updatePortalAccess"
      let noRole = try await stage.post(save, "etag=1&enabled=yes&user_name=ada.b")
      #expect(noRole.status == 422 && noRole.body.contains("Security role is required"))
      #expect(
        noRole.body.contains("value=\"ada.b\"") && noRole.body.contains("value=\"yes\" checked"))
      let taken = try await stage.post(
        save, "etag=1&enabled=yes&user_name=taken&role=roles/external-user")
      #expect(taken.status == 422 && taken.body.contains("is taken by somebody else"))
      let given = try await stage.post(
        save, "etag=1&enabled=yes&user_name=ada.b&role=roles/external-user")
      #expect(given.status == 303 && given["location"] == "\(contact)?tab=access")
      let invited = try await stage.get("\(contact)?tab=access")
      #expect(invited.body.contains("Invited") && invited.body.contains("Send login"))
      let withAccess = try await stage.get("/contacts?access=yes")
      #expect(withAccess.body.contains("Ada Byron"))
      let without = try await stage.get("/contacts?access=no")
      #expect(without.body.contains("Clear filters"))
      let login = try await stage.post("\(contact):sendLogin")
      #expect(login.status == 303)
    }
  }

  @Test(
    "S-241 S-242 S-243 D-46 F-46 chosen contacts get access at once, with or without mail, each told by itself",
    arguments: [("with", "The welcome mail is on its way"), ("without", "No mail was sent")])
  func bulkAccess(_ kind: String, _ told: String) async throws {
    try await PagesStage.run(as: "tomas", identity: [TestContacts()]) { stage in
      let list = try await stage.get("/contacts")
      #expect(list.body.contains("action=\"/contacts/bulk\"") && list.body.contains("Batch action"))
      let nobody = try await stage.post("/contacts/bulk")
      #expect(nobody.status == 303 && nobody["location"] == "/contacts")
      let page = try await stage.post("/contacts/bulk", "contact=accounts/acme/contacts/ada")
      for part in ["Choose contacts", "Choose operations", "Update contacts", "Operation details"] {
        #expect(page.body.contains(part))
      }
      let chosen = PagesStage.value("contact", page)
      #expect(page.status == 200 && chosen == "accounts/acme/contacts/ada 1")
      let go =
        "operation=update&request_id=b&access=\(kind)&contact=\(chosen.replacing(" ", with: "+"))"
      let noRole = try await stage.post("/contacts/bulk", go)
      #expect(noRole.status == 422 && noRole.body.contains("Security role is required"))
      // The same one twice: what was shown is true of the first only.
      let done = try await stage.post(
        "/contacts/bulk",
        "\(go)&contact=\(chosen.replacing(" ", with: "+"))&role=roles/external-user")
      #expect(done.status == 200 && done.body.contains(told))
      #expect(done.body.contains("1 of 2 have portal access now; 1 refused."))
      #expect(done.body.contains("Changed meanwhile"))
      let again = try await stage.post("/contacts/bulk", "contact=accounts/acme/contacts/ada")
      #expect(again.body.contains("has portal access already"))
    }
  }

  @Test("D-51 for a customer the console does not exist")
  func customers() async throws {
    try await PagesStage.run { stage in
      for path in ["/inbox", "/contacts", "/mail", "/roles", "/audit", "/settings/portal"] {
        let page = try await stage.get(path)
        #expect(page.status == 404)
      }
      let post = try await stage.post("\(Self.path):assign", "etag=1")
      #expect(post.status == 404)
    }
  }
}
