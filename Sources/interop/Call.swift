import ArgumentParser
import HTTP2
import RPC

/// The client side: one test case against a server.
struct Call: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run one test case against a server.",
    discussion: """
      Prints the status with which the case's last call ended, name and message, on one line. Exits with 0 if the \
      case held; otherwise with 1, and says on standard error what did not. `--case list` prints the names of all \
      cases, with what each shows.
      """)

  @Option(help: "host:port, dns:///name:port, ipv4:address:port,… or unix:/path.")
  var target: String?
  @Option(name: .customLong("case"), help: "Name of the case, or `list`.") var name: String
  @Option(help: "Seconds that each call may take.") var deadline = 30.0
  @Option(help: "PEM file of the CAs that the server's certificate must chain to; makes it TLS.")
  var ca: String?
  @Option(help: "PEM file of the client's certificate chain, for mutual TLS.") var cert: String?
  @Option(help: "PEM file of its key.") var key: String?
  @Flag(help: "TLS with the system's CAs.") var tls = false
  @Option(help: "Calls of the soak cases; concurrent_large_unary makes 100 times as many.")
  var soakIterations = 10

  func validate() throws {
    guard name == "list" || target != nil else { throw ValidationError("--target is missing") }
    guard (cert == nil) == (key == nil) else {
      throw ValidationError("--cert and --key go together")
    }
    guard name == "list" || InteropCase.all.contains(where: { $0.name == name }) else {
      throw ValidationError("there is no case \(name); --case list prints them")
    }
    guard (0.001...86_400).contains(deadline) else {
      throw ValidationError("--deadline must be 0.001 to 86400")
    }
    guard (1...1_000_000).contains(soakIterations) else {
      throw ValidationError("--soak-iterations must be 1 to 1000000")
    }
  }

  func run() async throws {
    guard let target, let test = InteropCase.all.first(where: { $0.name == name }) else {
      for test in InteropCase.all { Output.line("\(test.name)\t\(test.summary)") }
      return
    }
    let channel = try open(target)
    let stage = CaseStage(
      channel: channel, deadline: .seconds(deadline), iterations: soakIterations,
      open: { try open(target) })
    let failure = await Self.report(test, stage)
    await channel.shutDown(grace: .zero)
    if failure { throw ExitCode.failure }
  }

  /// True when the case did not hold.
  private static func report(_ test: InteropCase, _ stage: CaseStage) async -> Bool {
    do {
      Output.line(Output.text(try await test.run(stage)))
      return false
    } catch let error as NotHeld {
      Output.line(Output.text(error.status))
      Output.complain("\(test.name): \(error.reason)")
    } catch let status as Status {
      Output.line(Output.text(status))
      let reason = status.internalReason.map { " (\($0))" } ?? ""
      Output.complain("\(test.name): a call that must succeed did not\(reason)")
    } catch {
      Output.line(Output.text(Status(.unknown, "\(error)")))
      Output.complain("\(test.name): the case broke off")
    }
    return true
  }

  private func open(_ target: String) throws -> Channel {
    let usesTLS = tls || ca != nil || cert != nil
    let configuration = ChannelConfiguration(
      tls: usesTLS
        ? .client(trustRootsFile: ca, certificateChainFile: cert, privateKeyFile: key) : nil)
    return try Channel(target, configuration, logger: QuietLog.logger)
  }
}
