import NIOHTTP1
import Protobuf

/// In which form a client wants an answer of the JSON API, read from `Accept`:
///
///     application/json                  one JSON text; the default where there is one answer
///     application/x-ndjson              a stream as lines; the default where there are many
///     text/event-stream                 a stream as server-sent events
///
/// Each takes parameters: `defaults=true|false`, `enums=names|numbers`, `fields=json|proto`, and
/// `errors=problem|rpc` for RFC 9457 or google.rpc.Status. What is not understood is passed over.
struct APIFormat: Sendable {
  enum Stream: String, Sendable {
    case lines = "application/x-ndjson"
    case events = "text/event-stream"
  }
  var stream = Stream.lines
  var json: JSONOptions
  /// Errors as google.rpc.Status instead of problem+json.
  var errorsAsStatus = false

  init(_ headers: HTTPHeaders, _ options: APIOptions, types: TypeRegistry) {
    json = JSONOptions(
      omitsDefaults: !options.emitsDefaults, enumsAsNumbers: options.enumsAsNumbers,
      usesProtoNames: options.usesProtoNames, types: types)
    guard let best = Self.best(headers) else { return }
    if best.essence == Stream.events.rawValue { stream = .events }
    read(best.parameters)
  }

  private mutating func read(_ parameters: [String: String]) {
    guard !parameters.isEmpty else { return }
    switch parameters["defaults"] {
    case "true": json.omitsDefaults = false
    case "false": json.omitsDefaults = true
    default: break
    }
    if let enums = parameters["enums"] { json.enumsAsNumbers = enums == "numbers" }
    if let fields = parameters["fields"] { json.usesProtoNames = fields == "proto" }
    errorsAsStatus = parameters["errors"] == "rpc"
  }

  private static let known: Set<String> = [
    "application/json", "application/*", "*/*", Stream.lines.rawValue, Stream.events.rawValue,
    "application/problem+json",
  ]

  /// The range with the highest quality that says something here; the first of equals.
  private static func best(_ headers: HTTPHeaders) -> MediaType? {
    let values = headers["accept"]
    guard !values.isEmpty, values != ["*/*"], values != ["application/json"] else { return nil }
    var best: (type: MediaType, quality: Double)?
    for range in values.joined(separator: ",").split(separator: ",").prefix(16) {
      let type = MediaType(String(range))
      guard known.contains(type.essence) else { continue }
      let quality = type.parameters["q"].map { Double($0) ?? 0 } ?? 1
      if quality > 0, quality > best?.quality ?? 0 { best = (type, quality) }
    }
    return best?.type
  }
}
