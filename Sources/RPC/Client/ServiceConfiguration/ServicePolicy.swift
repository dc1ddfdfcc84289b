import Logging

/// The service configuration that a channel follows now, and the retry budget that goes with it. Confined to the
/// channel's event loop.
final class ServicePolicy {
  @exclusivity(unchecked) private var methods: ServiceConfiguration.Methods?
  /// Nil without `retryThrottling`.
  @exclusivity(unchecked) private(set) var throttle: RetryThrottle?
  private let own: LoadBalancing
  private let logger: Logger

  /// - Parameter configuration: what counts until a resolver says something.
  init(_ configuration: ChannelConfiguration, logger: Logger) {
    own = configuration.loadBalancing
    self.logger = logger
    if let service = configuration.serviceConfiguration { follow(service) }
  }

  func methodConfiguration(_ path: String) -> MethodConfiguration? { methods?[path: path] }

  /// Takes over what a resolver found, in JSON; the balancing that it wants. A configuration that is not right changes
  /// nothing and gives nil (A21).
  func follow(json: String) -> LoadBalancing? {
    do throws(ServiceConfigurationError) {
      let service = try ServiceConfiguration(json: Array(json.utf8))
      follow(service)
      return service.balancing(own)
    } catch {
      logger.warning("service configuration refused", metadata: ["reason": "\(error)"])
      return nil
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
