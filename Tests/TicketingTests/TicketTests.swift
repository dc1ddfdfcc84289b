import Testing
import Values

@testable import TicketingService

@Suite("The life of a ticket, as rules")
struct TicketTests {
  let start = Instant(seconds: 1_772_445_600)

  @Test("D-30 every state with every verb: allowed, or refused with its reason")
  func verbs() {
    typealias State = Ticket.State
    for state in State.allCases {
      expect(
        state, closedReason(state, open: nil), .resolved
      ) { try $0.resolve(at: start) }
      expect(
        state, state == .resolved ? nil : state == .closed ? .alreadyClosed : .notResolved, .open
      ) { try $0.reopen(by: .customer, reopenDays: 7, at: start) }
      expect(
        state, state == .resolved ? nil : state == .closed ? .alreadyClosed : .notResolved, .closed
      ) { try $0.close(at: start) }
      expect(state, closedReason(state, open: nil), state == .new ? .open : state) {
        try $0.assign(to: .init(id: "users/tim", displayName: "Tim"), due: nil, at: start)
      }
      for wanted in State.allCases {
        let canHold = [.open, .pendingCustomer, .pendingVendor, .scheduled].contains(wanted)
        let reason =
          canHold
          ? closedReason(state, open: state == wanted ? .alreadyInState : nil) : .notAHoldState
        expect(state, reason, wanted) { try $0.hold(wanted, at: start) }
      }
    }
  }

  @Test("D-30 F-14 a customer reopens to the last moment of the window, staff after it too")
  func window() throws {
    var ticket = ticket(.resolved)
    let last = start + .days(7)
    let late = last + .microseconds(1)
    #expect(ticket.allowedActions(for: .customer, reopenDays: 7, at: last).contains(.reopen))
    #expect(!ticket.allowedActions(for: .customer, reopenDays: 7, at: late).contains(.reopen))
    #expect(!ticket.needsFollowUp(reopenDays: 7, at: last))
    #expect(ticket.needsFollowUp(reopenDays: 7, at: late))
    #expect(throws: TicketError.reopenWindowPassed) {
      try ticket.reopen(by: .customer, reopenDays: 7, at: late)
    }
    try ticket.reopen(by: .staff, reopenDays: 7, at: late)
    #expect(ticket.state == .open)
    #expect(ticket.timeToResolve == nil)
  }

  @Test("D-31 what a customer's note does in each state", arguments: Ticket.State.allCases)
  func customerNote(state: Ticket.State) throws {
    var ticket = ticket(state)
    try ticket.noted(by: .customer, isPublic: true, reopenDays: 7, at: start)
    let reopens = [.pendingCustomer, .resolved].contains(state)
    #expect(ticket.state == (reopens ? .open : state))
    #expect(ticket.firstResponse == nil)
    #expect(ticket.publicNoteCount == 1)
  }

  @Test(
    "D-32 D-34 only a public note of staff is a first response; an internal one moves nothing public"
  )
  func staffNote() throws {
    var ticket = ticket(.new)
    let before = ticket
    try ticket.noted(by: .staff, isPublic: false, reopenDays: 7, at: start + .minutes(1))
    #expect(ticket.firstResponse == nil)
    #expect(ticket.state == .new)
    #expect(ticket.updatedPublic == before.updatedPublic)
    #expect(ticket.publicVersion == before.publicVersion)
    #expect(ticket.internalNoteCount == 1)
    try ticket.noted(by: .staff, isPublic: true, reopenDays: 7, at: start + .minutes(2))
    try ticket.noted(by: .staff, isPublic: true, reopenDays: 7, at: start + .minutes(3))
    #expect(ticket.firstResponse == start + .minutes(2))
    #expect(ticket.state == .open)
    #expect(ticket.publicVersion == before.publicVersion + 2)
  }

  private func closedReason(_ state: Ticket.State, open: TicketError?) -> TicketError? {
    switch state {
    case .resolved: .alreadyResolved
    case .closed: .alreadyClosed
    default: open
    }
  }

  private func expect(
    _ state: Ticket.State, _ reason: TicketError?, _ result: Ticket.State,
    _ verb: (inout Ticket) throws -> Void
  ) {
    var ticket = ticket(state)
    let before = ticket
    do {
      try verb(&ticket)
      #expect(reason == nil)
      #expect(ticket.state == result)
      #expect(ticket.publicVersion == before.publicVersion + 1)
    } catch {
      #expect(error as? TicketError == reason)
      #expect(ticket == before)
    }
  }

  private func ticket(_ state: Ticket.State) -> Ticket {
    Ticket(
      number: 1001, account: "acme", accountDisplayName: "Acme", site: nil,
      contact: .init(id: "ada", displayName: "Ada", email: "ada@acme.test"), title: "Printer",
      details: "", state: state, source: .portal, classification: .init(), hardwareAsset: nil,
      softwareAsset: nil, assignee: nil, due: nil, created: start, updatedPublic: start,
      updated: start, firstResponse: nil, resolved: state.isOpen ? nil : start,
      closed: state == .closed ? start : nil, follows: nil, publicNoteCount: 0,
      internalNoteCount: 0, version: 1, publicVersion: 1)
  }
}

@Suite("Names of files")
struct FileNameTests {
  @Test(
    "X-16 X-19 D-57 a file's name has no folder, no line end, no direction sign, and the ending of its bytes",
    arguments: [
      ("photo.png", "image/png", "photo.png"), ("Photo.JPEG", "image/jpeg", "Photo.JPEG"),
      ("../../etc/passwd", "text/plain", "passwd.txt"),
      ("C:\\temp\\a.pdf", "application/pdf", "a.pdf"),
      ("a/\u{301}b.pdf", "application/pdf", "\u{301}b.pdf"),
      ("page.html", "image/gif", "page.html.gif"),
      ("bill.pdf.exe", "application/pdf", "bill.pdf.exe.pdf"),
      ("a\r\nBcc: x@y.txt", "text/plain", "aBcc: x@y.txt"), ("nul\0.txt", "text/plain", "nul.txt"),
      ("gpj.\u{202E}exe.png", "image/png", "gpj.exe.png"), ("", "image/png", "file.png"),
      ("...", "image/png", "file.png"), (".htaccess", "text/plain", "htaccess.txt"),
    ])
  func clean(name: String, type: String, expected: String) {
    #expect(AcceptedFile.cleanName(name, contentType: type) == expected)
  }

  @Test("X-19 a long name keeps its ending and has at most 255 bytes")
  func long() {
    let name = AcceptedFile.cleanName(
      String(repeating: "ä", count: 400) + ".png", contentType: "image/png")
    #expect(name.utf8.count <= 255)
    #expect(name.utf8.count > 250)
    #expect(name.hasSuffix("ä.png"))
  }

  @Test(
    "X-19 D-57 nothing that a browser could run is taken",
    arguments: [
      "text/html", "image/svg+xml", "text/xml", "application/xhtml+xml", "text/javascript",
      "application/javascript", "text/x-shellscript", "text/x-php", "application/x-executable",
      "application/x-dosexec", "application/x-msdownload", "application/java-archive",
      "application/octet-stream", "application/x-shockwave-flash", "",
    ])
  func refused(type: String) {
    #expect(!AcceptedFile.isAccepted(contentType: type))
  }
}
