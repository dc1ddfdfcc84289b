import HTTP2

/// What the stream of the running attempt says. Events of a stream that was given up are ignored.
extension ClientCall: HTTP2StreamDelegate {
  func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {
    guard stream === self.stream else { return }
    switch ResponseHead(headers) {
    case .failure(let status):
      responseHeaders = headers
      attemptEnded(status, headers)
      stream.reset(.cancel)
    case .trailersOnly:
      // Not an answer yet: as long as nothing follows, it is the status of an attempt that may be repeated.
      responseHeaders = headers
    case .response:
      responseHeaders = headers
      answerBegins(headers)
    }
  }

  private func answerBegins(_ headers: HeaderFields) {
    hasAnswer = true
    commit()
    if let encoding = headers.bytes("grpc-encoding") {
      guard let compression = Compression(named: encoding) else {
        return fail(Status(.internal, "the server answered with an unknown grpc-encoding"))
      }
      if compression == .gzip {
        inbox = Inbox(
          limit: responseLimit,
          decompressor: Decompressor(
            limit: responseLimit, maximumRatio: core.configuration.maximumInflationRatio,
            budget: core.inflation))
      }
    }
    if let observers { observers.received(Metadata(received: headers)) }
    let waiters = headerWaiters
    headerWaiters = []
    for waiter in waiters { answerHeaders(waiter) }
  }

  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    guard stream === self.stream else { return stream.consume(bytes.count) }
    if !hasAnswer {
      answerBegins(responseHeaders ?? HeaderFields())
      if result != nil { return stream.consume(bytes.count) }
    }
    do throws(Status) {
      stream.consume(try inbox.append(bytes))
    } catch {
      stream.consume(bytes.count)
      return fail(error)
    }
    if isUnary {
      if inbox.count > 1 { fail(Status(.internal, "the server answered with two messages")) }
    } else if let reader, reader.isWaiting, inbox.count > 0 {
      self.reader = nil
      read(reader)
    }
  }

  func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields) {
    guard stream === self.stream else { return }
    self.trailers = trailers
  }

  func streamReceivedEnd(_ stream: HTTP2Stream) {
    guard stream === self.stream else { return }
    // After messages only trailers can say how the call ended, whatever the headers said before.
    let fields = endingFields ?? HeaderFields()
    var status = Status(fields: fields) ?? Status(.internal, "the answer has no grpc-status")
    if status.code == .ok, let fault = faultInAnswer() { status = fault }
    attemptEnded(status, fields)
    if !hasFinished { stream.reset(.cancel) }
  }

  /// What is wrong with an answer that the server calls a success.
  private func faultInAnswer() -> Status? {
    if inbox.isInsideMessage { return Status(.internal, "the last message is cut short") }
    guard isUnary else { return nil }
    guard inbox.count == 1 else {
      return Status(.internal, "the server answered OK with \(inbox.count) messages")
    }
    do throws(Status) { try inbox.inflateNext() } catch { return error }
    return nil
  }

  func streamReceivedTooLargeHeaders(_ stream: HTTP2Stream) {
    guard stream === self.stream else { return }
    commit()
    fail(Status(.resourceExhausted, "the server's headers are over the limit"))
  }

  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    guard stream === self.stream else { return }
    attemptClosed(stream, closure)
  }
}

/// What the first header block of an answer says about it.
enum ResponseHead {
  /// gRPC's Response-Headers: the server has begun to answer.
  case response
  /// A block with a status: the whole answer if the stream ends with it.
  case trailersOnly
  /// No gRPC.
  case failure(Status)

  init(_ headers: HeaderFields) {
    guard headers.first(":status", is: "200") else {
      let said = Status(fields: headers)
      let status = said?.code == .ok ? nil : said
      self = .failure(status ?? Status(httpStatus: headers[":status"] ?? ""))
      return
    }
    if headers.firstIndex(of: "grpc-status") != nil {
      self = .trailersOnly
    } else if Self.isGRPC(headers) {
      self = .response
    } else {
      self = .failure(Status(.unknown, "the server did not answer with gRPC"))
    }
  }

  /// `application/grpc`, alone or followed by `+` or `;`.
  private static func isGRPC(_ headers: HeaderFields) -> Bool {
    if headers.first("content-type", is: "application/grpc") { return true }
    let name = "application/grpc".utf8
    guard let type = headers.bytes("content-type"), type.starts(with: name) else { return false }
    guard let next = type.dropFirst(name.count).first else { return true }
    return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
  }
}
