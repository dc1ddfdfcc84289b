import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// Serves `portico.billing.v1.Contracts`.
struct ContractHandlers: ContractsService {
  let store: any Store
  let directory: AccountDirectory
  let ids: SortableIDGenerator

  func listContracts(
    _ request: Billing.ListContractsRequest, _ call: Call
  ) async throws -> Billing.ListContractsResponse {
    let parent = try ResourceName(
      request.parent, "accounts/*", field: "parent", anyAllowed: true)
    let scope = try call.scope
    let page = try request.page([request.parent, "\(request.includeInactive)"], in: scope)
    return try await call.read(in: store) { db in
      let found = try ContractStore(db).contracts(
        account: parent.id("accounts"), onlyActive: !request.includeInactive, page: page, in: scope)
      return Billing.ListContractsResponse(
        contracts: found.items.map { .init($0, at: db.now) }, nextPageToken: found.nextToken)
    }
  }

  func getContract(
    _ request: Billing.GetContractRequest, _ call: Call
  ) async throws -> Billing.Contract {
    let name = try ResourceName(request.name, "accounts/*/contracts/*")
    let scope = try call.scope
    return try await call.read(in: store) { db in
      let contract = try ContractStore(db).contract(
        account: name["accounts"], id: name["contracts"], in: scope)
      return .init(contract, at: db.now)
    }
  }

  func createContract(
    _ request: Billing.CreateContractRequest, _ call: Call
  ) async throws -> Billing.Contract {
    let parent = try ResourceName(request.parent, "accounts/*", field: "parent")
    if !request.contractID.isEmpty, !ResourceName.isID(request.contractID) {
      throw Status.invalid("contract_id", "may hold letters, digits, hyphens and underscores")
    }
    let scope = try call.scope
    let account = try await directory.account(parent["accounts"], call)
    let contract = try Contract(
      request.contract ?? .init(),
      id: request.contractID.isEmpty ? "\(ids.next())" : request.contractID,
      account: parent["accounts"], of: account, at: call.now)
    let actor = try call.auditActor
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      try ContractStore(db).insert(contract, in: scope)
      try db.audit(
        EventType.contractCreated.name, on: contract.name, by: actor,
        after: ["display_name": contract.displayName])
      try db.emit(
        .contractCreated, on: contract.name, at: EventPlace(account: contract.account))
      return .init(contract, at: db.now)
    }
  }
}

extension Billing.ListContractsRequest: PagedRequest {}

extension ContractError: StatusConvertible {
  var status: Status {
    switch self {
    case .mixedCurrencies: .invalid("contract.terms", "must name one currency only")
    case .endsBeforeStart: .invalid("contract.end_date", "must not be before the start date")
    case .negativeMinutes: .invalid("contract.retainer_by_hours", "must not be negative")
    case .negativeAmount: .invalid("contract.terms", "amounts must not be negative")
    }
  }
}
