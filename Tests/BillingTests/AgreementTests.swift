import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@Suite("Contracts over the wire")
struct AgreementTests {
  @Test(
    "S-162 S-163 S-164 S-165 S-168 S-169 S-171 S-177 S-178 D-22 D-24 each type has its own terms",
    arguments: TestStore.engines)
  func types(engine: Engine) async throws {
    try await Office.run(on: engine) { office in
      let terms: [(String, Billing.Contract.Terms)] = [
        ("a", .timeAndMaterials(.init(hourlyRate: amount(9_000)))),
        ("b", .recurring(.init(billingCycle: .monthly, billingPrice: amount(5_000)))),
        (
          "c",
          .fixedPrice(
            .init(billingPrice: amount(90), billAmount: amount(60), remainingAmount: amount(30)))
        ),
        ("d", .retainerByAmount(.init(billingPrice: amount(100), consumedAmount: amount(20)))),
        (
          "e",
          .retainerByHours(
            .init(
              billingCycle: .quarterly,
              prepaidHours: .init(
                purchasedMinutes: 600, consumedMinutes: 660, remainingMinutes: 9, overageMinutes: 9)
            ))
        ),
      ]
      for (id, terms) in terms {
        let made = try await office.contract(id) {
          ($0.terms, $0.status, $0.isDefault) = (terms, .expired, id == "a")
          ($0.referenceNumber, $0.sla, $0.setupFee) = ("REF-\(id)", "Gold", amount(700))
          ($0.description, $0.billingInformation) = ("What is done", "By transfer")
        }
        #expect(made.displayName == id && made.isDefault == (id == "a"))
        #expect([made.referenceNumber, made.sla] == ["REF-\(id)", "Gold"])
        #expect(made.setupFee == amount(700))
        #expect([made.description, made.billingInformation] == ["What is done", "By transfer"])
        #expect(made.status == .active)
        #expect(made.accountDisplayName == "Acme")
        #expect(
          made == (try await office.contracts(office.mia).getContract(.init(name: made.name))))
        switch made.terms {
        case .recurring(let recurring):
          // It is 2 March: the periods of 31 January and of 28 February have begun.
          #expect(recurring.history.map(\.startDate?.day) == [31, 28])
          #expect(recurring.history.last?.endDate == .init(year: 2026, month: 3, day: 31))
          #expect(recurring.history.map(\.price) == [amount(5_000), amount(5_000)])
        case .retainerByHours(let hours):
          #expect(
            hours.prepaidHours
              == .init(
                purchasedMinutes: 600, consumedMinutes: 660, remainingMinutes: 0, overageMinutes: 60
              ))
        default: #expect(made.terms == terms)
        }
      }
      let list = try await office.contracts(office.mia).listContracts(.init(parent: "accounts/-"))
        .contracts
      #expect(
        list.map(\.name) == ["a", "b", "c", "d", "e"].map { "accounts/acme/contracts/\($0)" })
    }
  }

  @Test(
    "S-162 D-51 D-60 active ones unless asked; own account only; the same name and id in two accounts is two"
  )
  func lists() async throws {
    try await Office.run { office in
      for account in ["acme", "birch"] { _ = try await office.contract("care", of: account) }
      let ended = try await office.contract("old") {
        $0.endDate = .init(year: 2026, month: 2, day: 28)
      }
      let coming = try await office.contract("new") {
        $0.startDate = .init(year: 2027, month: 1, day: 1)
      }
      #expect([ended.status, coming.status] == [.expired, .upcoming])
      func names(_ person: Principal, all: Bool = false) async throws -> [String] {
        var (seen, token): ([String], String) = ([], "")
        repeat {
          let page = try await office.contracts(person).listContracts(
            .init(parent: "accounts/-", pageSize: 1, pageToken: token, includeInactive: all))
          seen += page.contracts.map { String($0.name.dropFirst("accounts/".count)) }
          token = page.nextPageToken
        } while !token.isEmpty
        return seen
      }
      #expect(try await names(office.clerk) == ["acme/contracts/care", "birch/contracts/care"])
      #expect(try await names(office.mia) == ["acme/contracts/care"])
      #expect(
        try await names(office.mia, all: true) == [
          "acme/contracts/care", "acme/contracts/new", "acme/contracts/old",
        ])
      for (person, name) in [
        (office.mia, "accounts/birch/contracts/care"),
        (office.stranger, "accounts/acme/contracts/care"),
        (office.mia, "accounts/acme/contracts/none"),
      ] {
        #expect(
          try await status { try await office.contracts(person).getContract(.init(name: name)) }
            == Status(.notFound, "not found"))
      }
      try await expect(.permissionDenied) {
        try await office.contracts(office.mia).createContract(.init(parent: "accounts/acme"))
      }
      try await expect(.permissionDenied) {
        try await office.contracts(TestPrincipal.customer()).listContracts(
          .init(parent: "accounts/acme"))
      }
      try await expect(.alreadyExists) { try await office.contract("care") }
      let wrong: [(String, (inout Billing.Contract) -> Void)] = [
        ("contract.display_name", { $0.displayName = "" }),
        ("contract.start_date", { $0.startDate = nil }),
        ("contract.terms", { $0.terms = nil }),
        ("contract.end_date", { $0.endDate = .init(year: 2025, month: 1, day: 1) }),
        ("contract.terms", { $0.setupFee = amount(1, "USD") }),
        ("contract.terms", { $0.setupFee = amount(-1) }),
        (
          "contract.recurring.billing_cycle",
          { $0.terms = .recurring(.init(billingPrice: amount(1))) }
        ),
        ("contract.time_and_materials.hourly_rate", { $0.terms = .timeAndMaterials(.init()) }),
        (
          "contract.retainer_by_hours",
          {
            $0.terms = .retainerByHours(
              .init(billingCycle: .monthly, prepaidHours: .init(consumedMinutes: -1)))
          }
        ),
      ]
      for (field, spoil) in wrong {
        let refused = try await status { try await office.contract("x") { spoil(&$0) } }
        #expect(refused.violations.map(\.field) == [field])
      }
    }
  }
}

extension Office {
  /// A contract on time and materials, running since 31 January 2026.
  func contract(
    _ id: String, of account: String = "acme", _ change: (inout Billing.Contract) -> Void = { _ in }
  ) async throws -> Billing.Contract {
    var contract = Billing.Contract(
      displayName: id, startDate: .init(year: 2026, month: 1, day: 31),
      terms: .timeAndMaterials(.init(hourlyRate: amount(9_000))))
    change(&contract)
    return try await contracts().createContract(
      .init(parent: "accounts/\(account)", contractID: id, contract: contract))
  }
}
