import NIOHTTP1
import Protobuf
import RPC

/// The JSON API under `/v1/`: finds the method, translates the request, calls, translates the answer, of every kind of method
/// and over streams of either side (R-151..R-165). Knows no RPC by name.
final class JSONGateway: Surface {
  /// The first segment of every path here.
  static let root = "v1"

  let router: JSONRouter
  let types: TypeRegistry
  let limits: EdgeLimits
  let options: APIOptions

  init(
    _ methods: [Method], types: TypeRegistry, limits: EdgeLimits, options: APIOptions = .init()
  ) throws {
    router = try JSONRouter(methods)
    self.types = types
    self.limits = limits
    self.options = options
  }

  func errand(_ request: Request) throws(Problem) -> Errand? {
    guard request.target.segments.first == Self.root else { return nil }
    let match = try route(request)
    let method = match.value.method
    let timeout = try Self.timeout(request.headers)
    var errand = Errand(method, of: request, deadline: method.patience) { [self] guest, reply in
      try await JSONExchange(self, guest, match, timeout: timeout).run(reply)
    }
    if match.value.isPrompt, request.body.isEmpty {
      errand.start = { [self] guest, completion in
        try JSONExchange(self, guest, match, timeout: timeout).start(completion)
      }
    }
    return errand
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    problem.response(requestID: request.id, APIFormat(request.headers, options, types: types))
  }

  /// The verbs of a path, for browsers that ask first.
  func verbs(of target: Target) -> [String] {
    // No method has this verb.
    guard case .wrongMethod(let allowed) = router.match("", target) else { return [] }
    return allowed
  }

  /// The route of a request; throws the 404 or 405.
  private func route(_ request: Request) throws(Problem) -> PathTrie<JSONRouter.Route>.Match {
    switch router.match(request.method.rawValue, request.target) {
    case .found(let match): return match
    case .notFound: throw Problem(.notFound, .notFound, "there is no such method")
    case .wrongMethod(let allowed):
      var problem = Problem(
        .methodNotAllowed, .unimplemented, "the method does not go with this path")
      problem.allow = allowed
      throw problem
    }
  }

  /// What the client allows itself: seconds with up to three decimals; the route's own time caps it.
  private static func timeout(_ headers: HTTPHeaders) throws(Problem) -> Duration? {
    guard let text = headers["x-request-timeout"].first else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, text.utf8.count <= 10,
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let seconds = Double(text), seconds > 0
    else {
      throw Problem(.badRequest, .invalidArgument, "x-request-timeout is no number of seconds")
    }
    return .milliseconds(Int64((seconds * 1000).rounded(.up)))
  }
}
