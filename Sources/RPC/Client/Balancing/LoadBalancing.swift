/// How the calls of a channel are spread over the servers that its target stands for. A service config replaces it while
/// the channel runs.
public struct LoadBalancing: Sendable, Hashable {
  public var policy = LoadBalancingPolicy.pickFirst()
  /// Nil: servers are not ejected.
  public var outlierDetection: OutlierDetection?
  /// The service whose health each server is asked for (R-077, gRFC A17); nil: servers are not asked. Not used by
  /// `pickFirst`, which has nobody else to turn to.
  public var healthCheckedService: String?

  public init(
    policy: LoadBalancingPolicy = .pickFirst(), outlierDetection: OutlierDetection? = nil,
    healthCheckedService: String? = nil
  ) {
    self.policy = policy
    self.outlierDetection = outlierDetection
    self.healthCheckedService = healthCheckedService
  }
}

/// Which of the servers gets a call.
public enum LoadBalancingPolicy: Sendable, Hashable {
  /// One connection, to the first address that answers. `shuffles`: in random order (gRFC A62), so that many clients do
  /// not all take the same server.
  case pickFirst(shuffles: Bool = false)
  /// All connected servers in turn.
  case roundRobin
  /// Of `choices` servers (2 to 10) drawn at random, the one with the fewest calls that run (gRFC A48).
  case leastRequest(choices: Int = 2)
}

/// When a server that fails too often gets no calls for a while (R-072, gRFC A50).
public struct OutlierDetection: Sendable, Hashable {
  /// Ejects servers whose success rate lies below the average by more than `deviations` standard deviations.
  public struct SuccessRate: Sendable, Hashable {
    public var deviations = 1.9
    /// The share of such servers that is really ejected, percent.
    public var enforcement = 100
    /// Fewer servers with enough calls: nothing is compared.
    public var minimumHosts = 5
    /// Calls an interval below which a server's rate says nothing.
    public var requestVolume = 100
    public init() {}
  }

  /// Ejects servers of whose calls more than `threshold` percent failed.
  public struct FailurePercentage: Sendable, Hashable {
    public var threshold = 85
    public var enforcement = 100
    public var minimumHosts = 5
    public var requestVolume = 50
    public init() {}
  }

  /// Time between two looks at the servers.
  public var interval: Duration = .seconds(10)
  /// An ejection takes this long, times how often the server was ejected before.
  public var ejectionTime: Duration = .seconds(30)
  public var longestEjectionTime: Duration = .seconds(300)
  /// Share of the servers that may be ejected at once; one always may.
  public var maximumEjectionPercent = 10
  public var successRate: SuccessRate?
  public var failurePercentage: FailurePercentage?

  public init(
    successRate: SuccessRate? = .init(), failurePercentage: FailurePercentage? = .init()
  ) {
    self.successRate = successRate
    self.failurePercentage = failurePercentage
  }
}

/// What a channel can do with a call at this moment.
public enum ConnectivityState: Sendable, Hashable {
  /// There are no connections; the next call makes them.
  case idle
  /// Calls wait.
  case connecting
  /// Calls are sent.
  case ready
  /// Calls fail, unless they wait for ready. Connections are tried again after a back-off.
  case transientFailure
  /// The channel was shut down; calls fail.
  case shutDown
}
