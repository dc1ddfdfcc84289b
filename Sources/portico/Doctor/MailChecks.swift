import Foundation
import NIOCore
import NIOPosix

/// Whether the mail server greets who connects from here.
struct MailChecks {
  private let examination: Examination

  init(_ examination: Examination) { self.examination = examination }

  func findings() async -> [Finding] {
    guard examination.process == "messaging", let host = examination.text("mail.smtp.host"),
      !host.isEmpty
    else { return [] }
    let usual = ["tls": 465, "none": 25][examination.text("mail.smtp.security") ?? ""] ?? 587
    let port = examination.text("mail.smtp.port").flatMap { Int($0) } ?? usual
    guard examination.text("mail.from") != nil else {
      return [.wrong("mail", "mail.from is not set", remedy: "the address that mails come from")]
    }
    return [await Self.answer(of: host, port, isTLS: usual == 465)]
  }

  /// - Parameter isTLS: nothing is said in the clear there; a connection is all that can be seen.
  static func answer(of host: String, _ port: Int, isTLS: Bool) async -> Finding {
    let remedy = "is mail.smtp.host right, does a firewall let this machine out to port \(port)?"
    do {
      let greeting = Greeting()
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(5))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(greeting.handler)
          }
        }
        .connect(host: host, port: port).get()
      let line = isTLS ? "220" : await greeting.line(within: .seconds(5))
      try await channel.close()
      return line?.hasPrefix("220") == true
        ? .fine("mail", "\(host):\(port) answers")
        : .wrong("mail", "\(host):\(port) does not greet as a mail server does", remedy: remedy)
    } catch {
      return .wrong("mail", "\(host):\(port) does not answer", remedy: remedy)
    }
  }
}

/// The first line that a server says by itself.
private final class Greeting: Sendable {
  private let lines: AsyncStream<String>
  private let said: AsyncStream<String>.Continuation

  init() { (lines, said) = AsyncStream.makeStream() }

  var handler: some ChannelInboundHandler { GreetingHandler(said) }

  func line(within limit: Duration) async -> String? {
    let giveUp = Task { [said] in
      do { try await Task.sleep(for: limit) } catch { return }
      said.finish()
    }
    defer { giveUp.cancel() }
    for await line in lines { return line }
    return nil
  }
}

private final class GreetingHandler: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  private let said: AsyncStream<String>.Continuation

  init(_ said: AsyncStream<String>.Continuation) { self.said = said }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    said.yield(String(buffer: unwrapInboundIn(data)))
  }

  func channelInactive(context: ChannelHandlerContext) { said.finish() }
}
