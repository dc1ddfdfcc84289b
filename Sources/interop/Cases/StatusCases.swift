import PorticoAPI
import RPC
import WellKnown

extension InteropCase {
  static let metadata = [
    InteropCase("custom_metadata", "text and bytes come back with headers and status") { stage in
      var options = stage.options
      try options.metadata.append(EchoedMetadata.initial, initialValue)
      try options.metadata.append(EchoedMetadata.trailing, binary: trailingValue)
      let unary: UnaryResponse<GrpcTesting.SimpleResponse> = try await stage.channel.unaryResponse(
        Methods.Test.unaryCall, Wanted.large, options)
      try Wanted.check(unary.message)
      try check(unary.initialMetadata, unary.trailingMetadata, of: "UnaryCall")
      try await stage.client.fullDuplexCall(options) { writer, responses in
        try await writer.write(Wanted.streamed(size: 314_159, payload: 271_828))
        try await writer.finish()
        let initial = try await responses.initialMetadata()
        try await Wanted.check(responses, sizes: [314_159])
        try check(initial, responses.trailingMetadata, of: "FullDuplexCall")
      }
      return .success
    }
  ]

  private static let initialValue = "test_initial_metadata_value"
  private static let trailingValue: [UInt8] = [0xAB, 0xAB, 0xAB]

  private static func check(_ initial: Metadata, _ trailing: Metadata, of name: String) throws {
    let first = initial.values(EchoedMetadata.initial)
    try require(first == [initialValue], "\(name): the headers have \(first)")
    let last = trailing.values(binary: EchoedMetadata.trailing)
    try require(last == [trailingValue], "\(name): the status has \(last)")
  }

  static let statuses = [
    InteropCase("status_code_and_message", "a status comes back as it was sent") { stage in
      let wanted = GrpcTesting.EchoStatus(code: 2, message: "test status message")
      _ = try await unary(wanted, stage)
      let status = try await expect(.unknown, of: "FullDuplexCall") {
        try await stage.client.fullDuplexCall(stage.options) { writer, responses in
          try await writer.write(.init(responseStatus: wanted))
          try await writer.finish()
          for try await _ in responses {}
        }
      }
      return try same(status, wanted)
    },
    InteropCase("special_status_message", "so does one with white space and Unicode") { stage in
      let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
      return try await unary(.init(code: 2, message: message), stage)
    },
    InteropCase("unimplemented_method", "a method that the service lacks") { stage in
      try await expect(.unimplemented, of: "the call") {
        _ = try await stage.client.unimplementedCall(.init(), stage.options)
      }
    },
    InteropCase("unimplemented_service", "a service that the server lacks") { stage in
      try await expect(.unimplemented, of: "the call") {
        _ = try await UnimplementedClient(stage.channel).unimplementedCall(.init(), stage.options)
      }
    },
  ]

  private static func unary(
    _ wanted: GrpcTesting.EchoStatus, _ stage: CaseStage
  ) async throws -> Status {
    let status = try await expect(.unknown, of: "UnaryCall") {
      _ = try await stage.client.unaryCall(.init(responseStatus: wanted), stage.options)
    }
    return try same(status, wanted)
  }

  private static func same(
    _ status: Status, _ wanted: GrpcTesting.EchoStatus
  ) throws -> Status {
    guard status.message.utf8.elementsEqual(wanted.message.utf8) else {
      throw NotHeld(status: status, reason: "the message is not the one that was sent")
    }
    return status
  }
}
