/// Why a JSON text, a parameter or a value does not fit a message. Both parts are fit for the caller to read.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Path of the field in JSON spelling, `ticket.dueTime` or `items[3].amount`; "" for the text as a whole.
  public var field: String
  public var reason: String

  public init(field: String = "", _ reason: String) {
    self.field = field
    self.reason = reason
  }

  public var description: String { field.isEmpty ? reason : "\(field): \(reason)" }

  /// The same complaint, seen from the message that holds `outer`.
  func inside(_ outer: String) -> JSONError {
    guard !field.isEmpty else { return JSONError(field: outer, reason) }
    return JSONError(field: field.hasPrefix("[") ? outer + field : "\(outer).\(field)", reason)
  }
}

/// What reading one JSON text may cost.
public struct JSONLimits: Sendable, Hashable {
  /// Objects and arrays inside each other, the outermost counting as one.
  public var depth: Int
  /// Values and member names, all together: JSON amplifies, so bytes alone do not bound memory.
  public var nodes: Int

  /// As deep as messages may nest on the wire; nothing deeper is written either.
  public static let largestDepth = 100

  public init(depth: Int = JSONLimits.largestDepth, nodes: Int = 1 << 17) {
    self.depth = depth
    self.nodes = nodes
  }
}

/// The message types that a `google.protobuf.Any` may hold.
public struct TypeRegistry: Sendable {
  private var types: [String: MessageDescriptor] = [:]

  /// The given types and all that their fields lead to.
  public init(_ roots: some Sequence<MessageDescriptor> = []) {
    for root in roots { add(root) }
  }

  public mutating func add(_ type: MessageDescriptor) {
    var pending = [type]
    while let next = pending.popLast() {
      guard types.updateValue(next, forKey: next.name) == nil else { continue }
      pending.append(contentsOf: next.fields.compactMap(\.message))
    }
  }

  /// The type that a URL (`type.googleapis.com/google.rpc.ErrorInfo`) or a full name means.
  public func type(_ url: String) -> MessageDescriptor? {
    types[url.split(separator: "/").last.map(String.init) ?? url]
  }

  public subscript(name: String) -> MessageDescriptor? { types[name] }
}
