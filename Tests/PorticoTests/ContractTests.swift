import Access
import PorticoAPI
import Protobuf
import RPC
import Testing

/// Rules that hold for the contract as a whole, so that a method or field that is added tomorrow is under them.
@Suite("The contract of the product")
struct ContractTests {
  private static let products: Set<String> = [
    "identity", "ticketing", "messaging", "billing", "cms",
  ]

  private let methods = Methods.all.filter { Self.products.contains($0.owner) }

  /// All messages that a request may hold, the request itself among them.
  private func messages(in type: MessageDescriptor) -> Set<MessageDescriptor> {
    var found: Set<MessageDescriptor> = []
    var waiting = [type]
    while let next = waiting.popLast() {
      guard found.insert(next).inserted else { continue }
      waiting += next.fields.compactMap(\.message)
    }
    return found
  }

  private var requested: Set<MessageDescriptor> {
    methods.reduce(into: []) { $0.formUnion(messages(in: $1.input)) }
  }

  @Test("D-09 a state is told, never set: what changes it is a method of its own")
  func states() {
    let states = requested.flatMap { type in
      type.fields.filter { $0.name == "state" || $0.name.hasSuffix("_state") }.map { (type, $0) }
    }
    #expect(states.count > 3)
    // A filter of a list, and the verb that puts a ticket aside: its state is which way.
    let others: Set = ["ListMailsRequest", "HoldTicketRequest"]
    for (type, field) in states where !others.contains(type.shortName) {
      let rule = FieldRules.portico.rule(of: field.number, in: type.name)
      #expect(rule.behavior.contains(.outputOnly), "\(type.name).\(field.name)")
    }
  }

  @Test("D-14 what makes something can be sent again under a request id, and money must be")
  func requestIDs() {
    // A session and a token are told once, an upload is a stream: a repetition would have nothing to answer.
    let others: Set = ["CreateSession", "CreateApiToken", "CreateUpload"]
    let makers = methods.filter { method in
      method.name.hasPrefix("Create") && !others.contains(method.name)
        || method.input.fields.contains { $0.name == "payment" }
    }
    #expect(makers.count > 10)
    for method in makers {
      #expect(method.input.field(named: "request_id") != nil, "\(method.path)")
    }
    for type in makers.map(\.input) where type.field(named: "payment") != nil {
      let number = type.field(named: "request_id")?.number ?? 0
      let rule = FieldRules.portico.rule(of: number, in: type.name)
      #expect(rule.behavior.contains(.required), "\(type.name)")
    }
  }

  @Test("D-01 D-21 no fractions where money is, and nothing of a card is asked for")
  func money() {
    let billing = requested.filter { $0.name.hasPrefix("portico.billing.") }
    #expect(billing.count > 10)
    for type in requested {
      for field in type.fields {
        if type.name.hasPrefix("portico.billing.") {
          #expect(field.kind != .float && field.kind != .double, "\(type.name).\(field.name)")
        }
        let words = Set(field.name.split(separator: "_"))
        let ofCards: Set<Substring> = ["card", "pan", "cvc", "cvv", "iban"]
        #expect(words.isDisjoint(with: ofCards), "\(type.name).\(field.name)")
      }
    }
  }

  @Test(
    "D-48 what anybody may call without signing in is this list, and nothing reads a customer's data"
  )
  func open() {
    let open = methods.filter { $0.access.callers == .anyone }.map(\.name)
    #expect(
      Set(open) == [
        "GetPortal", "CreateSession", "CheckLink", "RedeemLink", "ConfirmEmail",
        "RequestPasswordReset",
      ])
  }

  @Test("D-56 what has a history is not deleted: people, accounts, tickets, messages, invoices")
  func deletions() {
    let deleting = methods.filter { method in
      method.name.hasPrefix("Delete") || method.http.contains { $0.verb == "DELETE" }
    }
    #expect(
      Set(deleting.map(\.name)) == [
        "DeleteRole", "DeleteNewsItem", "DeleteSession", "EndSession", "DeleteApiToken",
      ])
  }

  @Test("D-60 every list comes in pages, and what can be changed has an etag")
  func lists() {
    // One person's own few, and a catalogue that forms show whole.
    let bounded: Set = [
      "ListSessions", "ListUserSessions", "ListApiTokens", "ListCatalogEntries",
    ]
    let lists = methods.filter { $0.name.hasPrefix("List") && !bounded.contains($0.name) }
    #expect(lists.count > 10)
    for method in lists {
      for name in ["page_size", "page_token"] {
        #expect(method.input.field(named: name) != nil, "\(method.path) \(name)")
      }
      #expect(method.output.field(named: "next_page_token") != nil, "\(method.path)")
    }
    let updates = methods.filter { $0.name.hasPrefix("Update") }
    #expect(updates.count > 5)
    for method in updates {
      let resources = [method.input] + method.input.fields.compactMap(\.message)
      #expect(resources.contains { $0.field(named: "etag") != nil }, "\(method.path)")
    }
  }
}
