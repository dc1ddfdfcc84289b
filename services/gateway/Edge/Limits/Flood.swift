import HTTP2
import Logging
import NIOHTTP1
import Protobuf
import RPC
import Synchronization

/// What calls of the JSON API are told in a flood (V-16), ready made: refusing must cost a small part of answering, or the
/// refusals eat up what the others need. No task, no session, and one line of the log a second for all of them.
final class Flood: Sendable {
  struct Answer: Sendable {
    let fields: HeaderFields
    let body: [UInt8]
  }

  private struct Count {
    var refused = 0
    var total = 0
    var told = ContinuousClock.now
  }

  /// One for each time after which to come again.
  private let heads: [HeaderFields]
  private let bodies: [[UInt8]]
  /// Where the request's id stands in a body.
  private let places: [Int]
  private let count = Mutex(Count())
  private let log: Logger

  private static let noID = String(repeating: "0", count: 16)

  init(types: TypeRegistry, isTLS: Bool, log: Logger) {
    self.log = log
    let responses = Admission.retries.map { seconds in
      var response = Admission.refusal(retryAfter: seconds)
        .response(requestID: Self.noID, types: types)
      SecurityHeaders.add(to: &response, isTLS: isTLS)
      return response
    }
    bodies = responses.map { response in
      if case .bytes(let bytes) = response.body { bytes } else { [] }
    }
    heads = zip(responses, bodies).map { HTTP2Exchange.fields($0, length: $1.count) }
    places = bodies.first.map { Self.places(of: Array(Self.noID.utf8), in: $0) } ?? []
  }

  private static func places(of text: [UInt8], in bytes: [UInt8]) -> [Int] {
    bytes.indices.filter { bytes[$0...].starts(with: text) }
  }

  /// Calls of the JSON API by our own pages and by programs. What other sites' pages ask is answered with more in its
  /// head, and who wants errors in another form gets them so.
  func concerns(_ fields: HeaderFields) -> Bool {
    guard let path = fields.firstIndex(of: ":path"),
      fields.withValue(at: path, { $0.starts(with: "/v1/".utf8) }),
      fields.firstIndex(of: "origin") == nil
    else { return false }
    guard let accept = fields["accept"] else { return true }
    return !accept.contains("errors")
  }

  func answer() -> Answer {
    let id = RequestID.make()
    let (number, told) = count.withLock { count -> (Int, Int?) in
      count.refused += 1
      count.total &+= 1
      guard ContinuousClock.now - count.told >= .seconds(1) else { return (count.total, nil) }
      defer { count.refused = 0 }
      count.told = .now
      return (count.total, count.refused)
    }
    if let told { log.warning("refused while busy", metadata: ["requests": "\(told)"]) }
    var fields = heads[number % heads.count]
    fields.append("x-request-id", id, isVolatile: true)
    var body = bodies[number % bodies.count]
    for place in places { body.replaceSubrange(place..<(place + id.utf8.count), with: id.utf8) }
    return Answer(fields: fields, body: body)
  }
}
