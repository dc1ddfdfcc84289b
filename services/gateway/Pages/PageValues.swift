import Foundation
import Handling
import NIOHTTP1
import RPC
import Values
import WellKnown

// What pages show of the API's values. A value that a service sent and that cannot be read is shown as "not set":
// it must not cost the reader the page.

extension UI {
  static func money(_ amount: GoogleType.Money?) -> HTML? {
    guard let amount else { return nil }
    do { return money(try Money(amount, field: "amount")) } catch { return nil }
  }

  static func date(_ day: GoogleType.Date?) -> HTML? {
    guard let day else { return nil }
    do { return date(try CivilDate(day, field: "date")) } catch { return nil }
  }

  /// Text, or nil for none, so that a description list shows its dash.
  static func text(_ text: String) -> HTML? { text.isEmpty ? nil : breakable(text) }

  /// Text in which a word that is longer than any cell is wide may break.
  static func breakable(_ text: some StringProtocol) -> HTML {
    guard text.utf8.count > wordLength else { return HTML(text: String(text)) }
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map { word -> HTML in
      var rest = word[...]
      var pieces: [HTML] = []
      while let cut = rest.index(rest.startIndex, offsetBy: wordLength, limitedBy: rest.endIndex),
        cut < rest.endIndex
      {
        pieces.append(HTML(text: String(rest[..<cut])))
        rest = rest[cut...]
      }
      return (pieces + [HTML(text: String(rest))]).joined(separator: "<wbr>")
    }
    return words.joined(separator: " ")
  }

  private static let wordLength = 20

  /// `1 minute`, `2 minutes`.
  static func counted(_ count: some BinaryInteger, _ thing: String) -> String {
    "\(count) \(thing)\(count == 1 ? "" : "s")"
  }

  /// An e-mail address, which breaks behind the @ where it has to, or nil for none.
  static func email(_ address: String) -> HTML? {
    guard !address.isEmpty else { return nil }
    let parts = address.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return breakable(address) }
    return "\(breakable(parts[0]))@<wbr>\(breakable(parts[1]))"
  }

  /// A phone number, in one line, or nil for none.
  static func phone(_ number: String) -> HTML? {
    number.isEmpty ? nil : "<span class=\"phone\">\(number)</span>"
  }

  /// Plain text as typed, or nil for none.
  static func paragraphs(_ text: String) -> HTML? {
    text.isEmpty ? nil : "<div class=\"prose\">\(prose(text))</div>"
  }
}

extension Instant {
  init?(_ timestamp: GoogleProtobuf.Timestamp?) {
    guard let timestamp else { return nil }
    do { self = try Instant(timestamp, field: "time") } catch { return nil }
  }
}

extension PageContext {
  func time(_ timestamp: GoogleProtobuf.Timestamp?, style: UI.TimeStyle = .relative) -> HTML? {
    Instant(timestamp).map { UI.time($0, now: now, zone: zone, style: style) }
  }

  /// This page's URL with a query item changed; back on its first page.
  func link(_ name: String, _ value: String?) -> SafeURL {
    SafeURL(checked: request.target.raw).setting("page_token", to: nil).setting(name, to: value)
  }

  /// The next page of a list, nil at its end.
  func nextPage(_ token: String) -> SafeURL? {
    token.isEmpty ? nil : SafeURL(checked: request.target.raw).setting("page_token", to: token)
  }

  /// The first page of a list, where this one is a later one.
  var firstPage: SafeURL? {
    query["page_token"] == nil
      ? nil : SafeURL(checked: request.target.raw).setting("page_token", to: nil)
  }
}

extension UI {
  /// Paging by cursor: there is a way on and a way back to the start.
  static func pages(
    _ context: PageContext, count: Int, total: Int32? = nil, things: String, next: String
  ) -> HTML {
    guard count > 0 else { return .empty }
    let isWhole = context.firstPage == nil && next.isEmpty
    // One page that holds everything needs no ways on.
    guard !isWhole else {
      return "<p class=\"quiet\">\(count) \(count == 1 ? singular(things) : things)</p>"
    }
    let totalText = total.map { $0 >= 1000 ? "more than 999" : String($0) }
    return pagination(
      shown: context.firstPage == nil ? 1...count : nil, total: totalText,
      things: things, previous: context.firstPage, next: context.nextPage(next))
  }

  /// `ticket` of `tickets`, `entry` of `entries`.
  static func singular(_ things: String) -> String {
    if things.hasSuffix("ies") { return things.dropLast(3) + "y" }
    return things.hasSuffix("s") ? String(things.dropLast()) : things
  }
}
