import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@Suite("The thread of a ticket")
struct NoteTests {
  @Test(
    "D-34 internal notes and their files never reach a customer: list, count, times, etag, download, search, mail",
    arguments: TestStore.engines)
  func internalNotes(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let ticket = try await desk.raise()
      let upload = try await desk.upload(
        "secret.txt", Array("the margin is 40 percent".utf8), as: desk.tim)
      let before = try await desk.read(ticket, as: desk.ada)
      desk.stage.clock.advance(by: .minutes(5))
      let note = try await desk.note(
        "Wellington: do not tell them", on: ticket, as: desk.tim, uploads: [upload.name])
      #expect(note.visibility == .internal)
      #expect(note.kind == .staff)
      let file = try #require(note.attachments.first)
      for customer in [desk.ada, desk.mia] {
        let seen = try await desk.read(ticket, as: customer)
        #expect(seen.noteCount == 0)
        #expect(seen.attachments.isEmpty)
        #expect(seen.updateTime == before.updateTime)
        #expect(seen.etag == before.etag)
        #expect(seen.firstResponseTime == nil)
        #expect(seen.state == .new)
        #expect(try await desk.thread(ticket, as: customer) == [])
        #expect(
          try await status { try await desk.download(file, as: customer) }
            == Status(.notFound, "not found"))
        let found = try await desk.tickets(customer).listTickets(
          .init(parent: "accounts/acme", query: "Wellington"))
        #expect(found.tickets.isEmpty)
        let list = try await desk.tickets(customer).listTickets(
          .init(parent: "accounts/acme", orderBy: .updatedLast))
        #expect(list.tickets.first?.noteCount == 0)
        #expect(list.tickets.first?.updateTime == before.updateTime)
      }
      let forStaff = try await desk.read(ticket, as: desk.tess)
      #expect(forStaff.noteCount == 1)
      #expect(forStaff.updateTime == .init(desk.stage.clock.now))
      #expect(try await desk.thread(ticket, as: desk.tess) == ["Wellington: do not tell them"])
      #expect(
        try await desk.download(file, as: desk.tess).bytes == Array("the margin is 40 percent".utf8)
      )
      #expect(try await desk.mails().isEmpty)
    }
  }

  @Test("D-34 an internal note does not move a ticket in a customer's list by last change")
  func orderByUpdate() async throws {
    try await Desk.run { desk in
      let first = try await desk.raise("First")
      desk.stage.clock.advance(by: .minutes(1))
      _ = try await desk.raise("Second")
      desk.stage.clock.advance(by: .minutes(1))
      try await desk.note("Between us", on: first, as: desk.tim)
      func titles(_ person: Principal) async throws -> [String] {
        try await desk.tickets(person).listTickets(
          .init(parent: "accounts/acme", orderBy: .updatedLast)
        ).tickets.map(\.title)
      }
      #expect(try await titles(desk.ada) == ["Second", "First"])
      #expect(try await titles(desk.tim) == ["First", "Second"])
    }
  }

  @Test("S-095 S-096 D-34 customers write public notes only, staff say which")
  func visibility() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      let hers = try await desk.note("Help", on: ticket, as: desk.ada)
      #expect(hers.visibility == .public)
      #expect(hers.kind == .customer)
      #expect(hers.author == desk.ada.user)
      #expect(hers.authorDisplayName == "Ada")
      let refused = try await status {
        try await desk.note("Psst", on: ticket, as: desk.ada, .internal)
      }
      #expect(refused.violations.map(\.field) == ["note.visibility"])
      try await desk.note("Answer", on: ticket, as: desk.tim, .public)
      try await desk.note("Psst", on: ticket, as: desk.tim, .unrecognized(7))
      #expect(try await desk.thread(ticket, as: desk.mia) == ["Help", "Answer"])
      #expect(try await desk.thread(ticket, as: desk.tim) == ["Help", "Answer", "Psst"])
      for body in ["", " \n ", String(repeating: "x", count: 20_001), "bell\u{7}"] {
        let refused = try await status { try await desk.note(body, on: ticket, as: desk.ada) }
        #expect(refused.violations.map(\.field) == ["note.body"])
      }
    }
  }

  @Test("D-60 the thread in pages is the whole thread, oldest first; a foreign token is refused")
  func paging() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      let bodies = (1...7).map { "Note \($0)" }
      for body in bodies { try await desk.note(body, on: ticket, as: desk.tim, .public) }
      try await desk.note("Internal", on: ticket, as: desk.tim)
      var (seen, token): ([String], String) = ([], "")
      repeat {
        let page = try await desk.tickets(desk.ada).listNotes(
          .init(parent: ticket.name, pageSize: 3, pageToken: token))
        #expect(page.notes.count <= 3)
        seen += page.notes.map(\.body)
        token = page.nextPageToken
        if !token.isEmpty {
          let used = token
          let refused = try await status {
            try await desk.tickets(desk.tim).listNotes(.init(parent: ticket.name, pageToken: used))
          }
          #expect(refused.violations.map(\.field) == ["page_token"])
        }
      } while !token.isEmpty
      #expect(seen == bodies)
    }
  }

  @Test(
    "D-30 D-31 a customer's note reopens a resolved ticket inside the window, and the thread says so"
  )
  func reopens() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      _ = try await desk.tickets(desk.tim).resolveTicket(.init(name: ticket.name))
      desk.stage.clock.advance(by: .days(7))
      let note = try await desk.note("Broken again", on: ticket, as: desk.ada)
      #expect(note.name.hasPrefix(ticket.name + "/notes/"))
      let seen = try await desk.read(ticket, as: desk.ada)
      #expect(seen.state == .open)
      #expect(seen.resolveTime == nil)
      #expect(seen.timeToResolve == nil)
      #expect(seen.noteCount == 1)
      #expect(
        try await desk.thread(ticket, as: desk.ada) == [
          "marked the ticket as resolved.", "Broken again", "opened the ticket again.",
        ])
      #expect(try await desk.trail().events.map(\.type).contains("ticket.reopened"))
    }
  }

  @Test(
    "D-30 F-14 a customer's note on a closed ticket opens one that follows it, in her own reach")
  func followUp() async throws {
    try await Desk.run { desk in
      try await desk.change(
        .init(
          submissionAllowed: true, submissionNotificationEmails: ["desk@northwind.test"],
          defaultAssignee: "users/tess", reopenDays: 7))
      let old = try await desk.raise("Printer jams")
      _ = try await desk.tickets(desk.tim).resolveTicket(.init(name: old.name))
      _ = try await desk.tickets(desk.tim).closeTicket(.init(name: old.name))
      let upload = try await desk.upload("photo.txt", Array("paper".utf8), as: desk.ada)
      let note = try await desk.note(
        "Again!", on: old, as: desk.ada, uploads: [upload.name], requestID: "again")
      #expect(note.name.hasPrefix("accounts/acme/tickets/1002/notes/"))
      #expect(note.attachments.map(\.fileName) == ["photo.txt"])
      #expect(
        try await desk.note(
          "Again!", on: old, as: desk.ada, uploads: [upload.name], requestID: "again") == note)
      let new = try await desk.tickets(desk.ada).getTicket(
        .init(name: "accounts/acme/tickets/1002"))
      #expect(new.follows == old.name)
      #expect(new.title == "Printer jams")
      #expect(new.noteCount == 1)
      #expect(new.contact == old.contact)
      #expect(new.assigneeDisplayName == "Tess Tech")
      #expect(new.createTime == .init(desk.stage.clock.now))
      #expect([new.resolveTime, new.closeTime, new.firstResponseTime] == [nil, nil, nil])
      #expect(try await desk.read(old, as: desk.ada).state == .closed)
      #expect(
        try await desk.mails("created").map(\.subject) == [
          "[TKT-1001] New ticket: Printer jams", "[TKT-1002] New ticket: Printer jams",
        ])
      #expect(try await desk.mails("note").map { $0.to.first?.email } == ["tess@northwind.test"])
      // The manager's note makes her the contact person, staff's stays where it is.
      let hers = try await desk.note("And for me", on: old, as: desk.mia)
      #expect(hers.name.hasPrefix("accounts/acme/tickets/1003/"))
      let third = try await desk.tickets(desk.mia).getTicket(
        .init(name: "accounts/acme/tickets/1003"))
      #expect(third.contactDisplayName == "Mia Byte")
      let staff = try await desk.note("For the record", on: old, as: desk.tim, .public)
      #expect(staff.name.hasPrefix(old.name + "/"))
      // Resolved too long ago is as good as closed.
      _ = try await desk.tickets(desk.tim).resolveTicket(.init(name: new.name))
      desk.stage.clock.advance(by: .days(8))
      let late = try await desk.note("Once more", on: new, as: desk.ada)
      #expect(late.name.hasPrefix("accounts/acme/tickets/1004/"))
      let fourth = try await desk.tickets(desk.ada).getTicket(
        .init(name: "accounts/acme/tickets/1004"))
      #expect(fourth.details == "This follows TKT-1002, which is resolved.")
    }
  }
}

@Suite("Letters about tickets")
struct LetterTests {
  @Test(
    "S-059 S-236 D-59 a new ticket is mailed to the staff named in the settings, in the same transaction"
  )
  func created() async throws {
    try await Desk.run { desk in
      try await desk.change(
        .init(
          submissionAllowed: true,
          submissionNotificationEmails: [
            "a@northwind.test", "b@northwind.test", "A@northwind.test",
          ],
          reopenDays: 7))
      _ = try await desk.raise(requestID: "r")
      _ = try await desk.raise(requestID: "r")
      let mails = try await desk.mails()
      #expect(
        Set(mails.compactMap { $0.to.first?.email }) == ["a@northwind.test", "b@northwind.test"])
      #expect(mails.count == 2)
      for mail in mails {
        #expect(mail.subject == "[TKT-1001] New ticket: Printer jams")
        #expect(mail.textBody.contains("Ada Byte of Acme"))
        #expect(mail.textBody.contains("It is stuck."))
        #expect(mail.textBody.contains("https://northwind.portal.test/accounts/acme/tickets/1001"))
        #expect(mail.requestID.utf8.count <= 128)
      }
      // A refused ticket tells nobody.
      _ = try await status {
        try await desk.raise { $0.hardwareAsset = "accounts/acme/assets/none" }
      }
      #expect(try await desk.mails().count == 2)
    }
  }

  @Test(
    "S-109 S-123 S-124 assignment with a deadline: the ticket, its thread and the mails say who and until when"
  )
  func assigned() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      let due = GoogleProtobuf.Timestamp(seconds: 1_772_463_600)
      let given = try await desk.tickets(desk.tim).assignTicket(
        .init(name: ticket.name, assignee: "users/tess", dueTime: due))
      #expect(given.state == .open)
      let seen = try await desk.read(ticket, as: desk.ada)
      #expect(seen.assigneeDisplayName == "Tess Tech")
      #expect(seen.dueTime == due)
      #expect(
        try await desk.thread(ticket, as: desk.ada) == [
          "gave the ticket to Tess Tech, with a deadline."
        ])
      let hers = try #require(try await desk.mails("assigned").first)
      #expect(hers.to.map(\.email) == ["ada@acme.test"])
      #expect(hers.textBody.contains("Tess Tech is taking care of your ticket TKT-1001"))
      #expect(hers.textBody.contains("2 March 2026, 15:00 UTC"))
      #expect(try await desk.mails("given").map { $0.to.first?.email } == ["tess@northwind.test"])
      // The same again changes nothing; back into Unassigned tells nobody.
      _ = try await desk.tickets(desk.tim).assignTicket(
        .init(name: ticket.name, assignee: "users/tess", dueTime: due))
      let back = try await desk.tickets(desk.tim).assignTicket(.init(name: ticket.name))
      #expect(back.assignee.isEmpty)
      #expect(back.dueTime == nil)
      #expect(try await desk.mails().count == 2)
      // Somebody who takes a ticket needs no letter to know.
      _ = try await desk.tickets(desk.tim).assignTicket(
        .init(name: ticket.name, assignee: "users/tim"))
      #expect(try await desk.mails("given").count == 1)
      #expect(try await desk.mails("assigned").count == 2)
      let told = try await desk.thread(ticket, as: desk.ada)
      #expect(told.suffix(2) == ["put the ticket back into Unassigned.", "took the ticket."])
      for assignee in ["users/nobody", "users/grace", "tim", "users/acme-ada"] {
        let refused = try await status {
          try await desk.tickets(desk.tim).assignTicket(
            .init(name: ticket.name, assignee: assignee))
        }
        #expect(refused.violations.map(\.field) == ["assignee"])
      }
    }
  }

  @Test(
    "S-067 S-129 S-134 the default assignee gets portal tickets, hears of them and of the customer's notes"
  )
  func defaultAssignee() async throws {
    try await Desk.run { desk in
      try await desk.change(
        .init(submissionAllowed: true, defaultAssignee: "users/tess", reopenDays: 7))
      let ticket = try await desk.raise()
      #expect(ticket.assignee == "users/tess")
      #expect(ticket.state == .open)
      #expect(try await desk.mails("given").map { $0.to.first?.email } == ["tess@northwind.test"])
      #expect(try await desk.mails("assigned").map { $0.to.first?.email } == ["ada@acme.test"])
      try await desk.note("More", on: ticket, as: desk.ada)
      #expect(try await desk.mails("note").map { $0.to.first?.email } == ["tess@northwind.test"])
      let byStaff = try await desk.raise(as: desk.tim) { $0.contact = "accounts/acme/contacts/ada" }
      #expect(byStaff.assignee.isEmpty)
      // Whoever has left gets nothing more.
      _ = try await UsersClient(desk.stage.caller("identity", as: desk.administrator())).updateUser(
        .init(user: .init(name: "users/tess", disabled: true)))
      #expect(try await desk.raise().assignee.isEmpty)
      let refused = try await status {
        try await desk.change(.init(defaultAssignee: "users/tess", reopenDays: 7))
      }
      #expect(refused.violations.map(\.field) == ["ticket_settings.default_assignee"])
    }
  }

  @Test(
    "S-096 S-134 S-237 public notes are mailed to the other side, resolving too; internal ones to nobody"
  )
  func notes() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      try await desk.note("Into the void", on: ticket, as: desk.ada)
      #expect(try await desk.mails().isEmpty)
      _ = try await desk.tickets(desk.tim).assignTicket(
        .init(name: ticket.name, assignee: "users/tim"))
      try await desk.note("Secret", on: ticket, as: desk.tim)
      try await desk.note("Try this", on: ticket, as: desk.tess, .public)
      try await desk.note("It helped", on: ticket, as: desk.ada)
      let mails = try await desk.mails("note")
      #expect(
        Set(mails.compactMap { $0.to.first?.email }) == ["ada@acme.test", "tim@northwind.test"])
      #expect(mails.count == 2)
      let toAda = try #require(mails.first { $0.to.first?.email == "ada@acme.test" })
      #expect(toAda.textBody.contains("Tess Tech wrote:\n\nTry this"))
      #expect(toAda.textBody.contains("https://northwind.portal.test/accounts/acme/tickets/1001"))
      _ = try await desk.tickets(desk.ada).resolveTicket(.init(name: ticket.name))
      _ = try await desk.tickets(desk.tim).reopenTicket(.init(name: ticket.name))
      _ = try await desk.tickets(desk.tim).resolveTicket(.init(name: ticket.name))
      #expect(
        Set(try await desk.mails("resolved").compactMap { $0.to.first?.email })
          == ["tim@northwind.test", "ada@acme.test"])
      #expect(try await desk.mails().allSatisfy { !$0.textBody.contains("Secret") })
    }
  }
}
