/// What is wrong with one field of a request, in words for whoever typed it.
struct FieldProblem: Hashable, Sendable {
  /// `contact.email`
  var field: String
  var text: String

  init(_ field: String, _ text: String) {
    self.field = field
    self.text = text
  }
}

/// A request with wrong fields; never empty.
struct FieldProblems: Error, Hashable {
  var problems: [FieldProblem]

  /// Throws when there are any.
  static func check(_ problems: [FieldProblem]) throws(FieldProblems) {
    guard problems.isEmpty else { throw FieldProblems(problems: problems) }
  }
}
