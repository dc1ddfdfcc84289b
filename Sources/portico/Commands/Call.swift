import ArgumentParser
import Foundation
import GRPCServices
import Protobuf
import RPC

/// Calls a method of any gRPC server with JSON and prints what it answers as JSON, or tells what there is to call.
struct Call: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Call a method of any gRPC server with JSON.",
    discussion: """
      portico call --address localhost:7000 list
      portico call --address localhost:7000 list acme.v1.Shop
      portico call --address localhost:7000 describe acme.v1.Order
      portico call --address shop.example:443 --token-file token acme.v1.Shop/PlaceOrder '{"item": "books/1"}'
      portico call --address 10.0.0.7:7000 --plaintext --as operator --in-tenant acme Tenants/CreateTenant \
      '{"tenantId": "acme", "tenant": {"displayName": "Acme"},
        "administrator": {"userName": "ada", "email": "ada@acme.example"}}'

      What a server offers comes from --descriptors, or from the server by reflection, or, where it has none, from \
      Portico's own contract. A method that takes many requests gets each MESSAGE in turn, or a line of JSON each \
      from standard input; every response is a line of JSON. TLS is used unless the address is a socket or loopback.

      --as signs the call with a service's key from the data folder, which may call what the contract \
      opens to that service and nothing else.

      A call that fails prints its status, message and details to standard error and exits with 64 + the number of \
      the status code; what was typed wrong exits with 64.
      """)

  @OptionGroup var server: ServerOptions
  @Option(help: "A FileDescriptorSet: protoc --include_imports --descriptor_set_out.")
  var descriptors: String?
  @Flag(name: .shortAndLong, help: "Print the metadata of the answer to standard error.")
  var verbose = false
  @Argument(help: "SERVICE/METHOD, or the end of it that is unique; `list`; `describe`.")
  var method: String
  @Argument(
    help:
      "Requests as JSON, `-` for standard input. With list a service, with describe any full name.")
  var message: [String] = []

  func run() async throws {
    let channel = try server.channel()
    var types = FailureReport.googles
    do {
      try await run(channel, &types)
      await channel.shutDown(grace: .seconds(1))
    } catch let status as Status {
      await channel.shutDown(grace: .zero)
      let report = FailureReport(status: status, types: types)
      report.print()
      throw report.exitCode
    } catch let error where error is CallMistake || error is DescriptorError || error is InputError
    {
      await channel.shutDown(grace: .zero)
      Console.complain("portico call: \(error)")
      throw ExitCode.validationFailure
    }
  }

  private func run(_ channel: Channel, _ types: inout TypeRegistry) async throws {
    switch method {
    case "list": try await list(try await contract(channel))
    case "describe": try await describe(try await contract(channel))
    default:
      let (found, pool) = try await contract(channel).method(method)
      types = pool.types
      try await Invocation(
        method: RPC.Method(found), caller: try server.caller(channel),
        options: options(streams: found.streamsRequests || found.streamsResponses),
        types: pool.types, messages: message, showsMetadata: verbose
      ).run()
    }
  }

  /// Portico's services are signed for by name, so that the names must be those of the contract.
  private func contract(_ channel: Channel) async throws -> Contract {
    if let descriptors { return try .file(descriptors) }
    if server.caller != nil { return try .builtIn() }
    return try await .reflected(ReflectionClient(channel, options(streams: false)))
  }

  private func options(streams: Bool) throws -> CallOptions {
    let options = try server.callOptions()
    guard let seconds = server.deadline ?? (streams ? nil : 10) else { return options }
    return options.timeout(.seconds(seconds))
  }

  private func list(_ contract: Contract) async throws {
    guard message.count <= 1 else { throw CallMistake("list takes one service, or none") }
    guard let name = message.first else {
      return contract.services.forEach(Console.say)
    }
    let service = try contract.service(name)
    let methods = try await contract.pool(service).service(named: service)?.methods ?? []
    for method in methods { Console.say("\(service)/\(method.name)") }
  }

  private func describe(_ contract: Contract) async throws {
    let names = message.isEmpty ? contract.services : message.map(contract.fullName)
    for (index, name) in names.enumerated() {
      let pool = try await contract.pool(declaring: name.replacing("/", with: "."))
      guard let text = Description.of(name, in: pool) else {
        throw Status(.notFound, "there is no \(name)")
      }
      if index > 0 { Console.say("") }
      Console.say(text)
    }
  }
}
