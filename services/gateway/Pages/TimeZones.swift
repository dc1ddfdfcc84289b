import Foundation
import Synchronization
import Values

/// The time zones that pages were asked for last: Foundation looks through its own each time, and a list asks for every row.
enum TimeZones {
  private static let known = Mutex(RecentMemory<String, TimeZone>(capacity: 256))

  /// Nil when there is none of that name.
  static func named(_ identifier: String) -> TimeZone? {
    guard !identifier.isEmpty else { return nil }
    if let zone = known.withLock({ $0[identifier] }) { return zone }
    guard let zone = TimeZone(identifier: identifier) else { return nil }
    known.withLock { $0[identifier] = zone }
    return zone
  }

  /// The zone that a visitor's times are written in: their own, else the portal's.
  static func zone(of visitor: Visitor) -> TimeZone {
    visitor.session.flatMap { named($0.profile.timeZone) }
      ?? named(visitor.portal.settings.timeZone) ?? .gmt
  }
}
