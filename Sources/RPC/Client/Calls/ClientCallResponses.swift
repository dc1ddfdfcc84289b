import HTTP2

/// The answer, as the caller takes it.
extension ClientCall: MessageSource {
  func next() async throws -> [UInt8]? {
    try await LoopWait.run(on: eventLoop, cancellation: Self.cancelled) { self.read($0) }
  }

  func read(_ wait: LoopWait<[UInt8]?>) {
    do throws(Status) {
      if let (message, consumed) = try inbox.take() {
        stream?.consume(consumed)
        if let counters { counters.response(message.count) }
        if inbox.acceptsCompressed {
          publishedCompression.store(inbox.tookCompressed, ordering: .releasing)
        }
        return wait.resume(with: .success(message))
      }
    } catch {
      // The server's OK may have come before the message was taken.
      if result == nil { fail(error) } else { result = error }
      inbox.clear()
      return wait.resume(with: .failure(error))
    }
    if let reader, reader.isWaiting {
      wait.resume(
        with: .failure(Status(.internal, "internal error", because: "two readers")))
    } else {
      reader = wait
      if result != nil { resumeReader() }
    }
  }

  func resumeReader() {
    guard let reader, let result else { return }
    self.reader = nil
    reader.resume(with: result.code == .ok ? .success(nil) : .failure(result))
  }

  func resumeUnary(_ status: Status) {
    guard let waiter = unaryWaiter else { return }
    unaryWaiter = nil
    guard status.code == .ok else { return waiter.resume(with: .failure(status)) }
    do throws(Status) {
      guard inbox.count == 1, let (message, _) = try inbox.take() else {
        throw Status(.internal, "the server answered OK with \(inbox.count) messages")
      }
      var response = UnaryResponse(
        message: message, initialMetadata: initialMetadata,
        trailingMetadata: Metadata(received: endingFields ?? HeaderFields()))
      if let counters { counters.response(message.count) }
      response.wasCompressed = inbox.tookCompressed
      waiter.resume(with: .success(response))
    } catch {
      waiter.resume(with: .failure(error))
    }
  }

  // MARK: metadata

  func initialMetadata() async throws -> Metadata {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop {
        if self.hasAnswer || self.result != nil {
          self.answerHeaders(continuation)
        } else {
          self.headerWaiters.append(continuation)
        }
      }
    }
  }

  func answerHeaders(_ waiter: UnsafeContinuation<Metadata, any Error>) {
    if let result, result.code != .ok, !hasAnswer {
      waiter.resume(throwing: result)
    } else {
      waiter.resume(returning: initialMetadata)
    }
  }

  var initialMetadata: Metadata {
    Metadata(received: (hasAnswer ? responseHeaders : nil) ?? HeaderFields())
  }

  /// The block that the status came in: an answer of one block has no headers, only trailers.
  var endingFields: HeaderFields? { trailers ?? (hasAnswer ? nil : responseHeaders) }

  var tookCompressed: Bool { publishedCompression.load(ordering: .acquiring) }

  var trailingMetadata: Metadata {
    Metadata(received: publishedTrailers.withLock { $0 } ?? HeaderFields())
  }
}

/// Who waits for the one answer of a call.
enum UnaryWaiter {
  case task(UnsafeContinuation<UnaryResponse<[UInt8]>, any Error>)
  case closure(UnaryCompletion)

  func resume(with result: Result<UnaryResponse<[UInt8]>, any Error>) {
    switch self {
    case .task(let continuation): continuation.resume(with: result)
    case .closure(let completion): completion(result)
    }
  }
}
