import HTTP2
import Logging
import NIOCore

/// What all calls of a channel share. What changes belongs to the channel's event loop.
final class ClientCore: @unchecked Sendable {
  let connections: Connections
  let configuration: ChannelConfiguration
  let eventLoop: any EventLoop
  /// The fields that every request of the channel has, after `:path`.
  let requestTemplate: HeaderFields
  let inflation: InflationBudget
  let service: ServicePolicy
  let deadlines: DeadlineQueue<ClientCall>
  /// Nil when nobody counts.
  let recorder: CallRecorder?

  /// Bytes of requests that calls keep in case they must be sent again.
  @exclusivity(unchecked) var keptBytes = 0
  @exclusivity(unchecked) private(set) var isShutDown = false
  /// Calls that wait for their next attempt while none runs: no connection that closes tells them of a channel's end.
  private var pausing: [ObjectIdentifier: ClientCall] = [:]

  init(connections: Connections, configuration: ChannelConfiguration, service: ServicePolicy) {
    self.connections = connections
    self.configuration = configuration
    self.service = service
    eventLoop = connections.eventLoop
    requestTemplate = HeaderFields([
      ":method": "POST", ":scheme": configuration.tls == nil ? "http" : "https",
      ":authority": connections.authority, "te": "trailers", "content-type": "application/grpc",
      "grpc-accept-encoding": Compression.accepted, "user-agent": configuration.userAgent,
    ])
    inflation = InflationBudget(limit: configuration.inflatedBytesInAll)
    deadlines = DeadlineQueue(eventLoop)
    recorder = configuration.metrics?.recorder(on: eventLoop)
  }

  func pauses(_ call: ClientCall) { pausing[ObjectIdentifier(call)] = call }

  var pausingCount: Int { pausing.count }

  /// Harmless when it does not pause.
  func goesOn(_ call: ClientCall) { pausing[ObjectIdentifier(call)] = nil }

  /// There are no further attempts.
  func shutDown() {
    isShutDown = true
    for call in pausing.values { call.fail(Status(.unavailable, "the channel is shut down")) }
  }
}
