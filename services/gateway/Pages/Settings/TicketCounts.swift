import PorticoAPI
import RPC

/// How many tickets are one's own (S-215): a customer's as contact person, those of staff as who handles them.
struct TicketCounts: Sendable, Hashable {
  let open: Int32
  let closed: Int32
  let isStaff: Bool

  /// Nil for who may not read tickets, and while ticketing does not answer.
  static func ask(_ context: PageContext) async -> TicketCounts? {
    guard context.may(.ticketsRead) else { return nil }
    let isStaff = context.principal?.isStaff ?? false
    @Sendable func count(_ view: Ticketing.TicketView, _ name: String) async -> Int32? {
      await context.optional(name) {
        try await TicketsClient(context.caller).listTickets(
          .init(
            parent: context.listParent, pageSize: 1, view: view, myTickets: !isStaff,
            folder: isStaff ? .mine : .unspecified), $0
        ).totalSize
      }
    }
    async let open = count(.open, "your open tickets")
    async let closed = count(.closed, "your closed tickets")
    guard let open = await open, let closed = await closed else { return nil }
    return TicketCounts(open: open, closed: closed, isStaff: isStaff)
  }

  var html: HTML {
    let list: SafeURL = isStaff ? "/inbox?folder=mine" : "/tickets?scope=mine"
    return UI.card(
      isStaff ? "Tickets that you handle" : "Your tickets",
      body: UI.descriptionList([
        ("Open", UI.link(Self.text(open), to: list)),
        ("Closed", UI.link(Self.text(closed), to: list.setting("view", to: "closed"))),
      ]))
  }

  /// Services count up to 1,000.
  private static func text(_ count: Int32) -> String {
    count < 1000 ? "\(count)" : "1,000 or more"
  }
}
