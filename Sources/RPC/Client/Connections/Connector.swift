import HTTP2
import NIOCore

/// One pass over the addresses of a server: the next address is tried when the one before failed, or has not answered
/// for a while, and the first that is ready wins (Happy Eyeballs, RFC 8305, gRFC A61). On the channel's event loop.
final class Connector: TransportOwner, @unchecked Sendable {
  typealias Outcome = Result<(Transport, HTTP2Connection), any Error>

  private let factory: TransportFactory
  private var addresses: ArraySlice<Endpoint.Address>
  private var running: [Transport] = []
  private var timer: Scheduled<Void>?
  private var lastError: (any Error)?
  private var finish: ((Outcome) -> Void)?

  init(
    _ addresses: [Endpoint.Address], _ factory: TransportFactory,
    _ finish: @escaping (Outcome) -> Void
  ) {
    self.addresses = Endpoint.Address.interleaved(addresses)[...]
    self.factory = factory
    self.finish = finish
  }

  func start() { startNext() }

  func cancel() {
    finish = nil
    timer?.cancel()
    closeRunning()
  }

  private func startNext() {
    timer?.cancel()
    guard finish != nil else { return }
    guard let address = addresses.popFirst() else {
      if running.isEmpty { end(.failure(lastError ?? NoAddress())) }
      return
    }
    let transport = Transport(address, factory, owner: self)
    running.append(transport)
    if !addresses.isEmpty {
      let interval = TimeAmount(clamped: factory.configuration.addressInterval)
      timer = factory.eventLoop.scheduleTask(in: interval) { self.startNext() }
    }
    transport.connect()
  }

  private func end(_ outcome: Outcome) {
    let finish = self.finish
    self.finish = nil
    timer?.cancel()
    finish?(outcome)
  }

  private func closeRunning() {
    let losers = running
    running = []
    for transport in losers { transport.close() }
  }

  func transportIsReady(_ transport: Transport, _ connection: HTTP2Connection) {
    running.removeAll { $0 === transport }
    closeRunning()
    end(.success((transport, connection)))
  }

  func transportFailed(_ transport: Transport, _ error: any Error) {
    running.removeAll { $0 === transport }
    lastError = error
    startNext()
  }

  func transportIsLeaving(_ transport: Transport) {}
  func transportMayOpenStreams(_ transport: Transport) {}
}
