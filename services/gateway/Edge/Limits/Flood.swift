import HTTP2
import Logging
import NIOHTTP1
import Protobuf
import RPC
import Synchronization
import Values

/// What calls of the JSON API and readers of pages are told in a flood (V-16), ready made: refusing must cost a small part of
/// answering, or the refusals eat up what the others need. No task, no session, and one line of the log a second for all of
/// them.
final class Flood: Sendable {
  struct Answer: Sendable {
    let fields: HeaderFields
    let body: [UInt8]
  }

  /// Whom an answer is for.
  enum Audience: Sendable {
    /// Our own scripts and other programs.
    case program
    /// Somebody who waits for a page.
    case reader

    var kind: RouteClass {
      switch self {
      case .program: .read
      case .reader: .page
      }
    }
  }

  private struct Count {
    var refused = 0
    var total = 0
    var told = ContinuousClock.now
  }

  private let problems: ReadyMade
  private let pages: ReadyMade
  /// What the paths of pages begin with; "" for the first page of all.
  private let pageSegments: Set<String>
  private let count = Mutex(Count())
  private let log: Logger

  init(pages table: PageTable, types: TypeRegistry, isTLS: Bool, log: Logger) throws {
    self.log = log
    problems = ReadyMade(isTLS: isTLS) { $0.response(requestID: $1, types: types) }
    // Of the request only the id is on the page: another try leads to where the reader is.
    let target = try Target("/")
    pages = ReadyMade(isTLS: isTLS) { problem, id in
      let request = Request(
        id: id, method: .GET, target: target, authority: "", headers: [:], cookies: Cookies(),
        body: RequestBody(), remote: RemoteAddress(nil), isSecure: isTLS,
        received: Instant(seconds: 0))
      var response = Response.html(table.failure(problem, request, nil), status: problem.status)
      problem.addHeaders(to: &response)
      return response
    }
    pageSegments = Set(
      try table.routes.filter { $0.method == .GET }.compactMap { route in
        switch try PathTemplate(route.pattern).pieces.first {
        case .literal(let text): text
        case .single, .rest: nil
        case nil: ""
        }
      })
  }

  /// Calls of the JSON API by our own pages and by programs, and pages that somebody reads; nil for everything else. What
  /// other sites' pages ask is answered with more in its head, and who wants errors in another form gets them so.
  func audience(_ fields: HeaderFields) -> Audience? {
    // An answer to HEAD has no body.
    guard let path = fields.firstIndex(of: ":path"), !fields.first(":method", is: "HEAD"),
      fields.firstIndex(of: "origin") == nil
    else { return nil }
    if fields.withValue(at: path, { $0.starts(with: "/v1/".utf8) }) {
      guard let accept = fields["accept"] else { return .program }
      return accept.contains("errors") ? nil : .program
    }
    // Forms are told on the page that they would lead to.
    guard fields.first(":method", is: "GET") else { return nil }
    let segment = fields.withValue(at: path) { path -> String? in
      guard path.first == UInt8(ascii: "/") else { return nil }
      let rest = path.dropFirst()
      let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
      return String(decoding: rest[..<(end ?? rest.endIndex)], as: UTF8.self)
    }
    return segment.map(pageSegments.contains) == true ? .reader : nil
  }

  func answer(_ audience: Audience) -> Answer {
    let (number, told) = count.withLock { count -> (Int, Int?) in
      count.refused += 1
      count.total &+= 1
      guard ContinuousClock.now - count.told >= .seconds(1) else { return (count.total, nil) }
      defer { count.refused = 0 }
      count.told = .now
      return (count.total, count.refused)
    }
    if let told { log.warning("refused while busy", metadata: ["requests": "\(told)"]) }
    switch audience {
    case .program: return problems.answer(number)
    case .reader: return pages.answer(number)
    }
  }
}

/// The refusal in one form: complete but for the request's id.
private struct ReadyMade: Sendable {
  /// One for each time after which to come again.
  private let heads: [HeaderFields]
  private let bodies: [[UInt8]]
  /// Where the request's id stands in each body.
  private let places: [[Int]]

  private static let noID = String(repeating: "0", count: 16)

  /// - Parameter response: makes the answer to a problem, for a request of this id.
  init(isTLS: Bool, _ response: (Problem, String) -> Response) {
    let responses = Admission.retries.map { seconds in
      var response = response(Admission.refusal(retryAfter: seconds), Self.noID)
      SecurityHeaders.add(to: &response, isTLS: isTLS)
      return response
    }
    bodies = responses.map { response in
      if case .bytes(let bytes) = response.body { bytes } else { [] }
    }
    heads = zip(responses, bodies).map { HTTP2Exchange.fields($0, length: $1.count) }
    places = bodies.map { body in
      body.indices.filter { body[$0...].starts(with: Self.noID.utf8) }
    }
  }

  func answer(_ number: Int) -> Flood.Answer {
    let id = RequestID.make()
    let form = number % heads.count
    var fields = heads[form]
    fields.append("x-request-id", id, isVolatile: true)
    var body = bodies[form]
    for place in places[form] {
      body.replaceSubrange(place..<(place + id.utf8.count), with: id.utf8)
    }
    return Flood.Answer(fields: fields, body: body)
  }
}
