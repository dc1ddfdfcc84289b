import Access
import Bootstrap
import Foundation
import Logging
import PorticoAPI
import RPC
import Values

/// Whether the other services answer from here, and whether their clocks and this one agree.
struct PeerChecks {
  private let examination: Examination
  private let patience: Duration
  /// A principal's token lasts a minute; a part of that is already gone when it arrives.
  static let tolerated = Duration.seconds(5)

  /// - Parameter patience: how long each answer is waited for. A place where nobody listens fails at once.
  init(_ examination: Examination, patience: Duration = .seconds(2)) {
    self.examination = examination
    self.patience = patience
  }

  func findings() async -> [Finding] {
    let addresses: [String: String]
    let peers: Peers
    do {
      addresses = try HostConfiguration.peers(examination.settings)
      var channel = try HostConfiguration.channel(examination.settings)
      channel.connectTimeout = patience
      peers = Peers(
        addresses, identity: identity, configuration: channel,
        logger: Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() })
    } catch {
      return [.wrong("peers", "\(error)", remedy: "correct the setting: docs/settings.md")]
    }
    var findings = addresses.isEmpty ? [none] : []
    for name in addresses.keys.sorted() where name != examination.process {
      findings.append(await reach(name, addresses[name] ?? "", peers))
      if let skew = await skew(name, peers) { findings.append(skew) }
    }
    await peers.shutDown(grace: .zero)
    return findings
  }

  private var none: Finding {
    .doubtful(
      "peers", "no other service has an address here",
      remedy: "peers=identity=HOST:PORT,…: what a service needs of others fails without")
  }

  private func reach(_ name: String, _ address: String, _ peers: Peers) async -> Finding {
    guard let reason = await peers.reason(against: name, patience: patience) else {
      return .fine("peers", "\(name) answers at \(address)")
    }
    return .wrong(
      "peers", "\(name) at \(address) \(reason)",
      remedy: "is it running, does the address lead there, may this process's certificate call it?")
  }

  /// Only gateway and operator may ask a service for its report, which has its time.
  private var identity: ServiceIdentity? {
    do {
      let keys = try Keyring(contentsOf: examination.keysFolder)
      for name in ["operator", "gateway"] {
        do { return try keys.serviceIdentity(name, clock: examination.clock) } catch { continue }
      }
      return nil
    } catch { return nil }
  }

  private func skew(_ name: String, _ peers: Peers) async -> Finding? {
    guard identity != nil,
      let method = PorticoAPI.Methods.all.first(where: {
        $0.owner == name && $0.output == Operations.ServiceReport.descriptor
      })
    else { return nil }
    let before = examination.clock.now
    do {
      let answer = try await peers.caller(name).unary(
        method, [], CallOptions(deadline: .after(patience)).asService(in: TenantID("doctor")))
      let report = try Operations.ServiceReport(serialized: answer.message)
      let after = examination.clock.now
      guard let time = report.reportTime else { return nil }
      let there = try Instant(time, field: "report_time")
      return Self.finding(name, there, between: before, and: after)
    } catch {
      return nil
    }
  }

  /// - Parameter there: what the other clock said at some time between two readings of this one.
  static func finding(
    _ name: String, _ there: Instant, between before: Instant, and after: Instant
  ) -> Finding {
    let skew = there < before ? before - there : there > after ? there - after : .zero
    let seconds = skew / .seconds(1)
    return skew > tolerated
      ? .wrong(
        "clock-skew", "the clock of \(name) is \(Int(seconds)) s away from this machine's",
        remedy: "let both follow the time by NTP: tokens are good for a minute")
      : .fine("clock-skew", "the clock of \(name) and this one agree")
  }
}
