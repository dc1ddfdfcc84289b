import RPC

extension Method {
  /// Longest time that a call may take, whatever its client says. A stream lives on the rights that its first moment
  /// had, so it ends after some minutes: the next one is judged anew.
  var patience: Duration {
    switch streaming {
    case .unary: .seconds(10)
    case .clientStreaming, .serverStreaming, .bidirectional: .seconds(600)
    }
  }
}
