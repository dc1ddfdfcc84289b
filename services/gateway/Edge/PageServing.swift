import Crypto
import Logging
import NIOHTTP1
import RPC
import Values

/// Finds a page's route, checks session and provenance, reads the form, runs the handler and dresses its answer.
struct PageServing: Surface {
  private let trie: PathTrie<PageRoute>
  private let table: PageTable
  let protection: Protection
  private let flash: FlashCookie
  private let assets: StaticAssets
  private let sessions: SessionDirectory
  private let memory = PartMemory()
  private let live: LiveHub
  private let operation: OperationDesk
  private let patience: Duration
  private let log: Logger
  private let clock: any WallClock

  /// - patience: for one part of a page (`EdgeLimits.partTime`).
  init(
    _ table: PageTable, live: LiveHub, operation: OperationDesk, secret: [UInt8],
    assets: StaticAssets, sessions: SessionDirectory,
    patience: Duration, clock: any WallClock, log: Logger
  ) throws {
    var trie = PathTrie<PageRoute>()
    for route in table.routes {
      try trie.add(route.method.rawValue, try PathTemplate(route.pattern), route)
    }
    self.live = live
    self.operation = operation
    self.trie = trie
    self.table = table
    protection = Protection(secret: secret)
    flash = FlashCookie(secret: secret)
    self.assets = assets
    self.sessions = sessions
    self.patience = patience
    self.clock = clock
    self.log = log
  }

  /// Every request: one without a page gets the portal's own error page, which says who is signed in.
  func errand(_ request: Request) -> Errand? {
    let match = Result { () throws(Problem) in try self.match(request) }
    let route = match.value?.value
    return Errand(
      route: route?.pattern ?? "page", kind: route?.kind ?? .page,
      deadline: route?.deadline ?? .seconds(10), proof: .inTheForm
    ) { guest in await answer(guest, match) }
  }

  private func answer(
    _ guest: Guest, _ match: Result<PathTrie<PageRoute>.Match, Problem>
  ) async -> Response {
    var scene = Scene(guest: guest, route: match.value?.value)
    beginVisit(&scene)
    var response = await result(&scene, match)
    // Whatever became of the form: the old secret is worthless from here on.
    if let renewed = scene.renewed {
      response.cookies.append(
        scene.visitor.cookies.session(
          renewed, life: scene.visitor.session?.cookieLife(at: clock.now)))
    }
    return response
  }

  private func result(
    _ scene: inout Scene, _ match: Result<PathTrie<PageRoute>.Match, Problem>
  ) async -> Response {
    do {
      return try await serve(&scene, try match.get())
    } catch {
      let problem = Problem(error)
      if problem.wantsStepUp, scene.visitor.session != nil { return await hold(scene) }
      if problem.code == .unauthenticated, scene.route?.access == .signedIn {
        return login(scene.request, scene.visitor)
      }
      if problem.status.code >= 500 {
        log.error(
          "page failed",
          metadata: [
            "request_id": "\(scene.request.id)", "path": "\(scene.request.path)",
            "code": "\(problem.code.wireName)",
            "reason": "\(problem.reason ?? problem.detail)",
          ])
      }
      return failure(problem, scene.request, context(scene, PathBindings(), Form()))
    }
  }

  /// What is known of a request so far.
  private struct Scene {
    var guest: Guest
    let route: PageRoute?
    var form = Form()
    /// The session's new secret after a step-up.
    var renewed: String?
    /// The secret of a visitor without session, and whether it is new.
    var visit = ""
    var isNewVisit = false

    var request: Request { guest.request }
    var visitor: Visitor { guest.visitor }
  }

  private func serve(
    _ scene: inout Scene, _ match: PathTrie<PageRoute>.Match
  ) async throws -> Response {
    let request = scene.request
    let route = match.value
    if !request.isSafe { try protection.checkProvenance(request) }
    if route.access == .signedIn, scene.visitor.session == nil {
      return login(request, scene.visitor)
    }
    if !request.isSafe {
      scene.form = try await FormReading.form(request, limits: route.limits)
      try protection.checkForm(scene.form, request, scene.visitor)
      if let refusal = try await stepUp(&scene) { return await hold(scene, error: refusal) }
    }
    let context = context(scene, match.bindings, scene.form)
    var response = dressed(try await route.handler(context), scene, context)
    PageCompression.apply(to: &response, for: request)
    return response
  }

  /// A form that carries a password proves who sends it before it goes on. Tells what was wrong with it.
  private func stepUp(_ scene: inout Scene) async throws -> String? {
    let (visitor, password) = (scene.visitor, scene.form[StepUpPrompt.field])
    guard let secret = visitor.secret, visitor.session != nil,
      scene.form.fields.contains(where: { $0.name == StepUpPrompt.field })
    else { return nil }
    guard !password.isEmpty else { return "Enter your password" }
    let renewed: String
    do {
      renewed = try await sessions.stepUp(
        secret, password: password, of: visitor.portal.tenant,
        deadline: scene.guest.caller.deadline)
    } catch let status as Status
      where status.code == .invalidArgument || status.code == .resourceExhausted
    {
      let problem = Problem(status)
      return (problem.violations.first?.description ?? problem.detail).asSentence
    }
    guard let credential = SecretToken(renewed).map({ Credential.session($0) }),
      let session = try await sessions.session(
        credential, of: visitor.portal.tenant, requestID: scene.request.id)
    else { throw Status(.unauthenticated, "sign in again") }
    scene.renewed = renewed
    scene.guest.visitor = Visitor(
      portal: visitor.portal, cookies: visitor.cookies, secret: renewed, session: session,
      credential: credential)
    scene.guest.caller = scene.guest.caller.renewed(session, credential)
    return nil
  }

  /// Asks for the password first: a form is shown again as it was sent, a page comes back after.
  private func hold(_ scene: Scene, error: String? = nil) async -> Response {
    let request = scene.request
    guard !request.isSafe else {
      let next = PercentCoding.encode(request.target.raw)
      return .redirect(to: "/step-up?next=\(next)")
    }
    let context = context(scene, PathBindings(), scene.form)
    let prompt = StepUpPrompt(request, scene.form, error: error)
    return dressed(
      .html(
        await table.stepUp(prompt, context),
        status: error == nil ? .forbidden : .unprocessableEntity),
      scene, context)
  }

  private func match(_ request: Request) throws(Problem) -> PathTrie<PageRoute>.Match {
    switch trie.match(request.method.rawValue, request.target) {
    case .found(let match): return match
    case .notFound: throw Problem(.notFound, .notFound, "there is no such page")
    case .wrongMethod(let allowed):
      var problem = Problem(
        .methodNotAllowed, .unimplemented, "the method does not go with this page")
      problem.allow = allowed
      throw problem
    }
  }

  /// Before login a secret of the visit stands in for the session's, so that the login form has a token (login CSRF).
  private func beginVisit(_ scene: inout Scene) {
    guard scene.visitor.session == nil else { return }
    let given = scene.request.cookies[scene.visitor.cookies.visit]
    if let given, SecretToken(given) != nil {
      scene.visit = given
    } else {
      scene.visit = SecretToken().reveal()
      scene.isNewVisit = true
    }
  }

  private func context(_ scene: Scene, _ path: PathBindings, _ form: Form) -> PageContext {
    let visitor = scene.visitor
    let request = scene.request
    let owner = visitor.session?.principal.session ?? scene.visit
    let theme = request.cookies[visitor.cookies.theme].flatMap(UI.Theme.init) ?? .system
    let flashes =
      request.cookies[visitor.cookies.flash].map { flash.decode($0, at: clock.now) } ?? []
    // Before anything of the page is asked for: what happens meanwhile is told again, and nothing is missed.
    let cursor = visitor.session == nil ? nil : live.cursor(of: visitor.portal.tenant) ?? ""
    return PageContext(
      request: request, path: path, form: form, visitor: visitor,
      caller: scene.guest.caller,
      csrfToken: protection.csrf.token(for: owner), theme: theme, flashes: flashes, assets: assets,
      sessions: sessions, memory: memory, patience: patience, liveCursor: cursor,
      operation: operation.isOpen(to: visitor.portal.tenant) ? operation : nil, now: clock.now,
      zone: TimeZones.zone(of: visitor), log: log)
  }

  /// Cookies that go with an answer.
  private func dressed(_ response: Response, _ scene: Scene, _ context: PageContext) -> Response {
    var response = response
    let cookies = scene.visitor.cookies
    let isPage = response.isPage
    if let draft = savedDraft(response, scene) { response = response.with(draft) }
    if !response.flashes.isEmpty {
      let value = flash.encode(response.flashes, at: clock.now)
      response.cookies.append(
        Cookie(name: cookies.flash, value: value, maxAge: 60, isSecure: cookies.isSecure))
    } else if isPage, scene.request.cookies[cookies.flash] != nil {
      response.cookies.append(cookies.expired(cookies.flash))
    }
    if isPage, scene.isNewVisit { response.cookies.append(cookies.visit(scene.visit)) }
    if scene.visitor.session == nil, scene.visitor.secret != nil,
      !response.cookies.contains(where: { $0.name == cookies.session })
    {
      response.cookies.append(cookies.expired(cookies.session))
    }
    return response
  }

  /// What was typed into a form that has led on is saved; one that comes back with errors, or leads on with a failure, is not.
  private func savedDraft(_ response: Response, _ scene: Scene) -> Flash? {
    let key = scene.form[UI.draftField]
    guard response.status == .seeOther, !key.isEmpty, key.utf8.count <= 200,
      !response.flashes.contains(where: { $0.kind == .failure })
    else { return nil }
    return Flash(kind: .draft, text: key)
  }

  /// To the login page and, for what was asked with GET, back again.
  private func login(_ request: Request, _ visitor: Visitor) -> Response {
    var path: LocalPath = "/login"
    if request.method == .GET, request.path != "/", LocalPath(request.target.raw) != nil,
      let next = LocalPath("/login?next=" + PercentCoding.encode(request.target.raw))
    {
      path = next
    }
    var response = Response.redirect(to: path)
    if visitor.secret != nil {
      response.cookies = [visitor.cookies.expired(visitor.cookies.session)]
    }
    return response
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    failure(problem, request, nil)
  }

  /// The error page. - context: nil when the portal itself is unknown.
  private func failure(
    _ problem: Problem, _ request: Request, _ context: PageContext?
  ) -> Response {
    var response = Response.html(
      table.failure(problem, request, context), status: problem.status)
    problem.addHeaders(to: &response)
    return response
  }
}

extension Result {
  fileprivate var value: Success? {
    if case .success(let value) = self { value } else { nil }
  }
}
