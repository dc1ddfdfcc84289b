import Foundation
import TestSupport
import Testing

@testable import Gateway

@Suite("Pages over sockets", .timeLimit(.minutes(2)))
struct PagesRouteTests {
  private let ticket = [
    ("account", "accounts/acme"), ("ticket.title", "Printer <b>"), ("ticket.details", "On fire"),
    ("request_id", "0123456789abcdef"),
  ]

  @Test("S-012 X-04 a wrong password is one sentence; the name is kept, the password is not")
  func login() async throws {
    try await EdgeStage.run(pages: .portal) { stage in
      let page = try await stage.send("GET", "/login?next=%2Ftickets")
      #expect(page.body.contains("name=\"next\" value=\"/tickets\""))
      let visit = page.cookie("portico-visit") ?? ""
      let wrong = try await stage.send(
        "POST", "/login",
        ["Cookie": "portico-visit=\(visit)", "Content-Type": PagesStage.form],
        body: "_csrf=\(PagesStage.token(page))&username=ada%22%3E&password=geheim&next=%2Ftickets")
      #expect(wrong.status == 422 && wrong.cookie("portico") == nil)
      #expect(wrong.body.contains("User name or password is wrong."))
      #expect(wrong.body.contains("value=\"ada&quot;&gt;\"") && !wrong.body.contains("geheim"))
      #expect(wrong.body.contains("name=\"next\" value=\"/tickets\""))
    }
  }

  @Test(
    "S-009 S-010 S-011 the welcome link shows for whom and the policy; a weak password says why")
  func welcome() async throws {
    try await EdgeStage.run(pages: .portal) { stage in
      let page = try await stage.send("GET", "/welcome?token=good")
      #expect(page.status == 200 && page.body.contains("at least 12 characters"))
      #expect(page.body.contains("Welcome, Ada") && page.body.contains("<strong>ada</strong>"))
      let visit = page.cookie("portico-visit") ?? ""
      let weak = try await stage.send(
        "POST", "/welcome", ["Cookie": "portico-visit=\(visit)", "Content-Type": PagesStage.form],
        body: "_csrf=\(PagesStage.token(page))&token=good&password=a&password_confirmation=a")
      #expect(weak.status == 422 && weak.body.contains("Needs 12 characters"))
      #expect(PagesStage.value("token", weak) == "good")
      let old = try await stage.send("GET", "/welcome?token=old")
      #expect(old.status == 404 && old.body.contains("cannot be used any more"))
    }
  }

  @Test("N-10 a service that is down costs its tile, not the home page")
  func home() async throws {
    try await PagesStage.run { stage in
      _ = try await stage.submit("/tickets/new", ticket)
      let home = try await stage.get("/")
      #expect(home.status == 200)
      #expect(home.body.contains("Printer &lt;b&gt;"))
      #expect(home.body.contains("<strong>1</strong> open"))
      #expect(home.body.contains("Messages could not be loaded right now"))
      #expect(home.body.contains("Open a ticket") && !home.body.contains("Unpaid invoices"))
    }
  }

  @Test(
    "S-097 S-105 S-127 S-135 U-14 a ticket with files: the bytes arrive; sent twice it is one ticket"
  )
  func createTicket() async throws {
    try await PagesStage.run { stage in
      let files = [("plan.pdf", String(repeating: "x", count: 900)), ("a.png", "png")]
      let first = try await stage.submit("/tickets/new", ticket, files: files)
      #expect(first.status == 303 && first["location"] == "/accounts/acme/tickets/1001")
      let again = try await stage.submit("/tickets/new", ticket, files: files)
      #expect(again.status == 303 && again["location"] == "/tickets")
      stage.ticketing.state.withLock { state in
        #expect(state.tickets.count == 1)
        #expect(state.received.map(\.name) == ["plan.pdf", "a.png"])
        #expect(state.received.map(\.bytes.count) == [900, 3])
      }
      let page = try await stage.get("/accounts/acme/tickets/1001")
      #expect(page.status == 200 && page.body.contains("<h1>Printer &lt;b&gt;</h1>"))
      #expect(page.body.contains("Nobody yet") && page.body.contains("Mark as resolved"))
      let plain = try await stage.submit("/tickets/new", ticket)
      #expect(plain.status == 303)
      #expect(stage.ticketing.state.withLock { $0.tickets.count } == 1)
    }
  }

  @Test("U-12 a refused ticket keeps what was typed and the files that are here")
  func refusedTicket() async throws {
    try await PagesStage.run { stage in
      var fields = ticket
      fields[1].1 = ""
      let page = try await stage.submit("/tickets/new", fields, files: [("plan.pdf", "pdf")])
      #expect(page.status == 422 && page.body.contains("Title is required"))
      #expect(page.body.contains("\nOn fire</textarea>"))
      #expect(PagesStage.value("request_id", page) == "0123456789abcdef")
      let upload = PagesStage.value("upload", page)
      #expect(upload.hasPrefix("uploads/"))
      let fixed = try await stage.submit(
        "/tickets/new", ticket + [("upload", upload), ("upload_name", "plan.pdf")])
      #expect(fixed.status == 303)
      #expect(stage.ticketing.state.withLock { $0.received.map(\.name) } == ["plan.pdf"])
    }
  }

  @Test("X-19 a file over the tenant's limit or of a refused kind is told beside the file field")
  func refusedFile() async throws {
    try await PagesStage.run { stage in
      let big = try await stage.submit(
        "/tickets/new", ticket, files: [("big.pdf", String(repeating: "x", count: 1001))])
      #expect(big.status == 422 && big.body.contains("“big.pdf” is larger than 1.0 KB."))
      let bad = try await stage.submit("/tickets/new", ticket, files: [("setup.exe", "MZ")])
      #expect(bad.status == 422 && bad.body.contains("“setup.exe” is not accepted."))
      #expect(bad.body.contains("On fire"))
      stage.ticketing.state.withLock { #expect($0.tickets.isEmpty && $0.uploads.isEmpty) }
    }
  }

  @Test("An oversized upload is refused before it is received, with the typed values kept")
  func oversized() async throws {
    try await PagesStage.run { stage in
      var body = PagesStage.part("_csrf", stage.csrf)
      for (name, value) in ticket { body += PagesStage.part(name, value) }
      body +=
        "--\(PagesStage.boundary)\r\nContent-Disposition: form-data; name=\"files\"; filename=\"film.zip\"\r\n\r\n"
      // Only the beginning of what is announced is ever sent.
      let answer = Answer(
        try await stage.edge.raw(
          "POST /tickets/new HTTP/1.1\r\nHost: \(EdgeStage.host)\r\nConnection: close\r\n"
            + "Cookie: \(stage.cookie["Cookie"] ?? "")\r\nContent-Length: 900000000\r\n"
            + "Content-Type: multipart/form-data; boundary=\(PagesStage.boundary)\r\n\r\n\(body)"))
      #expect(answer.status == 422 && answer.body.contains("A file is larger than"))
      #expect(answer.body.contains("On fire"))
      stage.ticketing.state.withLock { #expect($0.tickets.isEmpty && $0.uploads.isEmpty) }
    }
  }

  @Test(
    "S-095 S-112 S-133 notes, an empty one refused in place, and resolved is closed with the time taken"
  )
  func ticketLife() async throws {
    try await PagesStage.run { stage in
      _ = try await stage.submit("/tickets/new", ticket)
      let path = "/accounts/acme/tickets/1001"
      let empty = try await stage.submit("\(path)/notes", [("body", "")])
      #expect(empty.status == 422 && empty.body.contains("Your message is required"))
      let sent = try await stage.submit(
        "\(path)/notes", [("body", "Still <i>hot</i>"), ("visibility", "internal")])
      #expect(sent.status == 303 && sent["location"] == path)
      #expect(stage.ticketing.state.withLock { $0.notes.map(\.visibility) } == [.public])
      #expect(try await stage.get(path).body.contains("Still &lt;i&gt;hot&lt;/i&gt;"))
      #expect(try await stage.post("\(path):resolve")["location"] == path)
      let again = try await stage.post("\(path):resolve")
      #expect(again.status == 303 && again.cookie("portico-flash") != nil)
      let closed = try await stage.get("/tickets?view=closed")
      #expect(closed.body.contains("1 d 2 h") && closed.body.contains("TKT-1001"))
      #expect(try await stage.get("/tickets").body.contains("No open tickets"))
    }
  }

  @Test("X-19 D-57 a download is an attachment that nothing of ours runs, whatever it is")
  func download() async throws {
    try await PagesStage.run { stage in
      let file = try await stage.get("/accounts/acme/tickets/1001/attachments/7")
      #expect(file.status == 200 && file.body == "<svg/>hello")
      #expect(file["content-type"] == "application/octet-stream")
      #expect(file["content-disposition"]?.hasPrefix("attachment; ") == true)
      #expect(file["x-content-type-options"] == "nosniff" && file["content-length"] == "11")
      #expect(file["etag"] == "\"v7\"" && file["accept-ranges"] == "bytes")
      #expect(try await stage.get("/accounts/acme/tickets/1001/attachments/8").status == 404)
    }
  }

  @Test("D-51 another's ticket, a page without the permission and nonsense look the same")
  func absent() async throws {
    try await PagesStage.run { stage in
      var pages: Set<String> = []
      for path in ["/accounts/globex/tickets/9", "/invoices", "/nonsense"] {
        let answer = try await stage.get(path)
        #expect(answer.status == 404)
        let id = try #require(answer["x-request-id"])
        #expect(answer.body.contains(id))
        pages.insert(
          answer.body.replacing(id, with: "").replacing(path, with: "")
            .replacing(PagesStage.token(answer), with: ""))
      }
      #expect(pages.count == 1)
    }
  }

  @Test("S-085 F-02 U-21 a chosen theme and account stay; an account of others cannot be chosen")
  func choices() async throws {
    try await PagesStage.run { stage in
      let theme = try await stage.post("/theme", "theme=dark&next=%2Ftickets")
      #expect(theme["location"] == "/tickets" && theme.cookie("portico-theme") == "dark")
      let open = try await stage.post("/theme", "theme=dark&next=%2F%2Fevil.example")
      #expect(open["location"] == "/")
      #expect(try await stage.post("/account/switch", "account=accounts/globex").status == 404)
      let account = try await stage.post(
        "/account/switch", "account=accounts/acme&next=%2Finvoices")
      #expect(account["location"] == "/invoices" && account.cookie("portico-account") == "acme")
      #expect(try await stage.get("/my-profile")["location"] == "/settings")
    }
  }

  @Test(
    "F-02 a link to a page of another of one's accounts changes to that account; one that is not theirs does not"
  )
  func deepLink() async throws {
    try await PagesStage.run { stage in
      var person = TestPrincipal.customer()
      person.memberships += TestPrincipal.customer(account: "globex", contact: "eve").memberships
      let cookies = "portico=\(stage.edge.identity.open(person)); portico-account=acme"
      stage.ticketing.state.withLock { state in
        for account in ["acme", "globex", "initech"] {
          let name = "accounts/\(account)/tickets/7"
          state.tickets[name] = .init(name: name, displayID: "TKT-7", title: "Seven", state: .open)
        }
      }
      func open(_ account: String) async throws -> Answer {
        try await stage.edge.send(
          "GET", "/accounts/\(account)/tickets/7", ["Cookie": cookies])
      }
      #expect(try await open("globex").cookie("portico-account") == "globex")
      let chosen = try await open("acme")
      #expect(chosen.status == 200 && chosen.cookie("portico-account") == nil)
      #expect(try await open("initech").cookie("portico-account") == nil)

      // Who then changes the account there does not come back to the one that the page is about.
      let page = try await open("globex")
      let change = try await stage.edge.send(
        "POST", "/account/switch", ["Cookie": cookies, "Content-Type": PagesStage.form],
        body:
          "_csrf=\(PagesStage.token(page))&account=accounts/acme&next=%2Faccounts%2Fglobex%2Ftickets%2F7"
      )
      #expect(change["location"] == "/" && change.cookie("portico-account") == "acme")
    }
  }

  @Test("U-06 a search for a whole number of a ticket leads to its page; anything else is a search")
  func quoted() async throws {
    try await PagesStage.run { stage in
      let made = try await stage.submit(
        "/tickets/new", [("account", "accounts/acme"), ("ticket.title", "Printer")])
      #expect(made["location"] == "/accounts/acme/tickets/1001")
      for query in ["TKT-1001", "tkt-1001"] {
        let found = try await stage.get("/tickets?view=closed&q=\(query)")
        #expect(found.status == 303 && found["location"] == "/accounts/acme/tickets/1001")
      }
      for query in ["TKT-100", "TKT-1002", "TKT-1001+jams", "1001", "TKT-", "TKT-1001-"] {
        #expect(try await stage.get("/tickets?q=\(query)").status == 200, "\(query)")
      }
    }
    #expect(QuotedID("inv-2026-0007", of: "INV")?.text == "INV-2026-0007")
    #expect(QuotedID("INV-2026-٣", of: "INV") == nil)
  }
}
