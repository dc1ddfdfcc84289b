import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@Suite("Invoices over the wire")
struct BooksTests {
  @Test(
    "S-181 D-12 D-51 drafts are the provider's; others' invoices and absent ones are one NOT_FOUND",
    arguments: TestStore.engines)
  func reach(engine: Engine) async throws {
    try await Office.run(on: engine) { office in
      let draft = try await office.draft()
      let issued = try await office.issued()
      let theirs = try await office.issued(for: "birch")
      var answers: Set<Status> = []
      for (person, name) in [
        (office.mia, draft.name), (office.mia, theirs.name), (office.birch, issued.name),
        (office.stranger, issued.name), (office.mia, "accounts/acme/invoices/none"),
        (office.clerk, "accounts/birch/invoices/\(issued.name.split(separator: "/").last ?? "")"),
      ] {
        answers.insert(
          try await status { try await office.invoices(person).getInvoice(.init(name: name)) })
      }
      #expect(answers == [Status(.notFound, "not found")])
      func names(_ person: Principal, _ parent: String = "accounts/-") async throws -> [String] {
        let list = try await office.invoices(person).listInvoices(.init(parent: parent))
        #expect(Int(list.totalSize) == list.invoices.count)
        return list.invoices.map(\.name)
      }
      #expect(try await names(office.mia) == [issued.name])
      #expect(try await names(office.birch) == [theirs.name])
      #expect(try await names(office.birch, "accounts/acme") == [])
      #expect(try await Set(names(office.clerk)) == [draft.name, issued.name, theirs.name])
      try await expect(.permissionDenied) { try await names(TestPrincipal.customer()) }
      try await expect(.permissionDenied) {
        try await office.invoices(office.mia).issueInvoice(.init(name: draft.name))
      }
      try await expect(.permissionDenied) {
        try await office.invoices(office.mia).recordPayment(
          .init(name: issued.name, payment: .init(amount: amount(1)), requestID: "x"))
      }
      try await expect(.notFound) { try await office.draft(for: "nobody") }
    }
  }

  @Test(
    "S-182 S-184 S-185 S-186 S-189 S-190 S-197 S-198 S-199 X-12 D-10 an invoice carries its fields; what the server owns is not taken; issued it stands"
  )
  func fields() async throws {
    try await Office.run { office in
      let draft = try await office.draft {
        $0.purchaseOrder = "PO-1"
        $0.salesRepresentative = "Sam"
        $0.project = "Move"
        $0.notes = "Thanks"
        $0.from = .init(displayName: "Northwind", address: "2 Pier", taxNumber: "DE1")
        $0.lines = [
          .init(
            description: "Work", quantityThousandths: 1500, unitPrice: amount(9_999),
            taxRateThousandths: 19_000, netAmount: amount(1)),
          .init(description: "Book", quantityThousandths: 1000, unitPrice: amount(1_000)),
        ]
        $0.discount = amount(1_000)
        ($0.name, $0.number, $0.state, $0.overdue) = (
          "accounts/birch/invoices/1", "INV-1", .paid, true
        )
        ($0.totalPrice, $0.grandTotal, $0.paidAmount) = (amount(1), amount(1), amount(1))
        ($0.payments, $0.etag) = ([.init(amount: amount(1))], "forged")
      }
      #expect(draft.state == .draft)
      #expect(draft.number.isEmpty)
      #expect([draft.purchaseOrder, draft.salesRepresentative] == ["PO-1", "Sam"])
      #expect([draft.project, draft.notes] == ["Move", "Thanks"])
      #expect(draft.from?.displayName == "Northwind")
      #expect(draft.to == .init(displayName: "Acme", address: "1 Quay\nHarbour"))
      #expect(draft.from?.taxNumber == "DE1")
      #expect(draft.lines.map(\.netAmount) == [amount(14_999), amount(1_000)])
      #expect(draft.totalPrice == amount(15_999))
      #expect(draft.discount == amount(1_000))
      // 10.00 off is shared 9.37 to 0.63 over the two rates.
      #expect(draft.taxes.map(\.taxableAmount) == [amount(937), amount(14_062)])
      #expect(draft.totalTax == amount(2_672))
      #expect(draft.grandTotal == amount(17_671))
      #expect(draft.payments.isEmpty)
      #expect(draft.paymentDue == amount(0))
      let issued = try await office.invoices().issueInvoice(
        .init(name: draft.name, etag: draft.etag))
      #expect(issued.number == "INV-2026-0001")
      #expect(issued.state == .issued)
      #expect(issued.paymentDue == amount(17_671))
      #expect(issued.sendTime == .init(office.stage.clock.now))
      #expect(issued.invoiceDate == .init(year: 2026, month: 3, day: 2))
      // Nothing but the issue itself has changed, and it cannot be issued again.
      var same = issued
      (same.number, same.state, same.etag) = (draft.number, draft.state, draft.etag)
      (same.invoiceDate, same.sendTime, same.paymentDue) = (nil, nil, draft.paymentDue)
      #expect(same == draft)
      try await expect(.failedPrecondition) {
        try await office.invoices().issueInvoice(.init(name: draft.name))
      }
      try await expect(.aborted) {
        try await office.invoices().voidInvoice(.init(name: draft.name, etag: draft.etag))
      }
      #expect(try await office.invoices(office.mia).getInvoice(.init(name: draft.name)) == issued)
      let trail = try await office.trail()
      #expect(trail.audit.map(\.action) == ["invoice.created", "invoice.issued"])
      #expect(trail.events.map(\.type) == ["invoice.created", "invoice.issued"])
      #expect(trail.events.map(\.place.account) == ["acme", "acme"])
    }
  }

  @Test(
    "D-11 twenty concurrent issues: unbroken numbers; a refused issue takes none",
    arguments: TestStore.engines)
  func numbers(engine: Engine) async throws {
    try await Office.run(on: engine) { office in
      let empty = try await office.draft { $0.lines = [] }
      let negative = try await office.draft(-100)
      for name in [empty.name, negative.name] {
        try await expect(.failedPrecondition) {
          try await office.invoices().issueInvoice(.init(name: name))
        }
      }
      var drafts: [String] = []
      for _ in 0..<20 { drafts.append(try await office.draft().name) }
      let numbers = try await withThrowingTaskGroup(of: String.self) { group in
        for name in drafts {
          group.addTask { try await office.invoices().issueInvoice(.init(name: name)).number }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(numbers.sorted() == (1...20).map { "INV-2026-00\($0 < 10 ? "0" : "")\($0)" })
      // Each year begins anew.
      let later = try await office.draft { $0.invoiceDate = .init(year: 2027, month: 1, day: 1) }
      #expect(
        try await office.invoices().issueInvoice(.init(name: later.name)).number == "INV-2027-0001")
    }
  }

  @Test(
    "S-191 S-192 S-200 D-08 D-14 D-15 D-16 X-25 F-22 payments: once for a request id for ever, never too much, never another currency",
    arguments: TestStore.engines)
  func payments(engine: Engine) async throws {
    try await Office.run(on: engine) { office in
      let invoice = try await office.issued(10_000)
      let first = try await office.pay(4_000, on: invoice, id: "p1")
      #expect(first.state == .partiallyPaid)
      #expect(first.paidAmount == amount(4_000))
      #expect(first.paymentDue == amount(6_000))
      #expect(first.payments.map(\.method) == ["Bank transfer"])
      let wrong: [(String, GoogleType.Money?)] = [
        ("payment.amount", amount(6_001)), ("payment.amount", amount(0)),
        ("payment.amount", amount(-1)),
        ("payment.amount.currency_code", amount(1, "USD")),
        ("payment.amount.currency_code", amount(1, "XXQ")),
        ("payment.amount", .init(currencyCode: "EUR", nanos: 1)), ("payment.amount", nil),
        ("payment.amount", .init(currencyCode: "EUR", units: .max)),
      ]
      for (index, (field, money)) in wrong.enumerated() {
        let refused = try await status {
          try await office.invoices().recordPayment(
            .init(name: invoice.name, payment: .init(amount: money), requestID: "w\(index)"))
        }
        #expect(refused.code == .invalidArgument)
        #expect(refused.violations.map(\.field) == [field])
      }
      // Who confirmed the sum before the first payment came does not pay what they have not seen (D-16).
      try await expect(.aborted) {
        try await office.invoices().recordPayment(
          .init(
            name: invoice.name, payment: .init(amount: amount(1)), requestID: "seen-before",
            etag: invoice.etag))
      }
      let nameless = try await status { try await office.pay(1, on: invoice, id: "") }
      #expect(nameless.violations.map(\.field) == ["request_id"])
      office.stage.clock.advance(by: .days(3650))
      #expect(try await office.pay(4_000, on: invoice, id: "p1") == first)
      let other = try await status { try await office.pay(4_001, on: invoice, id: "p1") }
      #expect(other.violations.map(\.field) == ["request_id"])
      // Ten at once of the rest: one is taken.
      let taken = await withTaskGroup(of: Bool.self) { group in
        for index in 0..<10 {
          group.addTask {
            do {
              _ = try await office.pay(6_000, on: invoice, id: "c\(index)")
              return true
            } catch { return false }
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(taken == 1)
      let paid = try await office.invoices(office.mia).getInvoice(.init(name: invoice.name))
      #expect(paid.state == .paid)
      #expect(paid.paymentDue == amount(0))
      #expect(paid.payments.count == 2)
      try await expect(.failedPrecondition) { try await office.pay(1, on: invoice, id: "late") }
      try await expect(.failedPrecondition) {
        try await office.invoices().voidInvoice(.init(name: invoice.name))
      }
      try await expect(.failedPrecondition) {
        try await office.invoices().writeOffInvoice(.init(name: invoice.name))
      }
      try await expect(.failedPrecondition) {
        try await office.pay(1, on: try await office.draft(), id: "draft")
      }
    }
  }

  @Test(
    "D-08 D-40 an invoice is overdue from midnight where the account is, and only while something is due"
  )
  func overdue() async throws {
    try await Office.run { office in
      let acme = try await office.issued(10_000)
      let birch = try await office.issued(5_000, for: "birch")
      func overdue() async throws -> [String] {
        let list = try await office.invoices().listInvoices(
          .init(parent: "accounts/-", view: .overdue))
        for name in [acme.name, birch.name] {
          let invoice = try await office.invoices().getInvoice(.init(name: name))
          #expect(invoice.overdue == list.invoices.contains { $0.name == name })
        }
        return list.invoices.map(\.name)
      }
      // Due on 10 March. Midnight after it is 11:00 UTC on the 10th in Auckland, 10:00 UTC on the 11th in Honolulu.
      let auckland = Instant(seconds: 1_773_140_400)
      office.stage.clock.set(auckland - .seconds(1))
      #expect(try await overdue() == [])
      office.stage.clock.set(auckland)
      #expect(try await overdue() == [acme.name])
      office.stage.clock.set(auckland + .hours(23) - .seconds(1))
      #expect(try await overdue() == [acme.name])
      office.stage.clock.set(auckland + .hours(23))
      #expect(try await Set(overdue()) == [acme.name, birch.name])
      try await office.pay(10_000, on: acme, id: "p")
      #expect(try await overdue() == [birch.name])
      _ = try await office.invoices().voidInvoice(.init(name: birch.name))
      #expect(try await overdue() == [])
    }
  }

  @Test(
    "D-60 lists: views, numbers, totals per currency, pages in order", arguments: TestStore.engines)
  func lists(engine: Engine) async throws {
    try await Office.run(on: engine) { office in
      let paid = try await office.issued(1_000)
      try await office.pay(1_000, on: paid, id: "p1")
      let partly = try await office.issued(2_000)
      try await office.pay(500, on: partly, id: "p2")
      let lost = try await office.issued(4_000)
      _ = try await office.invoices().writeOffInvoice(.init(name: lost.name))
      let void = try await office.issued(8_000)
      _ = try await office.invoices().voidInvoice(.init(name: void.name))
      let dollars = try await office.draft {
        $0.currency = "USD"
        $0.lines[0].unitPrice = amount(300, "USD")
      }
      _ = try await office.invoices().issueInvoice(.init(name: dollars.name))
      _ = try await office.draft(9_000)
      func list(_ view: Billing.InvoiceView, number: String = "") async throws -> (
        Set<String>, [GoogleType.Money]
      ) {
        let list = try await office.invoices(office.mia).listInvoices(
          .init(parent: "accounts/acme", view: view, number: number))
        #expect(Int(list.totalSize) == list.invoices.count)
        return (Set(list.invoices.map(\.name)), list.totalDue)
      }
      let all = try await list(.unspecified)
      #expect(all.0 == [paid.name, partly.name, lost.name, void.name, dollars.name])
      #expect(all.1 == [amount(5_500), amount(300, "USD")])
      let unpaid = try await list(.unpaid)
      #expect(unpaid.0 == [partly.name, lost.name, dollars.name])
      #expect(unpaid.1 == [amount(5_500), amount(300, "USD")])
      let settled = try await list(.paid)
      #expect(settled.0 == [paid.name])
      #expect(settled.1.isEmpty)
      #expect(try await list(.unspecified, number: "inv-2026-0002").0 == [partly.name])
      #expect(try await list(.unspecified, number: "%").0 == [])
      #expect(try await list(.unspecified, number: "INV_2026").0 == [])
      var (seen, token): ([String], String) = ([], "")
      repeat {
        let page = try await office.invoices().listInvoices(
          .init(parent: "accounts/-", pageSize: 2, pageToken: token))
        seen += page.invoices.map(\.name)
        token = page.nextPageToken
      } while !token.isEmpty
      let whole = try await office.invoices().listInvoices(.init(parent: "accounts/-")).invoices
      #expect(seen == whole.map(\.name))
      #expect(seen.count == 6)
      let dates = whole.map { invoice in
        let date = invoice.invoiceDate ?? invoice.dueDate ?? .init()
        return date.year * 10_000 + date.month * 100 + date.day
      }
      #expect(dates == dates.sorted(by: >))
    }
  }

  @Test("What is wrong with a draft is named; a repeated request id drafts once")
  func drafts() async throws {
    try await Office.run { office in
      let wrong: [(String, (inout Billing.Invoice) -> Void)] = [
        ("invoice.currency", { $0.currency = "EURO" }), ("invoice.due_date", { $0.dueDate = nil }),
        ("invoice.due_date", { $0.dueDate = .init(year: 2026, month: 2, day: 29) }),
        ("invoice.discount", { $0.discount = amount(-1) }),
        ("invoice.discount", { $0.discount = amount(10_001) }),
        ("invoice.discount.currency_code", { $0.discount = amount(1, "USD") }),
        ("invoice.lines[0].quantity_thousandths", { $0.lines[0].quantityThousandths = 0 }),
        ("invoice.lines[0].quantity_thousandths", { $0.lines[0].quantityThousandths = .max }),
        ("invoice.lines[0].tax_rate_thousandths", { $0.lines[0].taxRateThousandths = -1 }),
        ("invoice.lines[0].unit_price", { $0.lines[0].unitPrice = nil }),
        ("invoice.lines[0].unit_price.currency_code", { $0.lines[0].unitPrice = amount(1, "USD") }),
        ("invoice.lines[0].description", { $0.lines[0].description = " " }),
        (
          "invoice.lines",
          { $0.lines[0].unitPrice = .init(currencyCode: "EUR", units: 90_000_000_000_000_000) }
        ),
        (
          "invoice.lines",
          {
            $0.lines[0].quantityThousandths = 1_000_000_000
            $0.lines[0].unitPrice = .init(currencyCode: "EUR", units: 1_000_000)
          }
        ),
      ]
      for (field, spoil) in wrong {
        let refused = try await status { try await office.draft { spoil(&$0) } }
        #expect(refused.code == .invalidArgument)
        #expect(refused.violations.map(\.field) == [field])
      }
      let draft = try await office.draft(requestID: "d")
      #expect(try await office.draft(requestID: "d") == draft)
      #expect(try await office.invoices().listInvoices(.init(parent: "accounts/-")).totalSize == 1)
    }
  }
}
