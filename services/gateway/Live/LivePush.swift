import NIOCore

/// An answer that goes on and is written from outside: no task waits for what it has to say. Everything here belongs to
/// the connection's event loop.
protocol LivePush: AnyObject, Sendable {
  var eventLoop: any EventLoop { get }
  /// Hands bytes to the transport. False when the peer is gone, or does not take what it was sent before: then the
  /// answer has ended, and `onClose` is called.
  @discardableResult
  func write(_ frame: LiveFrame) -> Bool
  /// Ends the answer cleanly.
  func finish()
  /// Called once, when the peer is gone; at once when it is already.
  func onClose(_ body: @escaping @Sendable () -> Void)
}

/// Some lines of an event stream, made once and sent to many.
struct LiveFrame: Sendable {
  let bytes: ByteBuffer
  /// The same with the chunk's size around it, as HTTP/1.1 wants it.
  let chunk: ByteBuffer

  init(_ text: String) {
    bytes = ByteBuffer(string: text)
    chunk = ByteBuffer(string: "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
  }

  /// - Parameters:
  ///   - event: the name that a page listens to.
  ///   - data: one line of words without spaces of their own.
  ///   - id: the cursor that the browser repeats when it comes back.
  init(event: String, data: String = "", id: String? = nil, retry: Duration? = nil) {
    var text = ""
    if let retry { text += "retry: \(retry.wholeMicroseconds / 1000)\n" }
    if let id { text += "id: \(id)\n" }
    text += "event: \(event)\ndata: \(data)\n\n"
    self.init(text)
  }
}
