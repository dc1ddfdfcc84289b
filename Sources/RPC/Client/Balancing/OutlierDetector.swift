import Foundation
import NIOCore

/// What outlier detection remembers of one server.
final class OutlierRecord {
  fileprivate(set) var ejectedAt: NIODeadline?
  /// How often it was ejected, less the quiet intervals since.
  fileprivate(set) var multiplier = 0
  var isEjected: Bool { ejectedAt != nil }
}

/// Looks at what the calls of the last interval say about each server, and takes those that stand out away for a while
/// (R-072, gRFC A50).
struct OutlierDetector {
  let settings: OutlierDetection
  /// A number from 0 to 99, for partial enforcement.
  var draw: () -> Int = { Int.random(in: 0..<100) }

  init(_ settings: OutlierDetection) { self.settings = settings }

  private struct Host {
    let record: OutlierRecord
    let succeeded: Int
    let failed: Int
    var total: Int { succeeded + failed }
    var successRate: Double { Double(succeeded) / Double(total) }
  }

  /// Ends an interval. The number of servers that were ejected or let back.
  func sweep(_ servers: [(OutlierRecord, BackendLoad)], at now: NIODeadline) -> Int {
    let before = servers.map { $0.0.isEjected }
    let hosts = servers.map { record, load in
      defer { (load.succeeded, load.failed) = (0, 0) }
      return Host(record: record, succeeded: load.succeeded, failed: load.failed)
    }
    ejectBySuccessRate(hosts, now)
    ejectByFailurePercentage(hosts, now)
    for host in hosts { forgive(host.record, now) }
    return zip(before, hosts).reduce(0) { $0 + ($1.0 == $1.1.record.isEjected ? 0 : 1) }
  }

  private func ejectBySuccessRate(_ hosts: [Host], _ now: NIODeadline) {
    guard let rule = settings.successRate else { return }
    let counted = hosts.filter { $0.total > 0 && $0.total >= rule.requestVolume }
    guard !counted.isEmpty, counted.count >= rule.minimumHosts else { return }
    let mean = counted.reduce(0) { $0 + $1.successRate } / Double(counted.count)
    let variance =
      counted.reduce(0) { $0 + ($1.successRate - mean) * ($1.successRate - mean) }
      / Double(counted.count)
    let least = mean - rule.deviations * variance.squareRoot()
    for host in counted where host.successRate < least {
      eject(host.record, of: hosts, rule.enforcement, now)
    }
  }

  private func ejectByFailurePercentage(_ hosts: [Host], _ now: NIODeadline) {
    guard let rule = settings.failurePercentage else { return }
    let counted = hosts.filter { $0.total > 0 && $0.total >= rule.requestVolume }
    guard !counted.isEmpty, counted.count >= rule.minimumHosts else { return }
    for host in counted where 100 * (1 - host.successRate) > Double(rule.threshold) {
      eject(host.record, of: hosts, rule.enforcement, now)
    }
  }

  private func eject(
    _ record: OutlierRecord, of hosts: [Host], _ enforcement: Int, _ now: NIODeadline
  ) {
    let ejected = hosts.count { $0.record.isEjected }
    guard !record.isEjected,
      ejected * 100 < settings.maximumEjectionPercent * hosts.count
        || ejected == 0, draw() < enforcement
    else { return }
    record.ejectedAt = now
    record.multiplier += 1
  }

  private func forgive(_ record: OutlierRecord, _ now: NIODeadline) {
    guard let ejectedAt = record.ejectedAt else {
      record.multiplier = max(0, record.multiplier - 1)
      return
    }
    let base = Double(Int64(clampedNanoseconds: settings.ejectionTime))
    let longest = max(base, Double(Int64(clampedNanoseconds: settings.longestEjectionTime)))
    let time = min(base * Double(record.multiplier), longest)
    if Double((now - ejectedAt).nanoseconds) >= time { record.ejectedAt = nil }
  }
}
