// BillingService: what accounts have agreed to and what they owe. Contracts by type, invoices with
// their lines, taxes and payments. Knows no ticket and keeps no card; asks identity for an account's
// name, address and zone.

import Bootstrap
import Foundation
import RPC
import Store
import Values

public struct BillingService: HostedService {
  public static let name = "billing"
  public static let migrations = Bundle.module.bundleURL.appending(path: "Migrations")

  private let invoices: InvoiceHandlers
  private let contracts: ContractHandlers

  public init(_ context: ServiceContext) async throws {
    let directory = AccountDirectory(context.caller("identity"))
    let ids = SortableIDGenerator(clock: context.clock)
    invoices = InvoiceHandlers(store: context.store, directory: directory, ids: ids)
    contracts = ContractHandlers(store: context.store, directory: directory, ids: ids)
  }

  public var services: [any RPCService] { [invoices, contracts] }
}
