import HTTP2
import PorticoAPI
import RPC

/// How Portico's processes talk to each other. Both ends are ours, so that each knows what the other permits.
extension ChannelConfiguration {
  /// Spreads calls over all addresses of a service by the calls that run there; notices a dead one, by PING, about
  /// `keepalive` + 10 s after its last byte; is back within seconds of the service; repeats what may be done twice.
  ///
  /// - Parameter keepalive: at least twice `Listener.betweenServices`' minimum, so that no PING is a strike.
  public static func betweenServices(
    tls: TLSConfiguration? = nil, keepalive: Duration = .seconds(30)
  ) -> ChannelConfiguration {
    var configuration = ChannelConfiguration(tls: tls)
    configuration.loadBalancing.policy = .leastRequest()
    configuration.loadBalancing.healthCheckedService = ""
    configuration.loadBalancing.outlierDetection = .replicas
    configuration.http2.keepaliveTime = .nanoseconds(Int64(keepalive / .nanoseconds(1)))
    configuration.http2.keepaliveTimeout = .seconds(10)
    configuration.connectTimeout = .seconds(5)
    configuration.firstBackoff = .milliseconds(500)
    configuration.longestBackoff = .seconds(5)
    configuration.serviceConfiguration = .repeating
    return configuration
  }
}

extension OutlierDetection {
  /// Of two replicas or more the one that fails most calls gets none for a while, however well its health speaks of it.
  static let replicas: OutlierDetection = {
    var failures = FailurePercentage()
    failures.threshold = 50
    failures.minimumHosts = 2
    failures.requestVolume = 20
    return OutlierDetection(failurePercentage: failures)
  }()
}

extension Listener {
  /// Takes the PINGs that `ChannelConfiguration.betweenServices` sends.
  public static func betweenServices(
    _ address: Address, tls: TLSConfiguration? = nil
  ) -> Listener {
    var listener = Listener(address, tls: tls)
    listener.http2.minimumPingInterval = .seconds(5)
    return listener
  }
}

extension ServiceConfiguration {
  /// A call that only reads, may be made twice by its contract, or carries a request id (`RequestNaming` sees to that) is
  /// made up to five times in all when a server answers UNAVAILABLE, while most calls succeed. No other
  /// call is repeated, unless no server saw it.
  static let repeating: ServiceConfiguration? = {
    var configuration = ServiceConfiguration()
    do throws(ServiceConfigurationError) {
      let reads = try MethodConfiguration(
        retryPolicy: RetryPolicy(
          maximumAttempts: 5, initialBackoff: .milliseconds(50), maximumBackoff: .milliseconds(500),
          retryableCodes: [.unavailable]))
      for method in PorticoAPI.Methods.all where method.mayBeRepeated {
        try configuration.methods.set(reads, service: method.service, method: method.name)
      }
      configuration.retryThrottling = try RetryThrottling(maximumTokens: 100, tokenRatio: 0.1)
    } catch {
      // The policy's numbers stand above; a test holds that they are right.
      return nil
    }
    return configuration
  }()
}

extension Method {
  /// By its `idempotency_level`, because it changes nothing, or because a request id has it done once.
  var mayBeRepeated: Bool {
    streaming == .unary
      && (idempotency == .idempotent || isReadOnly || RequestNaming.fields[path] != nil)
  }
}
