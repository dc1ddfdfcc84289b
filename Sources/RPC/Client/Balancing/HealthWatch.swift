import HTTP2
import NIOCore
import Protobuf
import WellKnown

/// Asks the server at the other end of one connection how a service of its is (R-077, gRFC A17), for as long as
/// the connection stands. On the channel's event loop.
final class HealthWatch: HTTP2StreamDelegate, @unchecked Sendable {
  enum Answer {
    case healthy
    case unhealthy(String)
  }

  let service: String
  let connection: HTTP2Connection
  private let authority: String
  private let userAgent: String
  private let scheme: String
  private var backoff: ConnectionBackoff
  private var hear: ((Answer) -> Void)?
  private var inbox = HealthWatch.newInbox()
  private var stream: HTTP2Stream?
  private var timer: Scheduled<Void>?
  private var headers: HeaderFields?
  private var trailers: HeaderFields?
  private var hasAnswered = false
  private static let path = "/grpc.health.v1.Health/Watch"

  init(
    _ service: String, _ connection: HTTP2Connection, _ configuration: ChannelConfiguration,
    authority: String, _ hear: @escaping (Answer) -> Void
  ) {
    self.service = service
    self.connection = connection
    self.authority = authority
    userAgent = configuration.userAgent
    scheme = configuration.tls == nil ? "http" : "https"
    backoff = ConnectionBackoff(configuration)
    self.hear = hear
  }

  private static func newInbox() -> Inbox { Inbox(limit: 4096) }

  func start() {
    guard hear != nil, !connection.isClosed, !connection.isGoingAway else { return }
    inbox = Self.newInbox()
    headers = nil
    trailers = nil
    hasAnswered = false
    let fields = HeaderFields([
      ":method": "POST", ":scheme": scheme, ":path": Self.path, ":authority": authority,
      "te": "trailers", "content-type": "application/grpc", "user-agent": userAgent,
    ])
    do {
      let request = try GrpcHealth.HealthCheckRequest(service: service).serialized()
      let stream = try connection.open(fields, endStream: false, delegate: self)
      self.stream = stream
      stream.send { Frame.write(request, to: &$0) }
      stream.finish()
    } catch {
      ended("the health check could not be sent: \(error)")
    }
  }

  func stop() {
    hear = nil
    timer?.cancel()
    stream?.reset(.cancel)
    stream = nil
  }

  private func say(_ answer: Answer) { hear?(answer) }

  /// The server stopped answering: not healthy until it says so again.
  private func ended(_ reason: String) {
    guard hear != nil else { return }
    say(.unhealthy(reason))
    if hasAnswered { backoff.reset() }
    timer = connection.eventLoop.scheduleTask(in: backoff.next()) { self.start() }
  }

  func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {
    self.headers = headers
  }

  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    do {
      stream.consume(try inbox.append(bytes))
      while let (message, consumed) = try inbox.take() {
        stream.consume(consumed)
        hasAnswered = true
        let response = try GrpcHealth.HealthCheckResponse(serialized: message)
        say(
          response.status == .serving
            ? .healthy : .unhealthy("the health of \(service) is \(response.status)"))
      }
    } catch {
      stream.reset(.cancel)
    }
  }

  func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields) {
    self.trailers = trailers
  }

  func streamReceivedEnd(_ stream: HTTP2Stream) {}

  private func status(_ closure: StreamClosure) -> Status {
    if let headers, case .failure(let status) = ResponseHead(headers) { return status }
    return Status(fields: trailers ?? headers ?? HeaderFields()) ?? Status(closure: closure)
  }

  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    guard stream === self.stream else { return }
    self.stream = nil
    let status = status(closure)
    // A server without the health service is taken at its word that it serves.
    if status.code == .unimplemented { return say(.healthy) }
    if case .connectionLost = closure { return }
    ended("the health check ended with \(status.code)")
  }
}
