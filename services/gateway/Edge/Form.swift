/// A submitted form, urlencoded or multipart, read whole before the handler runs. Its CSRF token has been checked.
struct Form: Sendable {
  struct Field: Sendable, Hashable {
    let name: String
    let value: String
  }
  var fields: [Field]
  var files: [Upload]
  /// The file input that held more than the limits allow; reading ended there, and the fields before it are kept.
  /// Only on routes whose limits say `reportsOverflow`.
  var overflow: String?

  init(fields: [Field] = [], files: [Upload] = []) {
    self.fields = fields
    self.files = files
  }

  /// The first value of a field as typed, "" when it was not sent.
  subscript(name: String) -> String { fields.first { $0.name == name }?.value ?? "" }
  /// The value without blanks around it, nil when nothing is left.
  func text(_ name: String) -> String? {
    let value = self[name].split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace)
    guard let first = value.firstIndex(where: { !$0.isEmpty }),
      let last = value.lastIndex(where: { !$0.isEmpty })
    else { return nil }
    return String(self[name][value[first].startIndex..<value[last].endIndex])
  }
  func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
  /// A checkbox: sent with any value but `false` and `0`.
  func isOn(_ name: String) -> Bool {
    fields.contains { $0.name == name && !["false", "0", ""].contains($0.value) }
  }
  /// The uploads of a file input that carry a file; browsers send an empty part when none was chosen.
  func files(_ name: String) -> [Upload] { files.filter { $0.field == name } }
}

/// How much a form may carry. Beyond it: 413, decided by Content-Length before a byte is read when it is there.
struct FormLimits: Sendable, Hashable {
  /// Bytes of the whole body.
  var bytes: Int
  /// Bytes of each file; 0 refuses files.
  var fileBytes: Int
  var files: Int
  var fields = 512
  /// Bytes of all text fields together.
  var textBytes = 1 << 20
  /// Hands the form to the page with `overflow` set instead of answering 413, so that it can say so beside the field
  /// and keep what was typed. The page has to look at it.
  var reportsOverflow = false

  /// Text only, 1 MiB.
  static let text = FormLimits(bytes: 1 << 20, fileBytes: 0, files: 0)
  /// Files up to `each` bytes, `count` of them, and 1 MiB of text.
  static func uploads(each: Int, count: Int, reportsOverflow: Bool = false) -> FormLimits {
    FormLimits(
      bytes: each * count + (1 << 20) + 65536, fileBytes: each, files: count,
      reportsOverflow: reportsOverflow)
  }
}
