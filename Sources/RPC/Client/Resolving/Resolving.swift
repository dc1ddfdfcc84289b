import Logging
import NIOCore

/// The running resolution of one channel's target: starts and stops its resolver and paces it. On the channel's loop.
final class Resolving: @unchecked Sendable {
  private let eventLoop: any EventLoop
  private let target: Target
  private let resolver: any Resolver
  private let configuration: ChannelConfiguration
  private var backoff: ConnectionBackoff
  /// As it was when the last good report came, which may prove to be of no use.
  private var backoffBeforeReport: ConnectionBackoff
  private var task: Task<Void, Never>?
  /// Tells the reports of the present run from those of an earlier one.
  private var run = 0
  private var waiter: ResolutionWait?
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
    backoffBeforeReport = backoff
  }

  func onLoop(_ body: @escaping @Sendable (Resolving) -> Void) {
    eventLoop.perform { body(self) }
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
      resolution.resolving?.onLoop { $0.returned(run: resolution.run) }
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
      backoffBeforeReport = backoff
      backoff.reset()
      earliest = now + TimeAmount(clamped: configuration.minimumResolutionInterval)
      next = TimeAmount(clamped: configuration.nextResolution)
    case .failure:
      next = backoff.next()
      earliest = now + next
    }
    timer = eventLoop.scheduleTask(in: next) { self.refresh() }
    handler?(result)
  }

  /// What was reported last is of no use: to be asked for again after the back-off of a failure.
  func retry() {
    backoff = backoffBeforeReport
    let next = backoff.next()
    earliest = .now() + next
    timer?.cancel()
    timer = eventLoop.scheduleTask(in: next) { self.refresh() }
  }

  func begin(_ wait: ResolutionWait, _ continuation: UnsafeContinuation<Bool, Never>, run: Int) {
    guard run == self.run, waiter == nil, !wait.isCancelled else {
      return continuation.resume(returning: false)
    }
    wait.continuation = continuation
    waiter = wait
    serve()
  }

  /// May come before its beginning: a task can be cancelled at any time.
  func cancel(_ wait: ResolutionWait) {
    wait.isCancelled = true
    if waiter === wait { resume(false) }
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
    waiter?.continuation?.resume(returning: goesOn)
  }
}

/// A resolver that waits until it is wanted again. On the channel's loop.
final class ResolutionWait: @unchecked Sendable {
  var continuation: UnsafeContinuation<Bool, Never>?
  var isCancelled = false
}

/// The name stands for no server.
struct NoAddress: Error, CustomStringConvertible {
  var description: String { "the name has no address" }
}

extension ChannelConfiguration {
  /// The time to the next regular resolution: a little less than the interval, another little for each, or channels that
  /// began together would ask together for ever.
  var nextResolution: Duration {
    max(resolutionInterval * Double.random(in: 0.8...1), minimumResolutionInterval)
  }
}
