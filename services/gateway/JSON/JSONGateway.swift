import NIOHTTP1
import Protobuf
import RPC

/// The JSON API under `/v1/`: finds the method, translates the request, calls, translates the answer. Knows no RPC by name.
struct JSONGateway: Surface {
  let router: JSONRouter
  let types: TypeRegistry
  let limits: EdgeLimits
  private let options: JSONOptions

  init(_ methods: [Method], types: TypeRegistry, limits: EdgeLimits) throws {
    router = try JSONRouter(methods)
    self.types = types
    self.limits = limits
    options = JSONOptions(types: types)
  }

  func errand(_ request: Request) throws(Problem) -> Errand? {
    guard request.target.segments.first == "v1" else { return nil }
    let match = try route(request)
    return Errand(match.value.method, of: request) { guest in
      try await answer(request, match, caller: guest.caller)
    }
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    problem.response(requestID: request.id, types: types)
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

  /// - caller: carries the user's token, the request id and the deadline.
  private func answer(
    _ request: Request, _ match: PathTrie<JSONRouter.Route>.Match, caller: any Caller
  ) async throws -> Response {
    let route = match.value
    let translation = RequestTranslation(
      route: route, bindings: match.bindings, query: request.query, limits: JSONLimits(),
      types: types)
    let message = try translation.message(body: try await body(of: request))
    guard route.method.output == HTTPBodyAnswer.type else {
      let answer = try await caller.unary(route.method, message, CallOptions())
      return try response(answer.message, route)
    }
    guard route.method.streaming == .unary else {
      return try await HTTPBodyAnswer.response(
        of: route.method, message, to: request, by: caller)
    }
    let options = try HTTPBodyAnswer.options(for: request)
    return try HTTPBodyAnswer.response(try await caller.unary(route.method, message, options))
  }

  private func body(of request: Request) async throws -> [UInt8] {
    guard !request.body.isEmpty else { return [] }
    let bytes = try await request.body.collect(upTo: limits.jsonBytes)
    guard !bytes.isEmpty else { return [] }
    let types = request.headers["content-type"]
    let type = MediaType(types.first ?? "")
    guard types.count == 1, type.essence == "application/json",
      type.parameters["charset"].map({ $0.lowercased() == "utf-8" }) ?? true
    else {
      throw Problem(.unsupportedMediaType, .invalidArgument, "send application/json")
    }
    return bytes
  }

  private func response(_ message: [UInt8], _ route: JSONRouter.Route) throws -> Response {
    let output = route.method.output
    let json =
      if let field = route.rule.responseBody {
        try output.json(ofField: field, fromSerialized: message, options: options)
      } else {
        try output.json(fromSerialized: message, options: options)
      }
    return .bytes(json, type: "application/json")
  }
}
