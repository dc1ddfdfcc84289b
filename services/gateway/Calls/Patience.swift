import RPC

extension Method {
  /// Longest time that a call may take, whatever its client says. The services have the rights that a stream began
  /// with; when those change it is ended before (`SessionReview`).
  var patience: Duration {
    switch streaming {
    case .unary: .seconds(10)
    case .clientStreaming, .serverStreaming, .bidirectional: .seconds(600)
    }
  }
}
