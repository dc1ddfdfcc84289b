import ArgumentParser
import Bootstrap
import Crypto
import Foundation
import GRPCServices
import Logging
import PorticoAPI
import RPC
import WellKnown

/// Whether the service of this container or machine serves: for health checks.
struct Probe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask the service here whether it serves; exits with 1 when it does not.",
    discussion: """
      Reads the settings of the service's process from the environment (PORTICO_LISTEN, PORTICO_TLS_…), asks it as \
      itself, with its own certificate, and prints what it answers. The gateway answers /readyz instead.
      """)

  @Option(help: "Where it listens; PORTICO_LISTEN unless given.") var address: String?
  @Option(help: "Seconds to wait for the answer.") var deadline = 3.0

  func validate() throws {
    guard (0.1...60).contains(deadline) else {
      throw ValidationError("--deadline must be 0.1 to 60")
    }
  }

  func run() async throws {
    let settings = try await Settings(arguments: [])
    var configuration = try HostConfiguration.channel(settings)
    if let certificate = configuration.tls?.certificateChainFile,
      let own = try PEMFile.text(at: certificate)
    {
      configuration.tls?.permittedPeerNames = Set(try Certificate(pem: own).names)
    }
    let listen = try address ?? settings.required("listen")
    let channel = try Channel(
      Self.target(listen), configuration,
      logger: Logger(label: "probe") { _ in SwiftLogNoOpLogHandler() })
    do {
      let options = CallOptions(deadline: .after(.seconds(deadline)))
      let answer = try await HealthClient(channel).check(.init(), options)
      await channel.shutDown(grace: .zero)
      Console.say("\(answer.status)")
      guard answer.status == .serving else { throw ExitCode(1) }
    } catch let status as Status {
      await channel.shutDown(grace: .zero)
      Console.complain("\(status.code): \(status.message)")
      throw ExitCode(1)
    }
  }

  /// Who listens on every address is reached at loopback.
  static func target(_ listen: String) -> String {
    for every in ["0.0.0.0:", "[::]:", ":::"] where listen.hasPrefix(every) {
      return "127.0.0.1:\(listen.dropFirst(every.count))"
    }
    return listen
  }
}
