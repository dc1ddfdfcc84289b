/// All routes as a tree over encoded path segments; used for RPCs and pages alike.
///
/// Order: at the first segment where two templates differ a literal wins over `*`, and `*` over `**`; with a
/// verb wins over without. So `/tickets/new` is found before `/tickets/{ticket}`, in whatever order they were added.
struct PathTrie<Value: Sendable>: Sendable {
  struct Match {
    let value: Value
    let bindings: PathBindings
  }
  enum Outcome {
    case found(Match)
    /// The path is known, the method is not.
    case wrongMethod(allowed: [String])
    case notFound
  }
  /// Two templates that match the same paths with the same method.
  struct Conflict: Error, CustomStringConvertible {
    let method: String
    let first: String
    let second: String
    var description: String { "\(method) \(second) matches the same paths as \(first)" }
  }

  private struct Leaf: Sendable {
    let template: PathTemplate
    let value: Value
  }
  /// By verb ("" for none), then by method. Lists, for there are few of either.
  private struct Leaves: Sendable {
    private var verbs: [(verb: String, methods: [(method: String, leaf: Leaf)])] = []

    subscript(verb: String) -> [(method: String, leaf: Leaf)]? {
      verbs.first { $0.verb == verb }?.methods
    }

    mutating func add(_ verb: String, _ method: String, _ leaf: Leaf) {
      if let index = verbs.firstIndex(where: { $0.verb == verb }) {
        verbs[index].methods.append((method, leaf))
      } else {
        verbs.append((verb, [(method, leaf)]))
      }
    }
  }
  private struct Node: Sendable {
    var literals: [String: Int] = [:]
    var single: Int?
    var here = Leaves()
    var rest = Leaves()
  }
  private var nodes = [Node()]

  mutating func add(_ method: String, _ template: PathTemplate, _ value: Value) throws(Conflict) {
    var at = 0
    var isOpen = false
    for piece in template.pieces {
      switch piece {
      case .literal(let text): at = child(of: at, \.literals[text])
      case .single: at = child(of: at, \.single)
      case .rest: isOpen = true
      }
    }
    let verb = template.verb ?? ""
    let place: WritableKeyPath<Node, Leaves> = isOpen ? \.rest : \.here
    if let other = nodes[at][keyPath: place][verb]?.first(where: { $0.method == method }) {
      throw Conflict(method: method, first: other.leaf.template.text, second: template.text)
    }
    nodes[at][keyPath: place].add(verb, method, Leaf(template: template, value: value))
  }

  private mutating func child(of parent: Int, _ link: WritableKeyPath<Node, Int?>) -> Int {
    if let existing = nodes[parent][keyPath: link] { return existing }
    nodes.append(Node())
    nodes[parent][keyPath: link] = nodes.count - 1
    return nodes.count - 1
  }

  /// Finds the most specific route. HEAD is served by GET.
  func match(_ method: String, _ target: Target) -> Outcome {
    var search = Search(method: method == "HEAD" ? "GET" : method)
    let segments = target.segments
    // A colon in the last segment may start a verb; an encoded one never does.
    if let last = segments.last, let colon = last.utf8.lastIndex(of: UInt8(ascii: ":")) {
      let verb = String(last[last.index(after: colon)...])
      var cut = segments
      cut[cut.count - 1] = String(last[..<colon])
      if !verb.isEmpty, colon != last.startIndex, let found = find(0, cut, 0, verb, &search) {
        return .found(found)
      }
      // `GET …/1042:close` asks for that verb in the wrong way, and not for a ticket of this name.
      if let allowed = search.methods { return .wrongMethod(allowed: allowed) }
    }
    if let found = find(0, segments, 0, "", &search) { return .found(found) }
    return search.methods.map { .wrongMethod(allowed: $0) } ?? .notFound
  }

  private struct Search {
    let method: String
    var allowed: Set<String> = []

    /// What the path can be asked with; nil when it is not known.
    var methods: [String]? {
      guard !allowed.isEmpty else { return nil }
      return (allowed.contains("GET") ? allowed.union(["HEAD"]) : allowed).sorted()
    }
  }

  private func find(
    _ node: Int, _ segments: [String], _ depth: Int, _ verb: String, _ search: inout Search
  ) -> Match? {
    if depth == segments.count {
      if let found = leaf(nodes[node].here[verb], segments, &search) { return found }
    } else {
      if let next = nodes[node].literals[segments[depth]],
        let found = find(next, segments, depth + 1, verb, &search)
      {
        return found
      }
      if let next = nodes[node].single, let found = find(next, segments, depth + 1, verb, &search) {
        return found
      }
    }
    return leaf(nodes[node].rest[verb], segments, &search)
  }

  private func leaf(
    _ leaves: [(method: String, leaf: Leaf)]?, _ segments: [String], _ search: inout Search
  ) -> Match? {
    guard let leaves else { return nil }
    guard let leaf = leaves.first(where: { $0.method == search.method })?.leaf,
      let bindings = leaf.template.bindings(segments)
    else {
      // What is found needs no list of what else there is.
      search.allowed.formUnion(leaves.lazy.map(\.method))
      return nil
    }
    return Match(value: leaf.value, bindings: bindings)
  }
}
