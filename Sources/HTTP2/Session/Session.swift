import CNghttp2
import NIOCore

/// One end of an HTTP/2 connection without any I/O: bytes in through `receive`, bytes out through `send`, events to the
/// delegate in between. Not thread-safe: everything happens on the connection's event loop.
///
/// The C session lives exactly as long as this object, and every entry point keeps the object alive to its
/// end, so a callback that makes its owner drop the session cannot free it under nghttp2's feet.
final class Session {
  enum Role { case server, client }

  let role: Role
  let counters: HTTP2Counters?
  let maximumHeaderListSize: Int
  let maximumHeaderFields: Int
  private let maximumOutboundQueue: Int
  let maximumConcurrentStreams: Int
  let answersForgiveResets: Bool
  private let memory = SessionMemory()
  let handle: OpaquePointer
  /// The connection: it owns this session and is what calls it, so it is there whenever a callback runs, and
  /// telling it something needs no count of references.
  private let delegate: Unmanaged<HTTP2Connection>

  /// The header block that is arriving; HTTP/2 never interleaves two.
  @exclusivity(unchecked) var block = HeaderFields()
  @exclusivity(unchecked) var blockIsTooLarge = false
  @exclusivity(unchecked) var droppedHeaderBytes = 0
  @exclusivity(unchecked) var resets: TokenBucket
  @exclusivity(unchecked) var faults: TokenBucket
  @exclusivity(unchecked) var controlFrames: TokenBucket
  /// WINDOW_UPDATE frames that the DATA we sent explains.
  @exclusivity(unchecked) var explainedWindowUpdates = 0
  /// RST_STREAM frames that the peer may send because we ended our side of a stream first.
  @exclusivity(unchecked) var explainedResets = 0
  /// HEADERS or DATA went out since this was last looked at.
  @exclusivity(unchecked) var hasSentPayload = false
  @exclusivity(unchecked) private var notice: [UInt8]?
  @exclusivity(unchecked) private var hasSentPreface = false
  @exclusivity(unchecked) private var hasAnswered = false
  /// The peer broke a limit: the GOAWAY that says so is queued and nothing more is taken from it.
  @exclusivity(unchecked) private(set) var isCondemned = false

  init(role: Role, configuration: HTTP2Configuration, delegate: HTTP2Connection)
    throws(HTTP2Error)
  {
    self.role = role
    counters = configuration.counters
    maximumHeaderListSize = configuration.maximumHeaderListSize
    maximumHeaderFields = configuration.maximumHeaderFields
    maximumOutboundQueue = configuration.maximumOutboundQueue
    maximumConcurrentStreams = Int(configuration.maximumConcurrentStreams)
    answersForgiveResets = configuration.answersForgiveResets
    self.delegate = .passUnretained(delegate)
    resets = TokenBucket(
      burst: Int(clamping: configuration.resetBurst),
      perSecond: Int(clamping: configuration.resetRate))
    faults = TokenBucket(burst: configuration.faultBurst, perSecond: configuration.faultRate)
    controlFrames = TokenBucket(
      burst: configuration.controlBurst, perSecond: configuration.controlRate)
    handle = try Self.makeHandle(role: role, configuration: configuration, memory)
    memory.didMakeSession()
    nghttp2_session_set_user_data(handle, Unmanaged.passUnretained(self).toOpaque())
    try submitPreface(configuration)
  }

  deinit { nghttp2_session_del(handle) }

  /// Between frames, on a connection at rest: keeps no memory that a frame needs again only when there is one.
  func rest() { if nghttp2_session_want_write(handle) == 0 { memory.release() } }

  func tell<R>(_ event: (HTTP2Connection) -> R) -> R { delegate._withUnsafeGuaranteedRef(event) }

  private static func makeHandle(
    role: Role, configuration: HTTP2Configuration, _ memory: SessionMemory
  ) throws(HTTP2Error) -> OpaquePointer {
    var option: OpaquePointer?
    var code = nghttp2_option_new(&option)
    guard code == 0 else { throw .session(code) }
    defer { nghttp2_option_del(option) }
    nghttp2_option_set_no_auto_window_update(option, 1)
    nghttp2_option_set_no_closed_streams(option, 1)
    nghttp2_option_set_max_outbound_ack(option, 1000)
    nghttp2_option_set_max_settings(option, 32)
    nghttp2_option_set_max_continuations(option, configuration.maximumContinuations)
    // Ours counts, since nghttp2 calls it INTERNAL_ERROR and takes an honest client's answer to an early end for
    // an attack; this one is off.
    nghttp2_option_set_stream_reset_rate_limit(option, UInt64.max, UInt64.max)
    for type in Self.unknownTypes { nghttp2_option_set_user_recv_extension_type(option, type) }
    nghttp2_option_set_max_send_header_block_length(option, 256 * 1024)
    if role == .client { nghttp2_option_set_peer_max_concurrent_streams(option, 100) }

    var session: OpaquePointer?
    let callbacks = SessionCallbacks.shared
    var functions = memory.functions
    code =
      role == .server
      ? nghttp2_session_server_new3(&session, callbacks.pointer, nil, option, &functions)
      : nghttp2_session_client_new3(&session, callbacks.pointer, nil, option, &functions)
    guard code == 0, let session else { throw .session(code) }
    return session
  }

  /// Frame types without a meaning here: to be counted, they have to pass through a callback.
  private static let unknownTypes: [UInt8] = (0x0a...0xff).filter {
    ![0x0a, 0x0c, 0x10].contains($0)
  }

  private func submitPreface(_ configuration: HTTP2Configuration) throws(HTTP2Error) {
    let settings = [
      // A server's number of streams is put in as the frame leaves: nghttp2 would end the whole connection for one
      // stream too many, and that stream is only to be refused.
      role == .server
        ? nghttp2_settings_entry(
          settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: .max)
        : nghttp2_settings_entry(
          settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(clamping: configuration.initialStreamWindow)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(clamping: configuration.maximumHeaderListSize)),
    ]
    var code = nghttp2_submit_settings(
      handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
    guard code == 0 else { throw .session(code) }
    code = nghttp2_session_set_local_window_size(
      handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, configuration.connectionWindow)
    guard code == 0 else { throw .session(code) }
  }

  // MARK: bytes

  /// Feeds what came from the socket. False when the session is beyond use and should be closed once the GOAWAY
  /// it may have queued is out.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    withExtendedLifetime(self) {
      let count = nghttp2_session_mem_recv(
        handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
      if nghttp2_session_get_outbound_queue_size(handle) > maximumOutboundQueue {
        condemn("outbound queue")
      }
      guard !isCondemned else { return false }
      guard count < 0 else { return true }
      let code: HTTP2ErrorCode
      switch Int32(truncatingIfNeeded: count) {
      case Int32(NGHTTP2_ERR_FLOODED.rawValue), Int32(NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue):
        code = .enhanceYourCalm
      case Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue), Int32(NGHTTP2_ERR_NOMEM.rawValue):
        code = .internalError
      default: code = .protocolError
      }
      terminate(code)
      return false
    }
  }

  /// Moves what waits to be sent into `buffer` until it holds `limit` bytes. False when the session broke.
  func send(into buffer: inout ByteBuffer, limit: Int) -> Bool {
    withExtendedLifetime(self) {
      var next = nextFrame()
      while let first = next, !first.isEmpty {
        let before = buffer.readableBytes
        var last = first
        var pauses = false
        // One access to the buffer for as many frames as it has room for.
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: first.count) { room in
          var used = 0
          while let frame = next, !frame.isEmpty, used + frame.count <= room.count {
            UnsafeMutableRawBufferPointer(rebasing: room[used...]).copyMemory(from: frame)
            used += frame.count
            last = frame
            pauses = before + used >= limit || notice != nil || !hasSentPreface
            if pauses { break }
            next = nextFrame()
          }
          return used
        }
        guard pauses else { continue }
        if !hasSentPreface { didSendPreface(last.count, in: &buffer) }
        if notice != nil, Self.endsBlock(last) { writeNotice(to: &buffer) }
        guard buffer.readableBytes < limit else { return true }
        next = nextFrame()
      }
      guard next != nil else { return false }
      writeNotice(to: &buffer)
      return true
    }
  }

  /// The first frame of all, SETTINGS, is at the end of `buffer`: a server's says how many streams there may be, in the
  /// first entry.
  private func didSendPreface(_ count: Int, in buffer: inout ByteBuffer) {
    hasSentPreface = true
    guard role == .server else { return }
    let value = buffer.writerIndex - count + Self.frameHeaderSize + MemoryLayout<UInt16>.size
    buffer.setInteger(UInt32(clamping: maximumConcurrentStreams), at: value)
  }

  private static let frameHeaderSize = 9

  /// The next frame, valid until this is called again; empty when none waits, nil when the session broke.
  private func nextFrame() -> UnsafeRawBufferPointer? {
    var data: UnsafePointer<UInt8>?
    let count = nghttp2_session_mem_send(handle, &data)
    return count < 0 ? nil : UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : count)
  }

  /// False once both sides are through: the connection can be closed.
  var isAlive: Bool {
    nghttp2_session_want_read(handle) != 0 || nghttp2_session_want_write(handle) != 0
  }

  // MARK: streams

  /// Starts a request; the stream's id.
  func submitRequest(_ headers: HeaderFields, hasBody: Bool) throws(HTTP2Error) -> Int32 {
    guard nghttp2_session_check_request_allowed(handle) != 0 else { throw .connectionUnavailable }
    let id = withFields(headers) { fields, count in
      withProvider(hasBody) { nghttp2_submit_request(handle, nil, fields, count, $0, nil) }
    }
    guard id > 0 else { throw .connectionUnavailable }
    return id
  }

  /// The fields of a connection's first answer do not go into HPACK's table, where they would take 2 KiB: many a connection
  /// asks once and is quiet then, and who comes again pays for them once more.
  func submitResponse(_ id: Int32, _ headers: HeaderFields, hasBody: Bool) {
    let flags = hasAnswered ? 0 : UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue)
    hasAnswered = true
    _ = withFields(headers, flags) { fields, count in
      withProvider(hasBody) { nghttp2_submit_response(handle, id, fields, count, $0) }
    }
  }

  func submitTrailers(_ id: Int32, _ trailers: HeaderFields) {
    _ = withFields(trailers) { fields, count in
      nghttp2_submit_trailer(handle, id, fields, count)
    }
  }

  func reset(_ id: Int32, _ code: HTTP2ErrorCode) {
    _ = nghttp2_submit_rst_stream(handle, 0, id, code.rawValue)
  }

  /// Bytes of the body are there again after the delegate said there were none.
  func resume(_ id: Int32) { _ = nghttp2_session_resume_data(handle, id) }

  /// The application took bytes: opens the windows. Also for streams that are gone.
  func consume(_ id: Int32, _ count: Int) { _ = nghttp2_session_consume(handle, id, count) }

  /// Whether the peer lets bytes of this stream's body leave now.
  func hasWindow(_ id: Int32) -> Bool {
    nghttp2_session_get_remote_window_size(handle) > 0
      && nghttp2_session_get_stream_remote_window_size(handle, id) > 0
  }

  // MARK: the connection

  func ping(_ payload: UInt64) {
    if let counters { HTTP2Counters.add(to: counters.pingsSent) }
    withUnsafeBytes(of: payload.bigEndian) {
      _ = nghttp2_submit_ping(handle, 0, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// First phase of a graceful end: GOAWAY with the highest id. nghttp2 would send it without debug data, or take
  /// no streams after one that has some; so the frame is ours and leaves between two of its own.
  func submitShutdownNotice(_ reason: StaticString) {
    guard notice == nil else { return }
    reason.withUTF8Buffer { reason in
      let count = UInt8(clamping: min(100, reason.count) + 8)
      let header: [UInt8] = [0, 0, count, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]
      notice = header + reason.prefix(100)
    }
    if let counters { HTTP2Counters.add(to: counters.goAwaysSent) }
  }

  private func writeNotice(to buffer: inout ByteBuffer) {
    guard let bytes = notice else { return }
    buffer.writeBytes(bytes)
    notice = nil
  }

  /// Whether another frame may follow these: not within a header block.
  private static func endsBlock(_ frame: UnsafeRawBufferPointer) -> Bool {
    guard frame.count >= 9 else { return false }
    let isBlock = [UInt8(1), 5, 9].contains(frame[3])
    return !isBlock || frame[4] & 4 != 0
  }

  /// GOAWAY with the last stream that was really taken.
  func submitGoAway(_ code: HTTP2ErrorCode, _ reason: StaticString = "") {
    submitGoAway(code, nghttp2_session_get_last_proc_stream_id(handle), reason)
  }

  private func submitGoAway(_ code: HTTP2ErrorCode, _ last: Int32, _ reason: StaticString) {
    reason.withUTF8Buffer {
      _ = nghttp2_submit_goaway(handle, 0, last, code.rawValue, $0.baseAddress, $0.count)
    }
  }

  /// The peer broke a limit: says so and takes nothing more from it.
  func condemn(_ reason: StaticString) {
    guard !isCondemned else { return }
    isCondemned = true
    if let counters { HTTP2Counters.add(to: counters.limitsBroken) }
    submitGoAway(.enhanceYourCalm, reason)
  }

  /// Lets the peer send more before the application takes it; windows only grow.
  func growWindows(stream: Int32, connection: Int32) {
    var setting = nghttp2_settings_entry(
      settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
      value: UInt32(clamping: stream))
    _ = nghttp2_submit_settings(handle, 0, &setting, 1)
    _ = nghttp2_session_set_local_window_size(handle, 0, 0, connection)
  }

  /// Queues GOAWAY and takes nothing more.
  func terminate(_ code: HTTP2ErrorCode) {
    _ = nghttp2_session_terminate_session(handle, code.rawValue)
  }

  /// Streams the peer lets us have open at once.
  var remoteStreamLimit: Int {
    Int(
      nghttp2_session_get_remote_settings(handle, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
  }

  private func withProvider<R>(
    _ hasBody: Bool, _ body: (UnsafePointer<nghttp2_data_provider>?) -> R
  ) -> R {
    guard hasBody else { return body(nil) }
    return withUnsafePointer(
      to: nghttp2_data_provider(
        source: nghttp2_data_source(fd: 0), read_callback: SessionCallbacks.readBody), body)
  }

  private func withFields<R>(
    _ headers: HeaderFields, _ flags: UInt8 = 0, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> R
  ) -> R {
    guard let memory = headers.memory else { return body(nil, 0) }
    if let constant = memory.constant { return body(constant, memory.count) }
    return memory.withFields { fields, bytes in
      withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.count) { list in
        guard let text = UnsafeMutableRawPointer(mutating: bytes.baseAddress) else {
          return body(nil, 0)
        }
        for index in fields.indices {
          // The first, `:status`, stands in the static table as it is.
          list.initializeElement(
            at: index, to: HeaderMemory.pair(fields[index], text, index == 0 ? 0 : flags))
        }
        return body(UnsafePointer(list.baseAddress), fields.count)
      }
    }
  }
}
