import HTTP2

extension Status {
  /// The trailer fields of this status.
  func appendFields(to fields: inout HeaderFields) {
    let status = boundedForWire
    fields.append("grpc-status", String(code.rawValue))
    if !status.message.isEmpty {
      fields.append("grpc-message", PercentEncoding.encode(status.message))
    }
    if !status.details.isEmpty {
      fields.append("grpc-status-details-bin", Base64.encode(StatusDetails.encode(status)))
    }
  }

  /// The same as names and values, for protocols that carry them elsewhere than in trailers.
  package var fields: [(name: String, value: String)] {
    var fields = HeaderFields()
    appendFields(to: &fields)
    return (0..<fields.count).map { (fields.name(at: $0), fields.value(at: $0)) }
  }

  /// Most bytes of a message, and of all details, that go out: peers take 8 to 16 KiB of header list, and an answer over that
  /// is worth less than one that says less.
  static let messageLimit = 2048
  static let detailsLimit = 6144

  private var boundedForWire: Status {
    let size = details.reduce(0) { $0 + $1.typeName.utf8.count + $1.value.count }
    guard message.utf8.count > Self.messageLimit || size > Self.detailsLimit else { return self }
    var bounded = self
    if size > Self.detailsLimit { bounded.details = [] }
    var count = 0
    bounded.message = String(
      message.prefix { character in
        count += character.utf8.count
        return count <= Self.messageLimit
      })
    return bounded
  }

  /// What the trailers say; nil when they have no `grpc-status`.
  init?(fields: HeaderFields) {
    guard let text = fields["grpc-status"] else { return nil }
    // Two that differ contradict each other, and a success must be certain.
    let isClear = fields.hasOne("grpc-status")
    let code = (isClear ? Code(text: text) : nil) ?? .unknown
    let message = fields["grpc-message"].map(PercentEncoding.decode) ?? ""
    let details = fields.bytes("grpc-status-details-bin").flatMap { Base64.decode($0) }
    self.init(code, message, details: details.flatMap(StatusDetails.decode) ?? [])
  }

  /// An error that calls itself OK is a mistake of the program, and no success.
  private var asFailure: Status {
    guard code == .ok else { return self }
    return Status(.internal, "internal error", because: "the handler threw OK: \(message)")
  }

  /// The status of an answer that has none, from its HTTP status.
  init(httpStatus: String) {
    let code: Code
    switch httpStatus {
    case "400": code = .internal
    case "401": code = .unauthenticated
    case "403": code = .permissionDenied
    case "404": code = .unimplemented
    case "431": code = .resourceExhausted
    case "429", "502", "503", "504": code = .unavailable
    default: code = .unknown
    }
    self.init(code, "the server answered with HTTP status \(httpStatus)")
  }

  /// The status of an attempt whose stream ended before its answer did.
  ///
  /// - Parameters:
  ///   - isDraining: the server had announced the end of the connection; a reset without an error then belongs to that
  ///     and is no fault.
  ///   - deadline: a server that gives up because the deadline has passed may be faster than our own timer.
  init(closure: StreamClosure, isDraining: Bool = false, deadline: Deadline? = nil) {
    switch closure {
    case .finished: self.init(.internal, "the server ended the call without a status")
    case .connectionLost: self.init(.unavailable, "the connection was lost")
    case .reset(.noError) where isDraining: self.init(.unavailable, "the server is going away")
    case .reset(.cancel) where deadline?.hasPassed == true: self = ClientCall.expired
    case .reset(let error):
      self.init(Code(reset: error), "the server reset the call: \(error)")
    }
  }

  /// What a handler's error means to the caller. Anything that is no status says nothing about itself.
  init(thrown error: any Error) {
    switch error {
    case let status as Status: self = status.asFailure
    case let error as any StatusConvertible: self = error.status.asFailure
    case is CancellationError: self.init(.cancelled, "the call was cancelled")
    default: self.init(.unknown, "internal error", because: String(describing: error))
    }
  }
}

extension Status.Code {
  /// The digits of a `grpc-status`; nil for anything else and for a code that does not exist.
  init?(text: String) {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
      text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0")
    else { return nil }
    self.init(rawValue: number)
  }

  /// What a RST_STREAM code means.
  init(reset error: HTTP2ErrorCode) {
    switch error {
    case .refusedStream: self = .unavailable
    case .cancel: self = .cancelled
    case .enhanceYourCalm: self = .resourceExhausted
    case .inadequateSecurity: self = .permissionDenied
    case _ where error.rawValue > HTTP2ErrorCode.http11Required.rawValue: self = .unknown
    default: self = .internal
    }
  }
}
