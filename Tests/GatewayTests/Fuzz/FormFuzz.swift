@testable import Gateway

/// Targets, queries and forms: what was read, written again, is read as the same; where a redirect may lead stays here.
enum FormFuzz {
  static func run(_ input: [UInt8]) -> String? {
    let text = String(decoding: input, as: UTF8.self)
    return form(input) ?? target(text) ?? redirect(text)
  }

  private static func form(_ input: [UInt8]) -> String? {
    guard let pairs = pairs(input) else { return nil }
    let again = pairs.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }
      .joined(separator: "&")
    // A pair without name and value is written as a lone `=`.
    return self.pairs(Array(again.utf8)) == pairs
      ? nil : "a form changes when it is written: \(again)"
  }

  private static func pairs(_ bytes: [UInt8]) -> [FormEncoding.Pair]? {
    do { return try FormEncoding.pairs(bytes, limit: 64) } catch { return nil }
  }

  private static func target(_ text: String) -> String? {
    let target: Target
    do { target = try Target(text) } catch { return nil }
    guard target.raw == text, target.path.hasPrefix("/") else { return "a target is not as sent" }
    guard target.segments.count == target.decodedSegments.count else { return "a segment is lost" }
    for segment in target.decodedSegments {
      if segment.isEmpty || segment == "." || segment == ".." { return "a segment is \(segment)" }
      if segment.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
        return "a control in a segment"
      }
    }
    let rebuilt = target.segments.isEmpty ? "/" : "/" + target.segments.joined(separator: "/")
    return rebuilt == target.path ? nil : "the path is \(target.path), its segments \(rebuilt)"
  }

  /// no browser takes it for another site, however often it decodes it.
  private static func redirect(_ text: String) -> String? {
    guard let local = LocalPath(text)?.rawValue else { return nil }
    var seen = local
    for _ in 0..<3 {
      let second = seen.utf8.dropFirst().first
      guard seen.utf8.first == UInt8(ascii: "/"), second != UInt8(ascii: "/"),
        second != UInt8(ascii: "\\"), !seen.utf8.contains(where: { $0 < 0x20 })
      else { return "a redirect leads to \(seen)" }
      guard let next = PercentCoding.decode(seen[...]) else {
        return "a redirect has a broken escape"
      }
      if next == seen { break }
      seen = next
      // Two rounds are what a proxy and a browser do between them.
      if seen.contains("%") { break }
    }
    return nil
  }
}
