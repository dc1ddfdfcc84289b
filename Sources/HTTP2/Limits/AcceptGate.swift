import NIOCore

/// Holds `accept` back while the listener has enough to do, or the process no file descriptor left. For the
/// pipeline of a listening channel.
public final class AcceptGate: ChannelDuplexHandler {
  public typealias InboundIn = any NIOCore.Channel
  public typealias OutboundIn = any NIOCore.Channel

  private var bucket: TokenBucket
  private let hasRoom: () -> Bool
  private var isWaiting = false
  private static let pause = TimeAmount.milliseconds(10)
  private static let pauseAfterError = TimeAmount.milliseconds(200)

  /// - Parameters:
  ///   - burst: connections taken at once; the others wait in the kernel's queue.
  ///   - rate: connections earned back a second.
  ///   - hasRoom: asked before each connection is taken.
  public init(burst: Int, perSecond rate: Int, hasRoom: @escaping () -> Bool = { true }) {
    bucket = TokenBucket(burst: burst, perSecond: rate)
    self.hasRoom = hasRoom
  }

  /// `accept` failed, mostly for want of file descriptors. The kernel would say at once that there is a connection to
  /// take, again and again: nobody asks for a while.
  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.fireErrorCaught(error)
    setAutoRead(false, context)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.pauseAfterError) {
      let (gate, context) = bound.value
      if context.channel.isActive { gate.setAutoRead(true, context) }
    }
  }

  private func setAutoRead(_ isOn: Bool, _ context: ChannelHandlerContext) {
    do {
      try context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    } catch {
      // The listener has closed in between.
      context.close(promise: nil)
    }
  }

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // The kernel may have handed out a few more than were asked for.
    bucket.owe()
    context.fireChannelRead(data)
  }

  public func read(context: ChannelHandlerContext) {
    guard !isWaiting else { return }
    if hasRoom(), bucket.hasToken { return context.read() }
    isWaiting = true
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.pause) {
      let (gate, context) = bound.value
      gate.isWaiting = false
      gate.read(context: context)
    }
  }
}
