import Protobuf

/// One RPC as data. Generated, one value for each `rpc` in `proto/`; nothing else describes a method.
public struct Method: Sendable {
  /// Which side sends more than one message.
  public enum Streaming: Sendable, Hashable {
    case unary, clientStreaming, serverStreaming, bidirectional
  }
  /// The proto option `idempotency_level`: whether a client may repeat a call that failed.
  public enum Idempotency: Sendable, Hashable { case unknown, noSideEffects, idempotent }

  /// Methods are passed from hand to hand with every call: one reference, whatever there is to know of one.
  private final class Facts: Sendable {
    let service: String
    let name: String
    let path: String
    let owner: String
    let input: MessageDescriptor
    let output: MessageDescriptor
    let streaming: Streaming
    let idempotency: Idempotency
    let http: [HTTPRule]
    let isOnlyGet: Bool
    let access: AccessRule
    let isDeprecated: Bool
    let documentation: String

    init(
      service: String, name: String, input: MessageDescriptor, output: MessageDescriptor,
      streaming: Streaming, idempotency: Idempotency, http: [HTTPRule], access: AccessRule,
      isDeprecated: Bool, documentation: String
    ) {
      self.service = service
      self.name = name
      path = "/\(service)/\(name)"
      let parts = service.split(separator: ".")
      owner = parts.count >= 2 ? String(parts[1]) : service
      self.input = input
      self.output = output
      self.streaming = streaming
      self.idempotency = idempotency
      self.http = http
      isOnlyGet = http.allSatisfy { $0.verb.uppercased() == "GET" }
      self.access = access
      self.isDeprecated = isDeprecated
      self.documentation = documentation
    }
  }

  private let facts: Facts

  /// Full service name, `portico.ticketing.v1.Tickets`.
  public var service: String { facts.service }
  /// `CloseTicket`.
  public var name: String { facts.name }
  /// `/portico.ticketing.v1.Tickets/CloseTicket`.
  public var path: String { facts.path }
  /// The process that answers it: `ticketing` of `portico.ticketing.v1.Tickets`.
  public var owner: String { facts.owner }
  public var input: MessageDescriptor { facts.input }
  public var output: MessageDescriptor { facts.output }
  public var streaming: Streaming { facts.streaming }
  public var idempotency: Idempotency { facts.idempotency }
  /// google.api.http, the main rule first, then `additional_bindings`; empty when the method has no JSON route.
  public var http: [HTTPRule] { facts.http }
  /// No route of it is anything but a GET; so also where it has none.
  public var isOnlyGet: Bool { facts.isOnlyGet }
  /// Who may call it; the gate asks nothing else.
  public var access: AccessRule { facts.access }
  public var isDeprecated: Bool { facts.isDeprecated }
  /// The comment of the `rpc` in the proto file.
  public var documentation: String { facts.documentation }

  public init(
    service: String, name: String, input: MessageDescriptor, output: MessageDescriptor,
    streaming: Streaming = .unary, idempotency: Idempotency = .unknown, http: [HTTPRule] = [],
    access: AccessRule, isDeprecated: Bool = false, documentation: String = ""
  ) {
    facts = Facts(
      service: service, name: name, input: input, output: output, streaming: streaming,
      idempotency: idempotency, http: http, access: access, isDeprecated: isDeprecated,
      documentation: documentation)
  }
}

extension Method {
  /// Whether a call changes nothing: by its `idempotency_level`, or because it is a GET, which HTTP holds to be safe.
  public var isReadOnly: Bool {
    idempotency == .noSideEffects
      || !http.isEmpty && isOnlyGet
  }
}

/// One binding of google.api.http, as written; the gateway parses the template at start-up.
public struct HTTPRule: Sendable, Hashable {
  /// `GET`, `POST`, …
  public let verb: String
  /// `/v1/{name=accounts/*/tickets/*}:close`.
  public let template: String
  public let body: Body
  /// The response field that is the whole answer, or nil for the message itself.
  public let responseBody: String?

  public enum Body: Sendable, Hashable {
    case none
    /// `body: "*"`: every field that the path does not bind.
    case whole
    case field(String)
  }

  public init(_ verb: String, _ template: String, body: Body = .none, responseBody: String? = nil) {
    self.verb = verb
    self.template = template
    self.body = body
    self.responseBody = responseBody
  }
}

/// Who may call a method, as its proto option says. There is no default: a method without a rule does not generate.
public struct AccessRule: Sendable, Hashable {
  /// Which people a method is open to.
  public enum Callers: Sendable, Hashable {
    /// No principal needed: login, link redemption, the public face of the portal.
    case anyone
    /// Any person who is signed in; the handler narrows to what is theirs.
    case signedIn
    /// A person one of whose grants has this permission; the grant's reach becomes the call's scope.
    case permission(Permission)
    /// No person at all: only the services of `services`.
    case servicesOnly
  }

  public let callers: Callers
  /// Services (`ticketing`) that may call as themselves, besides the people of `callers`.
  public let services: Set<String>
  /// Whether people must have proved who they are a short while ago.
  public let needsStepUp: Bool

  public init(_ callers: Callers, services: Set<String> = [], needsStepUp: Bool = false) {
    self.callers = callers
    self.services = services
    self.needsStepUp = needsStepUp
  }
}

/// The name of a permission as `portico.access.v1.Permission` spells it: `TICKETS_WRITE`.
/// Generated code adds one constant for each.
public struct Permission: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(_ rawValue: String) { self.rawValue = rawValue }
  public var description: String { rawValue }
}
