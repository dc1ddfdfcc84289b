import Access
import PorticoAPI
import RPC
import Values

/// How the installation is doing: what every service reports of itself, and what this process sees of their servers. Asked
/// for those who run it, in the tenants that the setting `operation.tenants` names: other providers on the same
/// installation have nothing to look for there.
struct OperationDesk: Sendable {
  /// One method of each service, in the order of their names.
  let methods: [RPC.Method]
  private let caller: any Caller
  private let tenants: Set<TenantID>
  private let servers: ServerView

  /// - Parameters:
  ///   - caller: performs calls as the gateway.
  ///   - servers: what the connections of this process tell of a service's servers.
  init(
    _ methods: [RPC.Method], caller: any Caller, tenants: Set<TenantID>,
    servers: @escaping ServerView
  ) {
    self.methods = methods.filter { $0.output == Operations.ServiceReport.descriptor }
      .sorted { $0.owner < $1.owner }
    self.caller = caller
    self.tenants = tenants
    self.servers = servers
  }

  /// Whether the page exists for people of a tenant.
  func isOpen(to tenant: TenantID) -> Bool { tenants.contains(tenant) }

  /// Asks a service. What it tells is of no tenant; the call needs one all the same.
  func report(
    _ method: RPC.Method, as tenant: TenantID, requestID: String, _ options: CallOptions
  ) async throws -> Operations.ServiceReport {
    var options = options.asService(in: tenant)
    try options.metadata.set(RequestID.key, requestID)
    let request = try Operations.GetServiceReportRequest().serialized()
    let answer = try await caller.unary(method, request, options)
    return try Operations.ServiceReport(serialized: answer.message)
  }

  func servers(of service: String) async -> [ServerState] { await servers(service) }
}

/// The servers of a service, as the connections of a process see them.
public typealias ServerView = @Sendable (_ service: String) async -> [ServerState]
