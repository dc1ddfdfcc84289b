import Access
import PorticoAPI
import Protobuf
import RPC
import TestSupport
import Testing
import Values
import WellKnown

/// All methods that some person may call, and those of them that have anything to hide.
private let reachable = Methods.all.filter {
  $0.service.hasPrefix("portico.") && $0.access.callers != .servicesOnly
}

private func isForStaff(_ message: MessageDescriptor, _ field: FieldDescriptor) -> Bool {
  FieldRules.portico.rule(of: field.number, in: message.name).audience == .staff
}

@Suite("What is for staff only")
struct AudienceTests {
  @Test(
    "N-02 no answer of any method that people may call leaks a staff-only field, and nothing else is lost"
  )
  func answers() throws {
    var marked = 0
    for method in reachable {
      let all = FilledMessage.bytes(method.output, .init())
      let expected = FieldsFound(
        FilledMessage.bytes(method.output, .init(), without: isForStaff), method.output)
      guard let filter = AudienceFilter(method).response else {
        // Nothing to do is said only of what holds nothing to hide.
        #expect(FieldsFound(all, method.output).names == expected.names, "\(method.path)")
        continue
      }
      marked += 1
      let shown = try #require(try filter.filtered(all), "\(method.path)")
      let found = FieldsFound(shown, method.output)
      // The text that fills an Any's type names none, so that its value goes.
      #expect(
        found.names.subtracting(["google.protobuf.Any.value"])
          == expected.names.subtracting(["google.protobuf.Any.value"]), "\(method.path)")
      #expect(found.staffValues.isEmpty, "\(method.path)")
    }
    #expect(marked > 20)
  }

  @Test(
    "N-02 S-073 D-34 what is not published, internal notes and drafts leave every list of every answer"
  )
  func hidden() throws {
    for method in reachable {
      guard let filter = AudienceFilter(method).response else { continue }
      for values in [
        FilledMessage.Values(flag: false), FilledMessage.Values(takesStaffValues: true),
      ] {
        let shown = try filter.filtered(FilledMessage.bytes(method.output, values)) ?? []
        let found = FieldsFound(shown, method.output)
        #expect(found.staffValues.isEmpty, "\(method.path)")
        if !values.flag {
          #expect(!found.names.contains { $0.hasPrefix("portico.ticketing.v1.TimeEntry.") })
        }
      }
    }
  }

  @Test("N-02 an answer that is hidden as a whole is none; in lists only the hidden ones go")
  func wholes() throws {
    let filter = try #require(AudienceFilter(Methods.Tickets.listNotes).response)
    let answer = Ticketing.ListNotesResponse(
      notes: [
        .init(name: "a", visibility: .public, body: "for all"),
        .init(name: "b", visibility: .internal, body: "for staff"),
        .init(name: "c", visibility: .public, body: "again"),
      ], nextPageToken: "t")
    let shown = try Ticketing.ListNotesResponse(
      serialized: try #require(try filter.filtered(answer.serialized())))
    #expect(shown.notes.map(\.name) == ["a", "c"])
    #expect(shown.nextPageToken == "t")
    let invoice = try #require(AudienceFilter(Methods.Invoices.getInvoice).response)
    #expect(try invoice.filtered(Billing.Invoice(name: "x", state: .draft).serialized()) == nil)
    #expect(try invoice.filtered(Billing.Invoice(name: "x", state: .issued).serialized()) != nil)
  }

  @Test(
    "N-02 an Any is filtered as the type it holds, and keeps nothing of a type that is not known")
  func any() throws {
    let filter = try #require(
      WireFilter(
        of: GoogleRpc.Status.descriptor, anyOf: AudienceFilter.types
      ) { FieldRules.portico.markInResponse($1, of: $0) })
    let entry = Ticketing.TimeEntry(note: "n", billable: true, public: true)
    let kept = GoogleRpc.Status(details: [
      .init(
        typeURL: "type.googleapis.com/portico.ticketing.v1.TimeEntry", value: try entry.serialized()
      ),
      .init(typeURL: "type.googleapis.com/acme.Unknown", value: [1, 2, 3]),
    ])
    let shown = try GoogleRpc.Status(
      serialized: try #require(try filter.filtered(kept.serialized())))
    #expect(shown.details.map(\.value.isEmpty) == [false, true])
    let read = try Ticketing.TimeEntry(serialized: shown.details[0].value)
    #expect(read.note == "n" && !read.billable && read.public)
  }

  @Test(
    "N-02 X-12 a customer's request that holds a staff-only field is refused by its name; one that nobody may set is ignored"
  )
  func requests() throws {
    let create = try #require(AudienceFilter(Methods.Tickets.createTimeEntry).request)
    let request = Ticketing.CreateTimeEntryRequest(
      parent: "p", timeEntry: .init(minutes: 5, billable: true))
    #expect(throws: WireFilter.Failure.refused(field: "time_entry.billable")) {
      try create.filtered(request.serialized())
    }
    let note = try #require(AudienceFilter(Methods.Tickets.createNote).request)
    let psst = Ticketing.CreateNoteRequest(parent: "p", note: .init(visibility: .internal))
    #expect(throws: WireFilter.Failure.refused(field: "note.visibility")) {
      try note.filtered(psst.serialized())
    }
    let update = try #require(AudienceFilter(Methods.Accounts.updateAccount).request)
    let account = Identity.UpdateAccountRequest(account: .init(name: "accounts/a", contactCount: 9))
    let left = try Identity.UpdateAccountRequest(
      serialized: try #require(try update.filtered(account.serialized())))
    #expect(left.account?.contactCount == 0 && left.account?.name == "accounts/a")
  }

  @Test("R-223 bytes that are no message never trap the filter")
  func hostile() {
    var generator = SystemRandomNumberGenerator()
    for method in reachable {
      guard let filter = AudienceFilter(method).request else { continue }
      let valid = FilledMessage.bytes(method.input, .init())
      for _ in 0..<200 {
        var bytes = valid
        for _ in 0..<3 {
          guard let index = bytes.indices.randomElement(using: &generator) else { break }
          bytes[index] = UInt8.random(in: 0...255, using: &generator)
        }
        do { _ = try filter.filtered(bytes) } catch { continue }
      }
    }
  }
}
