import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

/// Tasks run one call after the other; none of them may notice.
@Suite(.timeLimit(.minutes(2))) struct HandlerTasksTests {
  @TaskLocal private static var mark: String?

  private actor Elsewhere {
    var visits = 0
    func visit() { visits += 1 }
  }

  private func withChannel(
    _ service: EchoStreams, _ body: (StreamsClient) async throws -> Void
  ) async throws {
    let server = Server(services: [service])
    let channel = try Channel("127.0.0.1:\(try await port(of: server))")
    try await body(StreamsClient(channel))
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }

  @Test(
    "R-019 R-061 every call has its own call, task-locals and cancellation, however they interleave"
  )
  func isolation() async throws {
    let service = EchoStreams(onUnary: { request, call in
      guard Call.current === call, Self.mark == nil, !Task.isCancelled else {
        throw Status(.dataLoss, "of another call")
      }
      return try await Self.$mark.withValue(request.text) {
        for _ in 0..<3 {
          await Task.yield()
          guard Call.current === call, Self.mark == request.text else {
            throw Status(.dataLoss, "of another call")
          }
        }
        if request.text == "wait" { try await Task.sleep(for: .seconds(600)) }
        return request
      }
    })
    try await withChannel(service) { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 {
          group.addTask {
            if index.isMultiple(of: 4) {
              let options = CallOptions(deadline: .after(.milliseconds(5)))
              let status = await status { _ = try await client.unary(Node(text: "wait"), options) }
              #expect(status.code == .deadlineExceeded)
            } else {
              for round in 0..<25 {
                let text = "\(index).\(round)"
                let answer = try await client.unary(Node(text: text))
                #expect(answer.text == text)
              }
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("a handler that visits an actor goes on on its connection's event loop")
  func hops() async throws {
    let actor = Elsewhere()
    let loops = Mutex<[Bool]>([])
    let service = EchoStreams(onUnary: { request, _ in
      let before = MultiThreadedEventLoopGroup.currentEventLoop
      await actor.visit()
      let after = MultiThreadedEventLoopGroup.currentEventLoop
      loops.withLock { $0.append(before != nil && before === after) }
      return request
    })
    try await withChannel(service) { client in
      for _ in 0..<20 { _ = try await client.unary(Node(text: "x")) }
    }
    #expect(loops.withLock { $0 } == [Bool](repeating: true, count: 20))
    let visits = await actor.visits
    #expect(visits == 20)
  }

  @Test("R-028 a handler that only yields keeps nobody from the event loop")
  func yielding() async throws {
    let started = Signal()
    let isOver = Mutex(false)
    let service = EchoStreams(onUnary: { request, _ in
      guard request.text == "spin" else { return request }
      started.set()
      // Where a call beside it fails the test ends, and so must this.
      while !isOver.withLock({ $0 }), !Task.isCancelled { await Task.yield() }
      return request
    })
    try await withChannel(service) { client in
      async let spinning = client.unary(Node(text: "spin"))
      await started.wait()
      for _ in 0..<50 {
        let answer = try await client.unary(Node(text: "x"))
        #expect(answer.text == "x")
      }
      isOver.withLock { $0 = true }
      let last = try await spinning
      #expect(last.text == "spin")
    }
  }
}
