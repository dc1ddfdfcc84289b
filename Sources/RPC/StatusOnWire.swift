import HTTP2

extension Status {
  /// The trailer fields of this status.
  func appendFields(to fields: inout HeaderFields) {
    fields.append("grpc-status", String(code.rawValue))
    if !message.isEmpty { fields.append("grpc-message", PercentEncoding.encode(message)) }
    if !details.isEmpty, let bytes = StatusDetails.encode(self) {
      fields.append("grpc-status-details-bin", Base64.encode(bytes))
    }
  }

  /// What the trailers say; nil when they have no `grpc-status`.
  init?(fields: HeaderFields) {
    guard let text = fields["grpc-status"] else { return nil }
    let code = Int(text).flatMap(Code.init(rawValue:)) ?? .unknown
    let message = fields["grpc-message"].map(PercentEncoding.decode) ?? ""
    let details = fields.bytes("grpc-status-details-bin").flatMap { Base64.decode($0) }
    self.init(code, message, details: details.flatMap(StatusDetails.decode) ?? [])
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

  /// The status of a call whose stream ended before its answer did.
  init(closure: StreamClosure) {
    switch closure {
    case .finished: self.init(.internal, "the server ended the call without a status")
    case .connectionLost: self.init(.unavailable, "the connection was lost")
    case .reset(let error):
      let code: Code
      switch error {
      case .refusedStream: code = .unavailable
      case .cancel: code = .cancelled
      case .enhanceYourCalm: code = .resourceExhausted
      case .inadequateSecurity: code = .permissionDenied
      default: code = .internal
      }
      self.init(code, "the server reset the call: \(error)")
    }
  }

  /// What a handler's error means to the caller. Anything that is no status says nothing about itself.
  init(thrown error: any Error) {
    switch error {
    case let status as Status: self = status
    case let error as any StatusConvertible: self = error.status
    case is CancellationError: self.init(.cancelled, "the call was cancelled")
    default: self.init(.unknown, "internal error", because: String(describing: error))
    }
  }
}
