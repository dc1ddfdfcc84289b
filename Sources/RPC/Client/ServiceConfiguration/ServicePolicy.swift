import Logging

/// The service configuration that a channel follows now, and the retry budget that goes with it. Confined to the
/// channel's event loop.
final class ServicePolicy {
  @exclusivity(unchecked) private var methods: ServiceConfiguration.Methods?
  /// Nil without `retryThrottling`.
  @exclusivity(unchecked) private(set) var throttle: RetryThrottle?
  private let own: LoadBalancing
  /// What counts while the resolver says nothing.
  private let base: ServiceConfiguration?
  private var balancing: LoadBalancing
  /// The resolver has been heard: it sent a right configuration, or none.
  private var isSettled = false
  private let logger: Logger

  /// - Parameter configuration: what counts until a resolver says something.
  init(_ configuration: ChannelConfiguration, logger: Logger) {
    own = configuration.loadBalancing
    base = configuration.serviceConfiguration
    balancing = base?.balancing(own) ?? own
    self.logger = logger
    if let base { follow(base) }
  }

  func methodConfiguration(_ path: String) -> MethodConfiguration? { methods?[path: path] }

  /// Takes over what a resolver found, in JSON; the balancing that counts from now on. Without any (nil) the channel's own
  /// configuration counts again. One that is not right changes nothing; where there is nothing yet that it could
  /// leave as it was, the answer is nil: the whole resolution is to be refused (gRFC A21).
  func follow(json: String?) -> LoadBalancing? {
    do throws(ServiceConfigurationError) {
      let found = try json.map { (json) throws(ServiceConfigurationError) in
        try ServiceConfiguration(json: Array(json.utf8))
      }
      isSettled = true
      let service = found ?? base ?? ServiceConfiguration()
      balancing = service.balancing(own)
      follow(service)
      return balancing
    } catch {
      logger.warning("service configuration refused", metadata: ["reason": "\(error)"])
      return isSettled || base != nil ? balancing : nil
    }
  }

  /// Calls that have begun keep what they began with.
  private func follow(_ service: ServiceConfiguration) {
    methods = service.methods.isEmpty ? nil : service.methods
    // An unchanged budget keeps what is left of it.
    if throttle?.policy != service.retryThrottling {
      throttle = service.retryThrottling.map(RetryThrottle.init)
    }
  }
}

extension ServiceConfiguration {
  /// The channel's balancing with what this says about it.
  func balancing(_ own: LoadBalancing) -> LoadBalancing {
    var merged = own
    if let loadBalancing { merged.policy = loadBalancing }
    if let healthCheckedService { merged.healthCheckedService = healthCheckedService }
    return merged
  }
}
