import Access
import ArgumentParser
import Foundation
import HTTP2
import Logging
import RPC
import Values

/// How `portico call` reaches a server and who it says it is.
struct ServerOptions: ParsableArguments {
  @Option(help: "Where the server is: host:port, dns:///name:port or unix:/path.")
  var address: String
  @Flag(help: "No TLS, though the address is neither a socket nor loopback.") var plaintext = false
  @Flag(help: "TLS, though the address is a socket or loopback.") var tls = false
  @Option(help: "PEM file of the CAs to trust instead of the system's; makes it TLS.")
  var ca: String?
  @Option(help: "PEM file of a client certificate chain, for mutual TLS.") var cert: String?
  @Option(help: "PEM file of its key.") var key: String?
  @Option(help: "The authority to ask for, and the name that the certificate must be for.")
  var authority: String?
  @Option(
    name: [.customShort("H"), .long],
    help: "Metadata as `name: value`, any number of times; base64 where the name ends in -bin.")
  var header: [String] = []
  @Option(help: "A bearer token. Never sent without TLS, except to a socket or loopback.")
  var token: String?
  @Option(help: "A file that holds the bearer token.") var tokenFile: String?
  @Option(name: .customLong("as"), help: "Call as this service of Portico, with its key.")
  var caller: String?
  @Option(help: "Tenant that the call is about, with --as.") var inTenant: String?
  @Option(help: "Folder with keys/.") var data = "data"
  @Option(
    name: [.customLong("deadline"), .customLong("timeout")],
    help: "Seconds that a call may take; 10 unless it streams.")
  var deadline: Double?

  func validate() throws {
    guard (caller == nil) == (inTenant == nil) else {
      throw ValidationError("--as and --in-tenant go together")
    }
    guard (cert == nil) == (key == nil) else {
      throw ValidationError("--cert and --key go together")
    }
    guard token == nil || tokenFile == nil else {
      throw ValidationError("--token and --token-file exclude each other")
    }
    guard !plaintext || !(tls || ca != nil || cert != nil) else {
      throw ValidationError("--plaintext and TLS exclude each other")
    }
    if let deadline, !(0.001...604_800).contains(deadline) {
      throw ValidationError("--deadline must be 0.001 to 604800")
    }
  }

  func channel() throws -> Channel {
    var configuration = ChannelConfiguration(tls: usesTLS ? tlsConfiguration : nil)
    configuration.authority = authority
    configuration.maximumResponseBytes = 64 << 20
    return try Channel(
      address, configuration, logger: Logger(label: "call") { _ in SwiftLogNoOpLogHandler() })
  }

  /// The channel, signing with a service's key where that was asked for.
  func caller(_ channel: Channel) throws -> any Caller {
    guard let caller else { return channel }
    let keys = try Keyring(contentsOf: URL(fileURLWithPath: data).appending(path: "keys"))
    let identity = try keys.serviceIdentity(caller, clock: SystemClock())
    return InterceptedCaller(channel, [IdentityPropagation(identity)])
  }

  /// What every call carries, the questions of reflection too.
  func callOptions() throws -> CallOptions {
    var options = CallOptions(metadata: try metadata())
    if let token = try bearer() {
      options.credentials = .bearer(token, allowingPlaintextOnLoopback: true)
    }
    return inTenant.map { options.asService(in: TenantID($0)) } ?? options
  }

  private func bearer() throws -> String? {
    guard let tokenFile else { return token }
    return try String(contentsOfFile: tokenFile, encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func metadata() throws -> Metadata {
    var metadata = Metadata()
    for line in header {
      guard let colon = line.firstIndex(of: ":") else {
        throw CallMistake("-H \(line): no `name: value`")
      }
      let name = line[..<colon].trimmingCharacters(in: .whitespaces).lowercased()
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      do {
        if name.hasSuffix("-bin") {
          guard let bytes = Data(base64Encoded: value) else {
            throw CallMistake("-H \(name): the value is not base64")
          }
          try metadata.append(name, binary: [UInt8](bytes))
        } else {
          try metadata.append(name, value)
        }
      } catch let error as MetadataError {
        throw CallMistake("-H \(name): \(error)")
      }
    }
    return metadata
  }

  private var tlsConfiguration: TLSConfiguration {
    .client(trustRootsFile: ca, certificateChainFile: cert, privateKeyFile: key)
  }

  /// What leaves the machine is encrypted unless somebody says otherwise.
  var usesTLS: Bool {
    if plaintext { return false }
    return tls || ca != nil || cert != nil || !isLocal
  }

  private var isLocal: Bool {
    if address.hasPrefix("unix:") { return true }
    var hosts = address[...]
    for scheme in ["dns:", "ipv4:", "ipv6:"] where hosts.hasPrefix(scheme) {
      hosts.removeFirst(scheme.count)
    }
    while hosts.first == "/" { hosts.removeFirst() }
    return hosts.split(separator: ",").allSatisfy { host in
      ["localhost:", "127.", "[::1]:"].contains { host.hasPrefix($0) }
    }
  }
}
