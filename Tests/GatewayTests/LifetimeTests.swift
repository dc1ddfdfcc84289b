import NIOPosix
import TestSupport
import Testing

@testable import Gateway

@Suite("R-164 R-032 requests that outlive something", .timeLimit(.minutes(1)))
struct LifetimeTests {
  private func table(_ route: PageRoute) -> PageTable {
    PageTable(
      routes: [route], stepUp: { _, _ in "" },
      failure: { problem, _, _ in "<p>\(problem.detail)</p>" })
  }

  @Test("R-164 a browser that goes away cancels its handler")
  func gone() async throws {
    let (started, starting) = AsyncStream<Void>.makeStream()
    let (ended, ending) = AsyncStream<Bool>.makeStream()
    let pages = table(
      PageRoute(.GET, "/wait", access: .anyone) { _ in
        starting.yield()
        do { try await Task.sleep(for: .seconds(3600)) } catch {
          ending.yield(error is CancellationError)
          throw error
        }
        return .html("<p>never</p>")
      })
    try await EdgeStage.run(pages: pages) { stage in
      var socket: RawSocket? = try RawSocket(port: stage.port)
      try socket?.send(Array("GET /wait HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n\r\n".utf8))
      for await _ in started { break }
      socket = nil
      for await isCancelled in ended {
        #expect(isCancelled)
        break
      }
    }
  }

  @Test("R-164 a browser that leaves a stream cancels it, though nothing is written any more")
  func goneFromStream() async throws {
    let (ended, ending) = AsyncStream<Bool>.makeStream()
    let pages = table(
      PageRoute(.GET, "/idle", access: .anyone) { _ in
        Response(
          body: .stream(length: nil) { writer in
            try await writer.write(Array("first".utf8))
            do { try await Task.sleep(for: .seconds(3600)) } catch {
              ending.yield(error is CancellationError)
              throw error
            }
          })
      })
    try await EdgeStage.run(pages: pages) { stage in
      var socket: RawSocket? = try RawSocket(port: stage.port)
      try socket?.send(Array("GET /idle HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n\r\n".utf8))
      let text = try await socket?.text(until: "first")
      #expect(text?.contains("first") == true)
      socket = nil
      for await isCancelled in ended {
        #expect(isCancelled)
        break
      }
    }
  }

  @Test("R-032 a stopping gateway lets a running request end, and closes its connection")
  func drain() async throws {
    let page = WaitingPage()
    try await EdgeStage.run(pages: page.table) { stage in
      async let answer = stage.raw("GET /wait HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n\r\n")
      for await _ in page.started { break }
      async let stopped: Void = stage.server.stop()
      while stage.server.isListening { await Task.yield() }
      page.releasing.yield()
      let text = try await answer
      await stopped
      #expect(
        text.hasPrefix("HTTP/1.1 200") && text.contains("connection: close")
          && text.hasSuffix("<p>done</p>"))
    }
  }

  @Test("A peer that does not read gets one answer at a time, and a handler that waits for it")
  func slowReader() async throws {
    let (stuck, stalling) = AsyncStream<Int>.makeStream()
    let piece = [UInt8](repeating: 120, count: 1 << 20)
    let pages = table(
      PageRoute(.GET, "/flood", access: .anyone) { _ in
        Response(
          body: .stream(length: nil) { writer in
            do {
              for index in 0..<256 {
                try await writer.write(piece)
                stalling.yield(index)
              }
            } catch {
              stalling.finish()
              throw error
            }
          })
      })
    var limits = EdgeLimits.testing
    limits.writeTime = .milliseconds(300)
    try await EdgeStage.run(pages: pages, limits: limits) { stage in
      let socket = try RawSocket(port: stage.port)
      try socket.send(Array("GET /flood HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n\r\n".utf8))
      // The kernel takes a few MiB; then the writer stands still until the write limit ends the connection.
      var last = 0
      for await index in stuck { last = index }
      #expect(last < 128)
      #expect(try socket.read().isEmpty == false)
    }
  }
}
