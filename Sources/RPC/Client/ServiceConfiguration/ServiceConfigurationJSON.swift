import Protobuf
import WellKnown

extension ServiceConfiguration {
  /// Reads a service config in JSON, as gRPC documents it. Members that this client does not know are skipped, as the
  /// format wants it; everything else must be right, or the whole is refused and what counted before stays (A21).
  public init(json: [UInt8]) throws(ServiceConfigurationError) {
    let root = try JSONObject(text: json)
    self.init()
    for object in try root.objects("methodConfig") { try addMethod(object) }
    retryThrottling = try root.object("retryThrottling").map(Self.throttling)
    loadBalancing = try Self.loadBalancing(root)
    healthCheckedService = try root.object("healthCheckConfig").flatMap {
      (object) throws(ServiceConfigurationError) in
      try object.string("serviceName")
    }
  }

  private mutating func addMethod(_ object: JSONObject) throws(ServiceConfigurationError) {
    let configuration = try object.inside { () throws(ServiceConfigurationError) in
      try MethodConfiguration(object)
    }
    for name in try object.objects("name") {
      let service = try name.string("service") ?? ""
      let method = try name.string("method") ?? ""
      guard !service.isEmpty || method.isEmpty else {
        throw name.error("method", "needs a service")
      }
      guard methods.set(configuration, service: service, method: method) else {
        throw name.error("", "is there twice")
      }
    }
  }

  private static func throttling(
    _ object: JSONObject
  ) throws(ServiceConfigurationError) -> RetryThrottling {
    let tokens = try object.required("maxTokens", object.integer)
    let ratio = try object.required("tokenRatio", object.number)
    return try object.inside { () throws(ServiceConfigurationError) in
      try RetryThrottling(maximumTokens: tokens, tokenRatio: ratio)
    }
  }

  private static func loadBalancing(
    _ root: JSONObject
  ) throws(ServiceConfigurationError) -> LoadBalancingPolicy? {
    let list = try root.objects("loadBalancingConfig")
    for entry in list {
      guard entry.names.count == 1, let name = entry.names.first else {
        throw entry.error("", "must have one member, the name of a policy")
      }
      guard let object = try entry.object(name) else { continue }
      switch name {
      case "pick_first":
        return .pickFirst(shuffles: try object.bool("shuffleAddressList") ?? false)
      case "round_robin": return .roundRobin
      case "least_request", "least_request_experimental":
        let choices = try object.integer("choiceCount") ?? 2
        guard choices >= 2 else { throw object.error("choiceCount", "must be 2 or more") }
        return .leastRequest(choices: min(choices, 10))
      default: continue
      }
    }
    guard list.isEmpty else {
      throw root.error("loadBalancingConfig", "has no policy that this client knows")
    }
    switch try root.string("loadBalancingPolicy")?.lowercased() {
    case nil: return nil
    case "pick_first": return .pickFirst()
    case "round_robin": return .roundRobin
    default: throw root.error("loadBalancingPolicy", "is no policy that this client knows")
    }
  }
}

extension MethodConfiguration {
  fileprivate convenience init(_ object: JSONObject) throws(ServiceConfigurationError) {
    try self.init(
      waitsForReady: object.bool("waitForReady"), timeout: object.duration("timeout"),
      maximumRequestBytes: object.bytes("maxRequestMessageBytes"),
      maximumResponseBytes: object.bytes("maxResponseMessageBytes"),
      retryPolicy: try object.object("retryPolicy").map(RetryPolicy.init),
      hedgingPolicy: try object.object("hedgingPolicy").map(HedgingPolicy.init))
  }
}

extension RetryPolicy {
  fileprivate init(_ object: JSONObject) throws(ServiceConfigurationError) {
    let attempts = try object.required("maxAttempts", object.integer)
    let first = try object.required("initialBackoff", object.duration)
    let longest = try object.required("maxBackoff", object.duration)
    let multiplier = try object.required("backoffMultiplier", object.number)
    let codes = try object.required("retryableStatusCodes", object.codes)
    self = try object.inside { () throws(ServiceConfigurationError) in
      try RetryPolicy(
        maximumAttempts: attempts, initialBackoff: first, maximumBackoff: longest,
        multiplier: multiplier, retryableCodes: codes)
    }
  }
}

extension HedgingPolicy {
  fileprivate init(_ object: JSONObject) throws(ServiceConfigurationError) {
    let attempts = try object.required("maxAttempts", object.integer)
    let delay = try object.duration("hedgingDelay") ?? .zero
    let codes = try object.codes("nonFatalStatusCodes") ?? []
    self = try object.inside { () throws(ServiceConfigurationError) in
      try HedgingPolicy(maximumAttempts: attempts, delay: delay, nonFatalCodes: codes)
    }
  }
}
