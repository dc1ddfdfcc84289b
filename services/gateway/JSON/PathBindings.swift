/// The variables that a path template bound, decoded, by field path (`name`, `ticket.name`).
struct PathBindings: Sendable, Hashable {
  struct Binding: Sendable, Hashable {
    let field: String
    let value: String
  }
  let bindings: [Binding]

  init(_ bindings: [Binding] = []) { self.bindings = bindings }

  /// The value of a variable; "" for one that the pattern does not have.
  subscript(field: String) -> String { bindings.first { $0.field == field }?.value ?? "" }
}
