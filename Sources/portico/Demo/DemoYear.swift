import Foundation
import PorticoAPI
import RPC
import Values

/// Plays a year of the demo tenant, in the order of time: first the provider is set up, then its
/// customers, then everything that happens between them.
struct DemoYear {
  let stage: DemoStage
  let tickets: Int

  func play() async throws {
    stage.clock.set(DemoCalendar.workday(before: stage.now, days: 364, hour: 8))
    let setup = DemoSetup(stage: stage)
    try await setup.provider()
    for customer in DemoTenant.customers { try await setup.customer(customer) }
    try await setup.otherProvider()

    var moments = try DemoBilling(stage: stage).moments()
    moments += DemoTickets(stage: stage, count: tickets).moments()
    moments += DemoWords(stage: stage).moments()
    let played = moments.filter { $0.time < stage.now - .minutes(35) }.sorted { $0.time < $1.time }
    for (index, moment) in played.enumerated() {
      if moment.time > stage.clock.now { stage.clock.set(moment.time) }
      try await moment.happen()
      Console.progress("of the demo year", index + 1, of: played.count)
    }
    stage.clock.set(stage.now - .minutes(35))
  }
}

/// Something that happens at a time.
struct DemoMoment {
  let time: Instant
  let happen: () async throws -> Void
}

/// Working hours of the demo's world, in UTC.
enum DemoCalendar {
  /// A Monday to Friday `days` before `now`, or the last one before that, at an hour and minute.
  static func workday(before now: Instant, days: Int, hour: Int, minute: Int = 0) -> Instant {
    var date = CivilDate(now - .days(days), in: .gmt)
    while date.weekday > 5, let earlier = date.adding(days: -1) { date = earlier }
    return date.start(in: .gmt) + .minutes(hour * 60 + minute)
  }

  /// The same time, or the next working day at nine when it falls on a weekend or outside 8 to 17.
  static func working(_ time: Instant) -> Instant {
    var date = CivilDate(time, in: .gmt)
    let start = date.start(in: .gmt)
    let minutes = Int((time - start).components.seconds / 60)
    if date.weekday <= 5, (480..<1020).contains(minutes) { return time }
    if date.weekday <= 5, minutes < 480 { return start + .minutes(480 + minutes % 60) }
    repeat { date = date.adding(days: 1) ?? date } while date.weekday > 5
    return date.start(in: .gmt) + .minutes(540 + minutes % 60)
  }
}

/// Numbers that look random and are the same in every run.
struct DemoDice {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  /// A number below `limit`.
  mutating func roll(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    value ^= value >> 31
    return Int(value % UInt64(max(1, limit)))
  }

  mutating func pick<T>(_ list: [T]) -> T { list[roll(list.count)] }
  mutating func chance(_ percent: Int) -> Bool { roll(100) < percent }
}
