/// A surface that pages of other sites may use where the deployment lists their origin: it answers browsers that ask
/// first, and lets them read what it answers, errors too.
struct SharedSurface: Surface {
  let base: any Surface
  let cors: CORS
  /// The verbs that a path has here; empty for a path that is not of this surface.
  let verbs: @Sendable (Target) -> [String]

  func errand(_ request: Request) throws(Problem) -> Errand? {
    if request.method == .OPTIONS {
      let verbs = verbs(request.target)
      if !verbs.isEmpty, let response = cors.preflight(request, methods: verbs) {
        // It comes without credentials from another site, as it must, and asks for nothing.
        return Errand(route: "preflight", kind: .read, proof: .inTheForm) { _ in response }
      }
    }
    guard let errand = try base.errand(request) else { return nil }
    guard !cors.origins.isEmpty else { return errand }
    return errand.answering { cors.add(to: &$0, for: request.headers) }
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    var response = base.failure(problem, request)
    cors.add(to: &response, for: request.headers)
    return response
  }
}

extension Errand {
  /// The same, with a change to its answer.
  fileprivate func answering(_ change: @escaping @Sendable (inout Response) -> Void) -> Errand {
    let changed: @Sendable (Response) -> Response = { response in
      var response = response
      change(&response)
      return response
    }
    var errand = self
    errand.work = { [work] guest, reply in
      try await work(guest, Reply { await reply(changed($0)) })
    }
    if let start {
      errand.start = { guest, completion in
        try start(guest) { completion($0.map(changed)) }
      }
    }
    return errand
  }
}
