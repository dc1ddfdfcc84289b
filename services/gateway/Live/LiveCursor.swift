/// How far a listener has come in the logs of all services: `12.-.7.0.3`, one number for each in the order of their
/// names, `-` where it is not known. A browser gets it as the id of each event and gives it back as `Last-Event-ID`, to
/// whichever gateway process it meets then.
struct LiveCursor: Sendable, Hashable, CustomStringConvertible {
  var positions: [Int64?]

  init(services: Int) { positions = Array(repeating: nil, count: services) }

  /// Nil for what no gateway has given out: other services, anything malformed.
  init?(_ text: String, services: Int) {
    guard text.utf8.count <= 21 * services else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == services else { return nil }
    positions = []
    for part in parts {
      if part == "-" {
        positions.append(nil)
      } else if let position = Int64(part), position >= 0, String(position) == part {
        positions.append(position)
      } else {
        return nil
      }
    }
  }

  var description: String {
    positions.map { $0.map(String.init) ?? "-" }.joined(separator: ".")
  }

  /// Whether everything after `self` is still there, where `floor` is what was forgotten last.
  func isCovered(from floor: LiveCursor) -> Bool {
    zip(positions, floor.positions).allSatisfy { mine, floor in
      guard let mine, let floor else { return false }
      return mine >= floor
    }
  }
}
