import PorticoAPI
import RPC
import WellKnown

/// `/contracts` and `/accounts/{account}/contracts/{contract}` (S-162..S-180).
enum ContractPages {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/contracts") { context in
      let includesInactive = context.query["include"] == "all"
      let answer = try await ContractsClient(context.caller).listContracts(
        .init(
          parent: context.listParent, pageSize: 50, pageToken: context.query["page_token"] ?? "",
          includeInactive: includesInactive))
      return await shell(
        context, title: "Contracts", active: "/contracts",
        list(answer, includesInactive: includesInactive, context))
    },
    PageRoute(.GET, "/{name=accounts/*/contracts/*}") { context in
      let contract = try await ContractsClient(context.caller).getContract(
        .init(name: context.path["name"]))
      return await shell(
        context, title: contract.displayName, active: "/contracts",
        ContractView(contract: contract, isStaff: context.principal?.isStaff ?? false).html)
    },
  ]

  static func list(
    _ answer: Billing.ListContractsResponse, includesInactive: Bool, _ context: PageContext
  ) -> HTML {
    let isStaff = context.principal?.isStaff ?? false
    let tabs = UI.tabs(
      [
        .init(title: "Active", url: "/contracts", isCurrent: !includesInactive),
        .init(title: "All", url: "/contracts?include=all", isCurrent: includesInactive),
      ], label: "Which contracts")
    let columns: [UI.Column<Billing.Contract>] = [
      .init("Name", .title) { contract in
        """
        <a href="/\(contract.name)">\(contract.displayName)</a>\
        <div class="sub">\(UI.facts([
          isStaff ? "\(contract.accountDisplayName)" : "", "\(contract.referenceNumber)",
          contract.isDefault ? "default contract" : "",
        ].filter { !$0.isEmpty }))</div>
        """
      },
      .init("Status", .bare) { status($0.status) },
      .init("Type") { "\(ContractView.type($0.terms))" },
      .init("Start") { UI.date($0.startDate) ?? UI.notSet },
      .init("End") { UI.date($0.endDate) ?? "open-ended" },
      .init("SLA") { UI.text($0.sla) ?? UI.notSet },
    ]
    let empty = UI.emptyState(
      includesInactive ? "No contracts" : "No active contracts",
      text: "Agreements appear here once they are signed.", icon: .contract)
    return """
      \(UI.pageHead("Contracts"))\(tabs)
      \(when: answer.contracts.isEmpty, empty)
      \(when: !answer.contracts.isEmpty, UI.table(answer.contracts, caption: "Contracts", columns: columns, isMuted: { $0.status == .expired }))
      \(UI.pages(context, count: answer.contracts.count, things: "contracts", next: answer.nextPageToken))
      """
  }

  static func status(_ status: Billing.ContractStatus) -> HTML {
    switch status {
    case .upcoming: UI.badge("Upcoming", tone: .info)
    case .active: UI.badge("Active", tone: .success)
    case .expired: UI.badge("Expired")
    default: UI.badge("Unknown")
    }
  }
}
