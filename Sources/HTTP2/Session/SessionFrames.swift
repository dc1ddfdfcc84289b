import CNghttp2

// What single frames mean: passed on to the delegate, and counted.
extension Session {
  func addField(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
    guard !blockIsTooLarge else { return dropField(name.count + value.count + 32) }
    // What a call within the product has, in a block that malloc serves from the thread's cache.
    if block.memory == nil { block.reserve(fields: 16, bytes: 576) }
    guard
      block.append(
        name: name, value: value, maximumSize: maximumHeaderListSize,
        maximumCount: maximumHeaderFields)
    else {
      blockIsTooLarge = true
      droppedHeaderBytes = block.listSize + name.count + value.count + 32
      block = HeaderFields()
      return
    }
  }

  /// A block over the limit has to be decoded to its end, as HPACK has state, but not for ever.
  private func dropField(_ size: Int) {
    droppedHeaderBytes += size
    if droppedHeaderBytes / Self.headerBomb > maximumHeaderListSize {
      condemn("header bomb")
    }
  }

  private static let headerBomb = 64

  func frameReceived(_ pointer: UnsafePointer<nghttp2_frame>) {
    // A union: only the member that the type names may be read.
    let header = pointer.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
      let kind: HeaderKind
      switch pointer.pointee.headers.cat {
      case NGHTTP2_HCAT_REQUEST:
        kind = .request
        // gRPC's C core opens a stream's window as it opens the stream.
        explainWindowUpdates(2)
      case NGHTTP2_HCAT_RESPONSE: kind = .response
      default: kind = .trailers
      }
      let isLast = header.flags & 1 != 0
      if blockIsTooLarge {
        tell { $0.receivedTooLargeHeaders(on: header.stream_id, kind: kind) }
      } else {
        tell { $0.received(takeBlock(), on: header.stream_id, kind: kind, isLast: isLast) }
      }
      if isLast { tell { $0.receivedEnd(of: header.stream_id) } }
    case NGHTTP2_DATA.rawValue:
      if header.flags & 1 != 0 {
        tell { $0.receivedEnd(of: header.stream_id) }
      } else if header.length <= pointer.pointee.data.padlen {
        countControlFrame()
      }
    case NGHTTP2_WINDOW_UPDATE.rawValue:
      if explainedWindowUpdates > 0 { explainedWindowUpdates -= 1 } else { countControlFrame() }
    default: rareFrameReceived(pointer, header)
    }
  }

  private func rareFrameReceived(
    _ pointer: UnsafePointer<nghttp2_frame>, _ header: nghttp2_frame_hd
  ) {
    switch UInt32(header.type) {
    case NGHTTP2_SETTINGS.rawValue:
      countControlFrame()
      if header.flags & 1 == 0 { tell { $0.receivedSettings() } }
    case NGHTTP2_PING.rawValue:
      countControlFrame()
      if header.flags & 1 != 0 {
        tell { $0.receivedPingAck(pingPayload(pointer)) }
      } else {
        if let counters { HTTP2Counters.add(to: counters.pingsReceived) }
        tell { $0.receivedPing() }
      }
    case NGHTTP2_PRIORITY.rawValue: countControlFrame()
    case NGHTTP2_RST_STREAM.rawValue:
      if let counters { HTTP2Counters.add(to: counters.resetsReceived) }
      if role == .server { resetReceived() }
    case NGHTTP2_GOAWAY.rawValue:
      countControlFrame()
      if let counters { HTTP2Counters.add(to: counters.goAwaysReceived) }
      tell { $0.receivedGoAway(goAway(pointer)) }
    default: break
    }
  }

  private func takeBlock() -> HeaderFields {
    var whole = HeaderFields()
    swap(&whole, &block)
    return whole
  }

  private func goAway(_ frame: UnsafePointer<nghttp2_frame>) -> GoAway {
    let body = frame.pointee.goaway
    let debug = UnsafeBufferPointer(start: body.opaque_data, count: min(256, body.opaque_data_len))
    return GoAway(
      code: HTTP2ErrorCode(rawValue: body.error_code), lastStream: body.last_stream_id,
      debugData: String(decoding: debug, as: UTF8.self))
  }

  private func pingPayload(_ frame: UnsafePointer<nghttp2_frame>) -> UInt64 {
    withUnsafeBytes(of: frame.pointee.ping.opaque_data) {
      UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self))
    }
  }

  func frameSent(_ pointer: UnsafePointer<nghttp2_frame>) {
    let header = pointer.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
      hasSentPayload = true
      tell { $0.sentHeaders(on: header.stream_id) }
      if header.flags & 1 != 0 { tell { $0.sentEnd(of: header.stream_id) } }
    case NGHTTP2_DATA.rawValue:
      hasSentPayload = true
      // One for the stream and one for the connection, and as many for a peer that splits frames.
      explainWindowUpdates(4)
      if header.flags & 1 != 0 { tell { $0.sentEnd(of: header.stream_id) } }
    case NGHTTP2_RST_STREAM.rawValue:
      sentReset(HTTP2ErrorCode(rawValue: pointer.pointee.rst_stream.error_code))
    case NGHTTP2_GOAWAY.rawValue: if let counters { HTTP2Counters.add(to: counters.goAwaysSent) }
    default: break
    }
  }

  private func explainWindowUpdates(_ count: Int) {
    explainedWindowUpdates = min(explainedWindowUpdates + count, 1_000_000)
  }

  private func sentReset(_ code: HTTP2ErrorCode) {
    if let counters { HTTP2Counters.add(to: counters.resetsSent) }
    guard role == .server else { return }
    switch code {
    // What nghttp2 resets because the peer did something wrong: MadeYouReset.
    case .protocolError, .flowControlError, .streamClosed, .frameSizeError:
      if !faults.take() { condemn("too many stream errors") }
    case .refusedStream: countReset()
    default: break
    }
  }

  private func resetReceived() {
    if explainedResets > 0 { explainedResets -= 1 } else { countReset() }
  }

  /// A stream was answered to its end.
  func answered() { if answersForgiveResets { resets.giveBack() } }

  /// We ended a stream before the peer did. gRPC's clients reset theirs then, and that is no impatience: such a call
  /// was answered. The reset comes before the next stream in its place, so there are no more of them under
  /// way than streams may be open.
  func explainReset() { explainedResets = min(explainedResets + 1, maximumConcurrentStreams) }

  /// A stream that was opened in vain: reset by the peer, or refused.
  private func countReset() {
    if !resets.take() { condemn("too many resets") }
  }

  func countControlFrame() {
    if !controlFrames.take() { condemn("too many control frames") }
  }

}
