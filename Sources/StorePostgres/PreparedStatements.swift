import Store

/// Which statements the server has a plan for, on one connection.
struct PreparedStatements {
  struct Key: Hashable {
    let text: String
    let kinds: [SQLKind]

    init(_ command: Command) {
      text = command.text
      kinds = command.kinds
    }

    /// Made of the statement itself: should somebody else's plan be found by this name, as behind a pooler that nobody
    /// noticed, it is the plan of the same statement.
    fileprivate var name: String {
      let kinds = kinds.map { "\($0)" }.joined(separator: ",")
      let digest = Digest.sha256(Array("\(kinds) \(text)".utf8))
      let digits = Array("0123456789abcdef".utf8)
      return digest.prefix(16).reduce(into: "p") { name, byte in
        name.unicodeScalars.append(UnicodeScalar(digits[Int(byte >> 4)]))
        name.unicodeScalars.append(UnicodeScalar(digits[Int(byte & 15)]))
      }
    }
  }

  private static let limit = 400

  private var names: [Key: String] = [:]

  var isFull: Bool { names.count >= Self.limit }

  subscript(_ key: Key) -> String? { names[key] }

  /// Gives a statement its name, with which it is to be prepared.
  mutating func add(_ key: Key) -> String {
    let name = key.name
    names[key] = name
    return name
  }

  /// It could not be prepared after all.
  mutating func forget(_ key: Key) { names[key] = nil }
  mutating func forgetAll() { names.removeAll() }
}
