import Access
import ArgumentParser
import Foundation
import Logging
import PorticoAPI
import Protobuf
import RPC
import Values

/// Calls a method of a running service with JSON, and prints the answer as JSON.
struct Call: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Call a method of a service with JSON.",
    discussion: """
      portico call --address 10.0.0.7:7000 --as operator --in-tenant acme Tenants/CreateTenant \
      '{"tenantId": "acme", "tenant": {"displayName": "Acme"},
        "administrator": {"userName": "ada", "email": "ada@acme.example"}}'

      --as signs the call with a service's key from the data folder, which may call what the contract \
      opens to that service and nothing else; without it the call is anonymous.
      """)

  @Argument(help: "SERVICE/METHOD, or the end of it that is unique: Accounts/ListAccounts.")
  var method: String
  @Argument(help: "The request as JSON.") var request = "{}"
  @Option(help: "Where the service is: host:port, dns:///name:port or unix:/path.")
  var address: String
  @Option(name: .customLong("as"), help: "Call as this service, with its key.") var caller: String?
  @Option(help: "Tenant that the call is about, with --as.") var inTenant: String?
  @Option(help: "Folder with keys/.") var data = "data"
  @Option(help: "Seconds to wait.") var timeout = 10

  func validate() throws {
    guard (caller == nil) == (inTenant == nil) else {
      throw ValidationError("--as and --in-tenant go together")
    }
  }

  func run() async throws {
    let method = try find()
    guard method.streaming == .unary else {
      throw ValidationError(
        "\(method.name) streams; only methods with one request and one answer can be called")
    }
    let body = try method.input.serialized(fromJSON: Array(request.utf8))
    let channel = try RPC.Channel(
      address, logger: Logger(label: "call") { _ in SwiftLogNoOpLogHandler() })
    var wire: any Caller = channel
    var options = CallOptions().timeout(.seconds(timeout))
    if let caller, let inTenant {
      let keys = try Keyring(contentsOf: URL(fileURLWithPath: data).appending(path: "keys"))
      wire = InterceptedCaller(
        channel, [IdentityPropagation(try keys.serviceIdentity(caller, clock: SystemClock()))])
      options = options.asService(in: TenantID(inTenant))
    }
    do {
      let answer = try await wire.unary(method, body, options)
      Console.say(
        String(decoding: try method.output.json(fromSerialized: answer.message), as: UTF8.self))
      await channel.shutDown(grace: .seconds(1))
    } catch let status as Status {
      await channel.shutDown(grace: .seconds(1))
      Console.complain("\(status.code): \(status.message)")
      throw ExitCode(1)
    }
  }

  private func find() throws -> RPC.Method {
    let found = Methods.all.filter { known in
      let path = known.path.dropFirst()
      return path == method || path.hasSuffix("." + method)
    }
    guard let only = found.first, found.count == 1 else {
      throw ValidationError(
        found.isEmpty ? "there is no method \(method)" : "\(method) is not unique")
    }
    return only
  }
}
