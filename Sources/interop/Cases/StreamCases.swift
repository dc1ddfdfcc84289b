import PorticoAPI
import RPC
import WellKnown

extension InteropCase {
  private static let requestSizes = [27182, 8, 1828, 45904]
  private static let responseSizes: [Int32] = [31415, 9, 2653, 58979]

  static let streams = [
    InteropCase("client_streaming", "four requests, one answer") { stage in
      let response = try await stage.client.streamingInputCall(stage.options) { writer in
        for size in requestSizes {
          try await writer.write(.init(payload: .init(body: Payloads.zeros(size))))
        }
      }
      let size = response.aggregatedPayloadSize
      try require(size == 74922, "the server counted \(size) bytes instead of 74922")
      return .success
    },
    InteropCase("server_streaming", "one request, four responses") { stage in
      let request = GrpcTesting.StreamingOutputCallRequest(
        responseParameters: responseSizes.map { .init(size: $0) })
      try await stage.client.streamingOutputCall(request, stage.options) {
        try await Wanted.check($0, sizes: responseSizes.map(Int.init))
      }
      return .success
    },
    InteropCase("ping_pong", "each request waits for the response before it") { stage in
      try await stage.client.fullDuplexCall(stage.options) { writer, responses in
        var iterator = responses.makeAsyncIterator()
        for (request, response) in zip(requestSizes, responseSizes) {
          try await writer.write(Wanted.streamed(size: response, payload: request))
          let next = try await iterator.next()
          try require(next != nil, "the responses ended too early")
          try Wanted.check(next?.payload, size: Int(response))
        }
        try await writer.finish()
        let extra = try await iterator.next()
        try require(extra == nil, "more than four responses")
      }
      return .success
    },
    InteropCase("empty_stream", "no request and no response") { stage in
      try await stage.client.fullDuplexCall(stage.options) { writer, responses in
        try await writer.finish()
        try await Wanted.check(responses, sizes: [])
      }
      return .success
    },
    InteropCase("half_duplex", "all requests, then all responses") { stage in
      try await stage.client.halfDuplexCall(stage.options) { writer, responses in
        for (request, response) in zip(requestSizes, responseSizes) {
          try await writer.write(Wanted.streamed(size: response, payload: request))
        }
        try await writer.finish()
        try await Wanted.check(responses, sizes: responseSizes.map(Int.init))
      }
      return .success
    },
  ]
}
