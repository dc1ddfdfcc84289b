import HTTP2
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// One HTTP/1.1 connection: requests one after the other, pipelined ones waiting in the buffer of the last read.
/// Reads from the socket only when it stands between requests or somebody waits for a body.
/// Everything here runs on the event loop of its channel, `@unchecked` for that reason.
final class HTTP1Connection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private struct Exchange {
    let body: RequestBody
    let head: HTTP1Parser.Head
    var task: Task<Void, Never>?
    var hasRequestEnded: Bool
    /// Somebody waits for body bytes.
    var isDemanded = false
    var owesContinue: Bool
  }

  private let edge: any EdgeService
  let eventLoop: any EventLoop
  private let executor: LoopExecutor
  private let origin: ConnectionOrigin
  private let limits: EdgeLimits
  private var parser: HTTP1Parser
  private var received = ByteBuffer()
  private var exchange: Exchange?
  private var served = 0
  private var isDraining = false
  private var isLingering = false
  private var isReading = false
  private var timer: Scheduled<Void>?
  private var context: ChannelHandlerContext?
  /// The answer that others write, while there is one.
  private var push: HTTP1Push?

  init(_ edge: any EdgeService, on eventLoop: any EventLoop, origin: ConnectionOrigin) {
    self.edge = edge
    self.eventLoop = eventLoop
    self.origin = origin
    limits = edge.limits
    executor = LoopExecutor(eventLoop)
    parser = HTTP1Parser(limits: edge.limits)
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    expire(in: limits.headerTime)
    if context.channel.isActive { context.read() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    ended()
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    context.read()
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    ended()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is DrainEvent { drain() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReading = false
    guard !isLingering else { return }
    var bytes = unwrapInboundIn(data)
    received.writeBuffer(&bytes)
    received.discardReadBytes()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    process()
  }

  private func ended() {
    timer?.cancel()
    exchange?.task?.cancel()
    exchange?.body.fail(.aborted)
    exchange = nil
    push?.closed()
    push = nil
  }

  /// Ends after the running request, at once when there is none.
  private func drain() {
    isDraining = true
    if push != nil { context?.close(promise: nil) }
    if exchange == nil, parser.isIdle, received.readableBytes == 0 { context?.close(promise: nil) }
  }

  // MARK: Input

  private func process() {
    guard let context, context.channel.isActive, !isLingering else { return }
    do throws(HTTP1Parser.Fault) {
      // A head is only parsed when the last request is answered; body bytes belong to the running one.
      while exchange?.hasRequestEnded != true {
        if let exchange, !exchange.isDemanded { break }
        guard let part = try parser.next(&received) else { break }
        handle(part)
      }
    } catch {
      return fault(error)
    }
    readIfNeeded()
  }

  private func readIfNeeded() {
    guard let context, !isReading else { return }
    // Beside an answer that goes on, one read finds out when the peer leaves.
    let isListening = push != nil && received.readableBytes == 0
    if isLingering || exchange == nil || exchange?.isDemanded == true || isListening {
      isReading = true
      if exchange == nil, !parser.isIdle || received.readableBytes > 0 { expireHeaders() }
      context.read()
    }
  }

  private func handle(_ part: HTTP1Parser.Part) {
    switch part {
    case .head(let head): start(head)
    case .body(let bytes):
      exchange?.isDemanded = false
      expire(in: nil)
      exchange?.body.receive(bytes)
    case .end:
      exchange?.hasRequestEnded = true
      exchange?.isDemanded = false
      expire(in: nil)
      exchange?.body.finish()
    }
  }

  private func start(_ head: HTTP1Parser.Head) {
    expire(in: nil)
    isAwaitingHeaders = false
    served += 1
    let body = RequestBody(declaredLength: head.contentLength, pace: .init(limits)) { [weak self] in
      guard let self else { return }
      self.eventLoop.execute { self.demandBody() }
    }
    exchange = Exchange(
      body: body, head: head, hasRequestEnded: false, owesContinue: head.expectsContinue)
    // An absent body ends with its headers, so that the answer may keep the connection.
    if head.contentLength == 0 { exchange?.isDemanded = true }
    let writer = HTTP1Writer(self)
    let incoming = IncomingRequest(
      method: head.method, target: head.target, host: head.headers["host"].first ?? "",
      headers: head.headers, body: body, origin: origin)
    exchange?.task = Task(executorPreference: executor) { [edge] in
      await edge.answer(incoming) { response in await writer.send(response) }
    }
  }

  private func demandBody() {
    guard let current = exchange, !current.hasRequestEnded, let context else { return }
    exchange?.isDemanded = true
    expire(in: limits.bodyTime)
    if current.owesContinue {
      exchange?.owesContinue = false
      context.writeAndFlush(
        wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
    process()
  }

  // MARK: Time

  private var isAwaitingHeaders = false

  /// The first bytes of a head start its clock; more bytes do not move it.
  private func expireHeaders() {
    guard !isAwaitingHeaders else { return }
    isAwaitingHeaders = true
    expire(in: limits.headerTime)
  }

  private func expire(in time: TimeAmount?) {
    timer?.cancel()
    timer = time.map { time in
      eventLoop.scheduleTask(in: time) { [weak self] in self?.expired() }
    }
  }

  private func expired() {
    guard let context else { return }
    if let exchange {
      exchange.body.fail(.timedOut)
    } else if isAwaitingHeaders {
      refuse(Problem(.requestTimeout, .deadlineExceeded, "the request headers took too long"))
    } else {
      context.close(promise: nil)
    }
  }

  // MARK: Faults

  private func fault(_ fault: HTTP1Parser.Fault) {
    if let exchange {
      // The body is broken; whoever reads it hears of it and the answer ends the connection.
      self.exchange?.isDemanded = false
      exchange.body.fail(.aborted)
      return
    }
    refuse(fault.problem)
  }

  /// Answers what is no request, and closes.
  private func refuse(_ problem: Problem) {
    let response = edge.refusal(problem, origin: origin)
    var buffer = ByteBuffer()
    var bytes: [UInt8] = []
    if case .bytes(let content) = response.body { bytes = content }
    HTTP1Encoding.head(response, length: bytes.count, closes: true, isHTTP10: false, into: &buffer)
    buffer.writeBytes(bytes)
    context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    linger()
  }

  /// Closes so that the peer can read the answer first: bytes that nobody reads would reset the connection.
  private func linger() {
    guard let context, !isLingering else { return }
    isLingering = true
    timer?.cancel()
    context.close(mode: .output, promise: nil)
    timer = eventLoop.scheduleTask(in: .seconds(2)) { [weak self] in
      self?.context?.close(promise: nil)
    }
    let channel = context.channel
    channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
  }

  // MARK: Output, called by the writer on the event loop

  /// Whether the connection must end after the answer that begins now.
  private var mustClose: Bool {
    guard let exchange else { return true }
    return isDraining || !exchange.head.keepsAlive || !exchange.hasRequestEnded
      || served >= limits.requestsPerConnection
  }

  struct Begun: Sendable {
    let closes: Bool
    let isChunked: Bool
    let hasBody: Bool
  }

  /// Writes the head, and `bytes` with it; nil when the peer is gone. The promise is kept when the kernel has both.
  func begin(
    _ response: Response, length: Int?, with bytes: [UInt8], promise: EventLoopPromise<Void>
  ) -> Begun? {
    takeBuffered()
    guard let context, let exchange, context.channel.isActive else {
      promise.fail(ChannelError.ioOnClosedChannel)
      return nil
    }
    let isHead = exchange.head.method == .HEAD
    let isChunked = length == nil && !exchange.head.isHTTP10
    let closes =
      mustClose || response.endsConnection || (length == nil && exchange.head.isHTTP10)
    var buffer = context.channel.allocator.buffer(capacity: 512 + bytes.count)
    HTTP1Encoding.head(
      response, length: length, closes: closes, isHTTP10: exchange.head.isHTTP10, into: &buffer)
    if !isHead { buffer.writeBytes(bytes) }
    write(buffer, promise, context)
    return Begun(closes: closes, isChunked: isChunked, hasBody: !isHead)
  }

  /// A body that nobody read but that is here already need not cost the connection.
  private func takeBuffered() {
    do throws(HTTP1Parser.Fault) {
      while let exchange, !exchange.hasRequestEnded, let part = try parser.next(&received) {
        handle(part)
      }
    } catch { fault(error) }
  }

  /// Fulfilled when the kernel has taken it: that is the back-pressure of a streamed answer.
  private func write(
    _ buffer: ByteBuffer, _ promise: EventLoopPromise<Void>, _ context: ChannelHandlerContext
  ) {
    let stall = eventLoop.scheduleTask(in: limits.writeTime) { [weak self] in self?.abandon() }
    promise.futureResult.whenComplete { _ in stall.cancel() }
    context.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
  }

  func write(_ bytes: [UInt8], _ begun: Begun, promise: EventLoopPromise<Void>) {
    guard let context, exchange != nil, context.channel.isActive else {
      return promise.fail(ChannelError.ioOnClosedChannel)
    }
    guard begun.hasBody, !bytes.isEmpty else { return promise.succeed() }
    var buffer = context.channel.allocator.buffer(capacity: bytes.count + 16)
    if begun.isChunked { buffer.writeString(String(bytes.count, radix: 16) + "\r\n") }
    buffer.writeBytes(bytes)
    if begun.isChunked { buffer.writeString("\r\n") }
    write(buffer, promise, context)
  }

  // MARK: Answers that are written from outside

  func push(_ push: HTTP1Push) {
    self.push = push
    // The request is answered: what is parsed and waited for is released, for this may stay for hours.
    exchange?.task = nil
    readIfNeeded()
  }

  /// False when the peer is gone or takes too little: then the connection ends.
  func write(_ bytes: ByteBuffer) -> Bool {
    guard let context, exchange != nil, context.channel.isActive else { return false }
    guard context.channel.isWritable else {
      context.close(promise: nil)
      return false
    }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    return true
  }

  func finish(_ push: HTTP1Push, _ begun: Begun) {
    guard self.push === push else { return }
    self.push = nil
    end(begun, isWhole: true)
  }

  /// - isWhole: false when the body broke off: then the end must not look clean.
  func end(_ begun: Begun, isWhole: Bool) {
    guard let context, exchange != nil else { return }
    guard isWhole else { return context.close(promise: nil) }
    if begun.isChunked, begun.hasBody {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "0\r\n\r\n")), promise: nil)
    }
    exchange?.body.fail(.aborted)
    exchange = nil
    if begun.closes { return linger() }
    expire(in: limits.idleTime)
    process()
  }

  func abandon() { context?.close(promise: nil) }
}
