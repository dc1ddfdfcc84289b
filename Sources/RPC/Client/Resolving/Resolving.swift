import Logging
import NIOCore

/// The running resolution of one channel's target: starts and stops its resolver and paces it. On the channel's loop.
final class Resolving: @unchecked Sendable {
  private let eventLoop: any EventLoop
  private let target: Target
  private let resolver: any Resolver
  private let configuration: ChannelConfiguration
  private var backoff: ConnectionBackoff
  private var task: Task<Void, Never>?
  /// Tells the reports of the present run from those of an earlier one.
  private var run = 0
  private var waiter: UnsafeContinuation<Bool, Never>?
  private var timer: Scheduled<Void>?
  private var earliest = NIODeadline.uptimeNanoseconds(0)
  private var isWanted = false
  /// The resolver has returned: it is called again when addresses are wanted.
  private var hasReturned = false
  private var hasReported = false
  private var handler: ((Result<ResolvedTarget, any Error>) -> Void)?

  init(
    target: Target, resolver: any Resolver, configuration: ChannelConfiguration,
    eventLoop: any EventLoop
  ) {
    self.target = target
    self.resolver = resolver
    self.configuration = configuration
    self.eventLoop = eventLoop
    backoff = ConnectionBackoff(configuration)
  }

  func onLoop(_ body: @escaping @Sendable (Resolving) -> Void) {
    if eventLoop.inEventLoop { body(self) } else { eventLoop.execute { body(self) } }
  }

  func start(_ handler: @escaping (Result<ResolvedTarget, any Error>) -> Void) {
    guard task == nil else { return }
    self.handler = handler
    run += 1
    isWanted = false
    earliest = .uptimeNanoseconds(0)
    backoff.reset()
    call()
  }

  private func call() {
    hasReturned = false
    hasReported = false
    let resolution = Resolution(resolving: self, run: run)
    task = Task { [resolver, target] in
      await resolver.resolve(target, resolution)
      resolution.resolving.onLoop { $0.returned(run: resolution.run) }
    }
  }

  private func returned(run: Int) {
    guard run == self.run else { return }
    hasReturned = true
    if !hasReported { received(.failure(NoAddress()), run: run) }
    serve()
  }

  func stop() {
    task?.cancel()
    task = nil
    handler = nil
    run += 1
    timer?.cancel()
    timer = nil
    resume(false)
  }

  /// The addresses may be out of date.
  func refresh() {
    isWanted = true
    serve()
  }

  // MARK: what the resolver says

  func received(_ result: Result<ResolvedTarget, any Error>, run: Int) {
    guard run == self.run else { return }
    var result = result
    if case .success(let target) = result, target.endpoints.allSatisfy({ $0.addresses.isEmpty }) {
      result = .failure(NoAddress())
    }
    isWanted = false
    hasReported = true
    let now = NIODeadline.now()
    timer?.cancel()
    let next: TimeAmount
    switch result {
    case .success:
      backoff.reset()
      earliest = now + TimeAmount(clamped: configuration.minimumResolutionInterval)
      next = TimeAmount(
        clamped: max(configuration.resolutionInterval, configuration.minimumResolutionInterval))
    case .failure:
      next = backoff.next()
      earliest = now + next
    }
    timer = eventLoop.scheduleTask(in: next) { self.refresh() }
    handler?(result)
  }

  func wait(_ continuation: UnsafeContinuation<Bool, Never>, run: Int) {
    guard run == self.run, waiter == nil else { return continuation.resume(returning: false) }
    waiter = continuation
    serve()
  }

  func stopWaiting(run: Int) {
    if run == self.run { resume(false) }
  }

  private func serve() {
    guard isWanted, waiter != nil || hasReturned else { return }
    let now = NIODeadline.now()
    if now >= earliest {
      isWanted = false
      if hasReturned { call() } else { resume(true) }
    } else {
      timer?.cancel()
      timer = eventLoop.scheduleTask(deadline: earliest) { self.refresh() }
    }
  }

  private func resume(_ goesOn: Bool) {
    let waiter = self.waiter
    self.waiter = nil
    waiter?.resume(returning: goesOn)
  }
}

/// The name stands for no server.
struct NoAddress: Error, CustomStringConvertible {
  var description: String { "the name has no address" }
}

extension TimeAmount {
  init(clamped duration: Duration) {
    self = .nanoseconds(Int64(clampedNanoseconds: duration))
  }
}
