import NIOCore

/// The times of one connection. One timer looks at them: every second or so while the connection is in use, and else
/// when the next of them is due. Reading and calling only set a flag.
struct Upkeep {
  var timer: Scheduled<Void>?
  var isTicking = false
  /// Something was read, or a stream opened, since the last look.
  var wasRead = false
  var wasUsed = false
  let interval: TimeAmount
  /// Nil: no keepalive.
  let keepaliveTime: TimeAmount?
  var keepaliveSent: NIODeadline?
  var lastRead: NIODeadline
  var lastUse: NIODeadline
  let opened: NIODeadline
  /// ±10 %, so that connections opened together do not end together.
  let oldAt: NIODeadline?
  var noticeSent: NIODeadline?
  var endsAt: NIODeadline?
  var socketStall = StallWatch()
  var windowStall = StallWatch()

  private static let serverKeepalive = TimeAmount.hours(2)
  private static let shortestClientKeepalive = TimeAmount.seconds(10)
  /// For the answer to the PING between the two GOAWAYs: while calls run, and when none does. What a client sends in
  /// between, and this side never takes, the second GOAWAY has it repeat elsewhere.
  static let noticeTimeout = TimeAmount.seconds(5)
  static let quietNoticeTimeout = TimeAmount.seconds(1)

  init(_ role: Session.Role, _ configuration: HTTP2Configuration, _ now: NIODeadline) {
    interval = configuration.upkeepInterval
    lastRead = now
    lastUse = now
    opened = now
    switch role {
    case .server:
      keepaliveTime = configuration.keepaliveTime ?? Self.serverKeepalive
      oldAt = configuration.maximumConnectionAge.map { age in
        now + .nanoseconds(Int64(Double(age.nanoseconds) * Double.random(in: 0.9...1.1)))
      }
    case .client:
      keepaliveTime = configuration.keepaliveTime.map { max($0, Self.shortestClientKeepalive) }
      oldAt = nil
    }
  }
}

extension HTTP2Connection {
  func startUpkeep() {
    let now = eventLoop.now
    upkeep.lastRead = now
    upkeep.lastUse = now
    schedule(at: now + configuration.handshakeTimeout)
  }

  /// Bytes came: costs a flag while the timer runs anyway.
  func noteRead() {
    upkeep.wasRead = true
    if !upkeep.isTicking, isReady { startTicking() }
  }

  func noteUse() {
    upkeep.wasUsed = true
    if !upkeep.isTicking, isReady { startTicking() }
  }

  func startTicking() {
    guard !upkeep.isTicking, !isClosed else { return }
    noteFlags(eventLoop.now)
    upkeep.isTicking = true
    schedule(at: eventLoop.now + upkeep.interval)
  }

  private func schedule(at deadline: NIODeadline) {
    upkeep.timer?.cancel()
    upkeep.timer = eventLoop.scheduleTask(deadline: deadline) { self.lookAfter() }
  }

  private func noteFlags(_ now: NIODeadline) {
    if upkeep.wasRead {
      upkeep.wasRead = false
      upkeep.lastRead = now
      upkeep.keepaliveSent = nil
    }
    if upkeep.wasUsed || !streams.isEmpty {
      upkeep.wasUsed = false
      upkeep.lastUse = now
    }
  }

  private func lookAfter() {
    guard !isClosed, !isLingering else { return }
    let now = eventLoop.now
    guard isReady else {
      guard now - upkeep.opened >= configuration.handshakeTimeout else {
        return schedule(at: upkeep.opened + configuration.handshakeTimeout)
      }
      return lose(ChannelError.connectTimeout(configuration.handshakeTimeout))
    }
    let isInUse = upkeep.wasRead || upkeep.wasUsed || !streams.isEmpty
    noteFlags(now)
    publishCounts()
    checkAge(now)
    checkKeepalive(now)
    checkStall(now)
    guard !isClosed, !isLingering else { return }
    upkeep.isTicking =
      isInUse || upkeep.socketStall.isWatching || upkeep.windowStall.isWatching
      || awaitsShutdownPing
    if !upkeep.isTicking, streams.isEmpty { rest() }
    if upkeep.isTicking {
      schedule(at: now + upkeep.interval)
    } else if let next = nextDeadline {
      schedule(at: max(next, now + upkeep.interval))
    } else {
      upkeep.timer = nil
    }
  }

  /// Keeps no memory that is there only to be used again: most connections are quiet most of the time.
  private func rest() {
    output = nil
    spareBuffers = []
    streams = StreamTable()
    recent = nil
    executor.rest()
    session?.rest()
  }

  private func lose(_ error: any Error) {
    lastError = error
    closeChannel()
  }

  /// When a connection at rest has to be looked at again.
  private var nextDeadline: NIODeadline? {
    var times = [upkeep.oldAt, upkeep.endsAt]
    if isGoingAway { times[0] = nil }
    if let keepaliveTime = upkeep.keepaliveTime, sendsKeepalive {
      times.append(
        upkeep.keepaliveSent.map { $0 + configuration.keepaliveTimeout }
          ?? upkeep.lastRead + keepaliveTime)
    }
    if role == .server, !isGoingAway, let idle = configuration.maximumConnectionIdle {
      times.append(upkeep.lastUse + idle)
    }
    return times.compactMap { $0 }.min()
  }

  private var sendsKeepalive: Bool {
    role == .server || !streams.isEmpty || configuration.keepaliveWithoutCalls
  }

  private func checkKeepalive(_ now: NIODeadline) {
    guard let keepaliveTime = upkeep.keepaliveTime else { return }
    if let sent = upkeep.keepaliveSent {
      guard now - sent >= configuration.keepaliveTimeout else { return }
      if let counters = configuration.counters { HTTP2Counters.add(to: counters.keepalivesLost) }
      lose(HTTP2Error.keepaliveTimedOut)
    } else if sendsKeepalive, now - upkeep.lastRead >= keepaliveTime {
      upkeep.keepaliveSent = now
      session?.ping(Self.keepalivePing)
      setNeedsPump()
    }
  }

  /// Idle and old connections are told to go.
  private func checkAge(_ now: NIODeadline) {
    if let endsAt = upkeep.endsAt, now >= endsAt { return close(.noError) }
    let patience = streams.isEmpty ? Upkeep.quietNoticeTimeout : Upkeep.noticeTimeout
    if let sent = upkeep.noticeSent, now - sent >= patience { finishShutDown() }
    guard role == .server, !isGoingAway, !awaitsShutdownPing else { return }
    if let oldAt = upkeep.oldAt, now >= oldAt {
      upkeep.endsAt = now + configuration.maximumConnectionAgeGrace
      shutDown("max_age")
    } else if let idle = configuration.maximumConnectionIdle, streams.isEmpty,
      now - upkeep.lastUse >= idle
    {
      upkeep.endsAt = now + configuration.maximumConnectionAgeGrace
      shutDown("max_idle")
    }
  }

  /// A peer that does not take what waits for it is cut off.
  private func checkStall(_ now: NIODeadline) {
    guard !isClosed, let channel = context?.channel else { return }
    let buffered = channel.isWritable ? 0 : bufferedInSocket(channel)
    let socket = upkeep.socketStall.isStalled(
      taken: load.sent - buffered, waits: buffered > 0, at: now,
      limit: configuration.socketStallTimeout)
    // One stream that is read must not keep the memory of a hundred that are not, once that is needed.
    let progress =
      configuration.budget.isTight ? max(StallWatch.progress, load.unsent) : StallWatch.progress
    let window = upkeep.windowStall.isStalled(
      taken: load.sentBodies, waits: load.unsent > 0, at: now,
      limit: configuration.windowStallTimeout, progress: progress)
    guard socket || window else { return }
    if let counters = configuration.counters { HTTP2Counters.add(to: counters.limitsBroken) }
    lastError = HTTP2Error.writeStalled
    close(.enhanceYourCalm)
  }

  private func bufferedInSocket(_ channel: any Channel) -> Int {
    do {
      return try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
    } catch {
      // The channel has just closed, or is a kind that does not say.
      return 0
    }
  }
}
