import Foundation
import Testing
import Values

@Suite("Civil dates (D-40)")
struct CivilDateTests {
  @Test("Every day of two leap cycles counts on by one and reads back")
  func everyDay() throws {
    let first = try #require(CivilDate(year: 1600, month: 1, day: 1))
    let last = try #require(CivilDate(year: 2400, month: 12, day: 31))
    var previous: CivilDate?
    for days in stride(from: first.daysSinceEpoch, through: last.daysSinceEpoch, by: 1) {
      let date = try #require(CivilDate(daysSinceEpoch: days))
      guard date.daysSinceEpoch == days, previous.map({ $0 < date }) ?? true else {
        Issue.record("\(days) is \(date)")
        return
      }
      previous = date
    }
    #expect(previous == last)
    let (earliest, latest) = (CivilDate.earliest.daysSinceEpoch, CivilDate.latest.daysSinceEpoch)
    #expect(CivilDate(daysSinceEpoch: earliest) == .earliest)
    #expect(CivilDate(daysSinceEpoch: latest) == .latest)
    #expect(CivilDate(daysSinceEpoch: earliest - 1) == nil)
    #expect(CivilDate(daysSinceEpoch: latest + 1) == nil)
    #expect(CivilDate(year: 1970, month: 1, day: 1)?.daysSinceEpoch == 0)
    #expect(CivilDate("2000-02-29")?.daysSinceEpoch == 11_016)
  }

  @Test("Only yyyy-mm-dd of a day that exists is read")
  func reading() {
    #expect(CivilDate("2024-02-29")?.description == "2024-02-29")
    for junk in [
      "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "0000-01-01",
      "2024-1-01", "2024/01/01", "24-01-01", "+024-01-01", "2024-01-01 ", "٢٠٢٤-٠١-٠١", "",
    ] {
      #expect(CivilDate(junk) == nil, "\(junk)")
    }
  }

  @Test("Months keep the anchor's day where there is one")
  func months() throws {
    let anchor = try #require(CivilDate("2024-01-31"))
    let months = [1, 2, 3, 12, 13, -1, -2].map { anchor.adding(months: $0)?.description }
    #expect(
      months == [
        "2024-02-29", "2024-03-31", "2024-04-30", "2025-01-31", "2025-02-28", "2023-12-31",
        "2023-11-30",
      ])
    #expect(anchor.adding(months: .max) == nil)
    #expect(anchor.adding(months: -24_288) == nil)
    #expect(anchor.adding(days: .max) == nil)
    #expect(anchor.adding(days: 30)?.description == "2024-03-01")
  }

  @Test("Weekdays are ISO's")
  func weekdays() throws {
    let days = ["1970-01-01", "2026-11-21", "0001-01-01", "2024-02-29"]
    #expect(days.map { CivilDate($0)?.weekday } == [4, 6, 1, 4])
  }

  @Test("V-24 Today is the zone's, over clock changes and before 1970")
  func zones() throws {
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    let auckland = try #require(TimeZone(identifier: "Pacific/Auckland"))
    let losAngeles = try #require(TimeZone(identifier: "America/Los_Angeles"))
    // 2026-03-28T23:30:00Z: half past midnight in Berlin, the night the clocks change.
    let instant = Instant(seconds: 1_774_740_600)
    #expect(CivilDate(instant, in: berlin).description == "2026-03-29")
    #expect(CivilDate(instant, in: auckland).description == "2026-03-29")
    #expect(CivilDate(instant, in: losAngeles).description == "2026-03-28")
    #expect(CivilDate(Instant(microseconds: -1), in: .gmt).description == "1969-12-31")
    let day = try #require(CivilDate("2026-03-29"))
    let next = try #require(day.adding(days: 1))
    #expect(next.start(in: berlin) - day.start(in: berlin) == .seconds(23 * 3600))
    for zone in [berlin, auckland, losAngeles, .gmt] {
      #expect(CivilDate(day.start(in: zone), in: zone) == day)
      #expect(CivilDate(day.start(in: zone) - .microseconds(1), in: zone) == day.adding(days: -1))
    }
    #expect(CivilDate(Instant(microseconds: .max), in: .gmt) == .latest)
    #expect(CivilDate(Instant(microseconds: .min), in: .gmt) == .earliest)
  }
}
