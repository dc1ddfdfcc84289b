import PorticoAPI
import RPC
import WellKnown

extension InteropCase {
  static let unaryCompression = [
    InteropCase("client_compressed_unary", "the client compresses a message, or does not") {
      stage in
      _ = try await expect(.invalidArgument, of: "the uncompressed probe") {
        _ = try await stage.client.unaryCall(large(expectCompressed: true), stage.options)
      }
      for compressed in [true, false] {
        var options = stage.options
        options.compression = compressed ? .gzip : .identity
        try Wanted.check(
          try await stage.client.unaryCall(large(expectCompressed: compressed), options))
      }
      return .success
    },
    InteropCase("server_compressed_unary", "the server compresses a message, or does not") {
      stage in
      for compressed in [true, false] {
        var request = Wanted.large
        request.responseCompressed = .init(value: compressed)
        let response: UnaryResponse<GrpcTesting.SimpleResponse> =
          try await stage.channel.unaryResponse(Methods.Test.unaryCall, request, stage.options)
        try Wanted.check(response.message)
        try check(response.wasCompressed, wanted: compressed)
      }
      return .success
    },
  ]

  static let streamCompression = [
    InteropCase("client_compressed_streaming", "one request compressed, the next one not") {
      stage in
      _ = try await expect(.invalidArgument, of: "the uncompressed probe") {
        _ = try await stage.client.streamingInputCall(stage.options) {
          try await $0.write(part(27182, expectCompressed: true))
        }
      }
      var options = stage.options
      options.compression = .gzip
      let response = try await stage.client.streamingInputCall(options) {
        try await $0.write(part(27182, expectCompressed: true))
        try await $0.write(part(45904, expectCompressed: false), compressed: false)
      }
      let size = response.aggregatedPayloadSize
      try require(size == 73086, "the server counted \(size) bytes instead of 73086")
      return .success
    },
    InteropCase("server_compressed_streaming", "one response compressed, the next one not") {
      stage in
      let wanted = [(size: 31415, compressed: true), (size: 92653, compressed: false)]
      let request = GrpcTesting.StreamingOutputCallRequest(
        responseParameters: wanted.map {
          .init(size: Int32($0.size), compressed: .init(value: $0.compressed))
        })
      try await stage.client.streamingOutputCall(request, stage.options) { responses in
        var iterator = responses.makeAsyncIterator()
        for next in wanted {
          let response = try await iterator.next()
          try require(response != nil, "the responses ended too early")
          try Wanted.check(response?.payload, size: next.size)
          try check(responses.wasCompressed, wanted: next.compressed)
        }
        let extra = try await iterator.next()
        try require(extra == nil, "more than two responses")
      }
      return .success
    },
  ]

  private static func large(expectCompressed: Bool) -> GrpcTesting.SimpleRequest {
    var request = Wanted.large
    request.expectCompressed = .init(value: expectCompressed)
    return request
  }

  private static func part(
    _ size: Int, expectCompressed: Bool
  ) -> GrpcTesting.StreamingInputCallRequest {
    .init(
      payload: .init(body: Payloads.zeros(size)), expectCompressed: .init(value: expectCompressed))
  }

  private static func check(_ compressed: Bool, wanted: Bool) throws {
    try require(
      compressed == wanted,
      wanted
        ? "a message is not compressed that must be" : "a message is compressed that must not be"
    )
  }
}
