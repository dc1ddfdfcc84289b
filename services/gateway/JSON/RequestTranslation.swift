import Protobuf
import RPC

/// One HTTP request as the request message of its method: body, then path, then query, none overriding another.
struct RequestTranslation {
  let route: JSONRouter.Route
  let bindings: PathBindings
  let query: Query
  let limits: JSONLimits
  let types: TypeRegistry
  /// Query parameters that are passed over.
  var ignored: Set<String> = []
  /// `Last-Event-ID`, the cursor of a request that has one: where the browser's own address says an older one.
  var resumesAfter: String?

  /// The first message, or the only one.
  ///
  /// - body: empty when there was none; nil when it is not looked at here, as that of a file.
  func message(body: [UInt8]?) throws(JSONError) -> [UInt8] {
    var draft = MessageDraft(route.method.input)
    if let body { try read(body, into: &draft) }
    let given = maskPaths(draft)
    for binding in bindings.bindings { try draft.bind(binding.field, binding.value) }
    try readQuery(into: &draft)
    if let cursor, !draft.has(MessageDescriptor.cursor) {
      try draft.set(MessageDescriptor.cursor, [cursor])
    }
    if let given, !draft.has("update_mask") { try draft.setMask("update_mask", paths: given) }
    return draft.serialized()
  }

  /// A message after the first: path and query have been said.
  func next(body: [UInt8]) throws(JSONError) -> [UInt8] {
    var draft = MessageDraft(route.method.input)
    try read(body, into: &draft)
    return draft.serialized()
  }

  private var cursor: String? {
    guard let resumesAfter, !resumesAfter.isEmpty, route.method.streaming == .serverStreaming,
      route.method.input.hasCursor
    else { return nil }
    return resumesAfter
  }

  private func read(_ body: [UInt8], into draft: inout MessageDraft) throws(JSONError) {
    switch route.rule.body {
    case .none:
      guard body.isEmpty else { throw JSONError("this method takes no request body") }
    case .whole:
      // An absent body is an empty object: `:close` without arguments.
      if !body.isEmpty { try draft.read(json: body, limits: limits, types: types) }
    case .field(let name):
      guard !body.isEmpty else { throw JSONError(field: name, "the request body is missing") }
      try draft.read(json: body, into: name, limits: limits, types: types)
    }
  }

  /// What a PATCH without a mask changes: the fields given in the body, but not those that say which
  /// resource and which version of it is meant.
  private func maskPaths(_ draft: MessageDraft) -> [String]? {
    guard route.rule.verb.uppercased() == "PATCH", case .field(let name) = route.rule.body,
      let mask = route.method.input.field(named: "update_mask"),
      mask.message?.name == "google.protobuf.FieldMask"
    else { return nil }
    let bound = Set(bindings.bindings.map(\.field))
    return draft.givenPaths(below: name).filter { !bound.contains("\(name).\($0)") && $0 != "etag" }
  }

  private func readQuery(into draft: inout MessageDraft) throws(JSONError) {
    var seen = Set<String>()
    for parameter in query.parameters where seen.insert(parameter.name).inserted {
      guard !ignored.contains(parameter.name) else { continue }
      if cursor != nil, parameter.name == MessageDescriptor.cursor { continue }
      try checkQuery(parameter.name)
      // `?updateMask=` names nothing: as good as none.
      if protoPath(parameter.name) == "update_mask", query.all(parameter.name).allSatisfy(\.isEmpty)
      {
        continue
      }
      do {
        try draft.set(parameter.name, query.all(parameter.name))
      } catch {
        // In the query the parameter's own spelling is what the caller knows.
        throw JSONError(field: parameter.name, error.reason)
      }
    }
  }

  private func checkQuery(_ name: String) throws(JSONError) {
    let canonical = protoPath(name)
    switch route.rule.body {
    case .whole: throw JSONError(field: name, "belongs in the request body")
    case .field(let body):
      guard canonical != body, !canonical.hasPrefix(body + ".") else {
        throw JSONError(field: name, "belongs in the request body")
      }
    case .none: break
    }
    guard !bindings.bindings.contains(where: { $0.field == canonical }) else {
      throw JSONError(field: name, "is given by the path")
    }
  }

  /// A parameter's path in proto names, as far as the fields are known.
  private func protoPath(_ name: String) -> String {
    var type: MessageDescriptor? = route.method.input
    var names: [String] = []
    for part in name.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
      let field = type?.fields.first { $0.name == part || $0.jsonName == part }
      names.append(field?.name ?? part)
      type = field?.message
    }
    return names.joined(separator: ".")
  }
}
