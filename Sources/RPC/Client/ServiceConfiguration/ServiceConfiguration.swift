/// What an operator or a resolver says about the calls of a channel: gRPC's service config.
public struct ServiceConfiguration: Sendable {
  /// By `/service/method`, by `/service/` and for all others.
  public var methods = Methods()
  public var retryThrottling: RetryThrottling?
  /// The first balancing policy of the list that this client has; nil leaves it to the channel.
  public var loadBalancing: LoadBalancingPolicy?
  /// The service that a backend's health is asked for; nil when it is not asked.
  public var healthCheckedService: String?

  public init() {}

  /// The configurations of methods, the most specific first.
  public struct Methods: Sendable {
    private var byPath: [String: MethodConfiguration] = [:]
    private var byService: [Substring: MethodConfiguration] = [:]
    private var others: MethodConfiguration?

    public init() {}

    var isEmpty: Bool { byPath.isEmpty && byService.isEmpty && others == nil }

    /// False when the place is taken.
    mutating func set(
      _ configuration: MethodConfiguration, service: String, method: String
    ) -> Bool {
      if service.isEmpty {
        guard others == nil else { return false }
        others = configuration
      } else if method.isEmpty {
        return byService.updateValue(configuration, forKey: "/\(service)/") == nil
      } else {
        return byPath.updateValue(configuration, forKey: "/\(service)/\(method)") == nil
      }
      return true
    }

    /// The configuration of a method by its path, `/service/method`.
    subscript(path path: String) -> MethodConfiguration? {
      if let exact = byPath[path] { return exact }
      if !byService.isEmpty, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")),
        let service = byService[path[...slash]]
      {
        return service
      }
      return others
    }

    /// Sets what counts for one method (`service` and `method`), for the other methods of a service (`method` nil) or for
    /// all others (both nil).
    public mutating func set(
      _ configuration: MethodConfiguration, service: String? = nil, method: String? = nil
    ) throws(ServiceConfigurationError) {
      guard service?.isEmpty != true, method?.isEmpty != true, service != nil || method == nil
      else { throw .init("name", "must have a service when it has a method") }
      guard set(configuration, service: service ?? "", method: method ?? "") else {
        throw .init("name", "is there twice")
      }
    }
  }
}

/// What counts for the calls of one method, or of several.
public final class MethodConfiguration: Sendable {
  /// Used when the caller says nothing.
  public let waitsForReady: Bool?
  /// Calls end this long after they began, or earlier if the caller says so.
  public let timeout: Duration?
  /// Narrow the channel's limits.
  public let maximumRequestBytes: Int?
  public let maximumResponseBytes: Int?
  public let retryPolicy: RetryPolicy?
  public let hedgingPolicy: HedgingPolicy?

  /// - Throws: when it has both policies: a call is retried or hedged.
  public init(
    waitsForReady: Bool? = nil, timeout: Duration? = nil, maximumRequestBytes: Int? = nil,
    maximumResponseBytes: Int? = nil, retryPolicy: RetryPolicy? = nil,
    hedgingPolicy: HedgingPolicy? = nil
  ) throws(ServiceConfigurationError) {
    guard retryPolicy == nil || hedgingPolicy == nil else {
      throw .init("hedgingPolicy", "cannot stand beside retryPolicy")
    }
    self.waitsForReady = waitsForReady
    self.timeout = timeout
    self.maximumRequestBytes = maximumRequestBytes
    self.maximumResponseBytes = maximumResponseBytes
    self.retryPolicy = retryPolicy
    self.hedgingPolicy = hedgingPolicy
  }

  /// Whether a call may be made more than once because of its policy.
  var repeats: Bool { retryPolicy != nil || hedgingPolicy != nil }
}

/// Why a service configuration is refused.
public struct ServiceConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where, as the JSON spells it: `methodConfig[0].retryPolicy.maxAttempts`.
  public var field: String
  public var reason: String

  public init(_ field: String, _ reason: String) {
    self.field = field
    self.reason = reason
  }

  public var description: String { field.isEmpty ? reason : "\(field) \(reason)" }
}
