import PorticoAPI
import RPC
import WellKnown

extension InteropCase {
  static let endings = [
    InteropCase("cancel_after_begin", "a call cancelled before it has sent a message") { stage in
      // So that there is a connection, and the headers of the call go out before it is cancelled.
      _ = try await stage.client.emptyCall(.init(), stage.options)
      return try await expect(.cancelled, of: "the call") {
        try await inTask {
          try await stage.channel.stream(Methods.Test.streamingInputCall, stage.options) {
            cancelThisTask()
            for try await _ in $1 {}
          }
        }
      }
    },
    InteropCase("cancel_after_first_response", "a call cancelled in the middle") { stage in
      try await expect(.cancelled, of: "the call") {
        try await inTask {
          try await stage.client.fullDuplexCall(stage.options) { writer, responses in
            try await writer.write(Wanted.streamed(size: 31415, payload: 27182))
            var iterator = responses.makeAsyncIterator()
            let first = try await iterator.next()
            try Wanted.check(first?.payload, size: 31415)
            cancelThisTask()
            let second = try await iterator.next()
            try require(second == nil, "a response came after the call was cancelled")
          }
        }
      }
    },
    InteropCase("timeout_on_sleeping_server", "a deadline of 1 ms, and a server that waits") {
      stage in
      try await expect(.deadlineExceeded, of: "the call") {
        let options = CallOptions().timeout(.milliseconds(1))
        try await stage.client.fullDuplexCall(options) { writer, responses in
          try await writer.write(.init(payload: .init(body: Payloads.zeros(27182))))
          for try await _ in responses {}
        }
      }
    },
  ]

  /// Runs `body` in a task of its own, which it ends by `cancelThisTask`.
  private static func inTask(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await Task { try await body() }.value
  }

  private static func cancelThisTask() { withUnsafeCurrentTask { $0?.cancel() } }
}
