import PorticoAPI
import RPC
import Values
import WellKnown

/// Where a search leads that is the whole id of one thing, as people quote it on the phone: to its page (U-06). Who may not see it,
/// or mistyped it, gets the list.
extension PageContext {
  /// The page of `TKT-1042`, open or closed, in whatever case it is typed.
  func pageOfTicket(quoted query: String?) async throws -> LocalPath? {
    guard let id = QuotedID(query, of: "TKT")?.text else { return nil }
    let found = try await TicketsClient(caller).listTickets(
      .init(parent: "accounts/-", pageSize: 100, view: .all, query: id))
    return found.tickets.first { $0.displayID == id }.flatMap { LocalPath("/\($0.name)") }
  }

  /// The page of `INV-2026-0007`.
  func pageOfInvoice(quoted query: String?) async throws -> LocalPath? {
    guard let id = QuotedID(query, of: "INV")?.text else { return nil }
    let found = try await InvoicesClient(caller).listInvoices(
      .init(parent: "accounts/-", pageSize: 100, number: id))
    return found.invoices.first { $0.number == id }.flatMap { LocalPath("/\($0.name)") }
  }
}

/// An id as people quote it: letters that say of what, and numbers.
struct QuotedID: Sendable, Hashable {
  let text: String

  /// Nil for anything else than one whole id: words around it are a search.
  init?(_ query: String?, of kind: String) {
    guard let parts = query?.uppercased().split(separator: "-", omittingEmptySubsequences: false),
      parts.count > 1, parts[0] == kind,
      parts.dropFirst().allSatisfy({ part in
        (1...18).contains(part.utf8.count)
          && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      })
    else { return nil }
    text = parts.joined(separator: "-")
  }
}
