import Foundation
import PorticoAPI
import RPC
import WellKnown

/// grpc.testing.TestService, as gRPC's descriptions of its interoperability tests say.
struct TestServer: TestService {
  /// Tells one process from every other.
  private let id = "portico-\(RequestID.make())"

  func emptyCall(
    _ request: GrpcTesting.Empty, _ call: RPC.Call
  ) async throws -> GrpcTesting.Empty {
    try EchoedMetadata.copy(in: call)
    return .init()
  }

  func unaryCall(
    _ request: GrpcTesting.SimpleRequest, _ call: RPC.Call
  ) async throws -> GrpcTesting.SimpleResponse {
    try EchoedMetadata.copy(in: call)
    try Expectation.check(request.expectCompressed, call)
    try EchoedStatus.end(with: request.responseStatus)
    if let compressed = request.responseCompressed { call.compressesResponses = compressed.value }
    return .init(
      payload: try Payloads.zeros(request.responseSize, request.responseType),
      username: request.fillUsername ? call.peer.certificateNames.first ?? "" : "",
      serverID: request.fillServerID ? id : "")
  }

  /// The time in nanoseconds, for a proxy to keep a minute.
  func cacheableUnaryCall(
    _ request: GrpcTesting.SimpleRequest, _ call: RPC.Call
  ) async throws -> GrpcTesting.SimpleResponse {
    try EchoedMetadata.copy(in: call)
    try call.initialMetadata.set("cache-control", "max-age=60, public")
    let time = DispatchTime.now().uptimeNanoseconds
    return .init(payload: .init(body: Array(String(time).utf8)))
  }

  func streamingOutputCall(
    _ request: GrpcTesting.StreamingOutputCallRequest, _ call: RPC.Call,
    _ responses: ResponseWriter<GrpcTesting.StreamingOutputCallResponse>
  ) async throws {
    try EchoedMetadata.copy(in: call)
    call.compressesResponses = Self.compresses(request.responseParameters)
    try await answer(request, responses)
  }

  func streamingInputCall(
    _ requests: RequestStream<GrpcTesting.StreamingInputCallRequest>, _ call: RPC.Call
  ) async throws -> GrpcTesting.StreamingInputCallResponse {
    try EchoedMetadata.copy(in: call)
    var total = 0
    for try await request in requests {
      try Expectation.check(request.expectCompressed, call)
      total += request.payload?.body.count ?? 0
    }
    return .init(aggregatedPayloadSize: Int32(clamping: total))
  }

  /// A later request may ask for compression, so that the headers must allow it from the start.
  func fullDuplexCall(
    _ requests: RequestStream<GrpcTesting.StreamingOutputCallRequest>, _ call: RPC.Call,
    _ responses: ResponseWriter<GrpcTesting.StreamingOutputCallResponse>
  ) async throws {
    try EchoedMetadata.copy(in: call)
    call.compressesResponses = true
    for try await request in requests { try await answer(request, responses) }
  }

  func halfDuplexCall(
    _ requests: RequestStream<GrpcTesting.StreamingOutputCallRequest>, _ call: RPC.Call,
    _ responses: ResponseWriter<GrpcTesting.StreamingOutputCallResponse>
  ) async throws {
    try EchoedMetadata.copy(in: call)
    call.compressesResponses = true
    var pending: [GrpcTesting.StreamingOutputCallRequest] = []
    var kept = 0
    for try await var request in requests {
      kept += 1 + request.responseParameters.count
      guard kept <= Self.mostKept else {
        throw Status(.resourceExhausted, "more than \(Self.mostKept) requests and parameters")
      }
      request.payload = nil
      pending.append(request)
    }
    for request in pending { try await answer(request, responses) }
  }

  func unimplementedCall(
    _ request: GrpcTesting.Empty, _ call: RPC.Call
  ) async throws -> GrpcTesting.Empty {
    throw Status(.unimplemented, "no server implements this method")
  }

  /// Requests and response parameters that a half-duplex call keeps until its client has sent all.
  private static let mostKept = 10_000

  private static func compresses(_ parameters: [GrpcTesting.ResponseParameters]) -> Bool {
    parameters.contains { $0.compressed?.value == true }
  }

  /// The responses one request lists, each after its wait, then the status if it names one.
  private func answer(
    _ request: GrpcTesting.StreamingOutputCallRequest,
    _ responses: ResponseWriter<GrpcTesting.StreamingOutputCallResponse>
  ) async throws {
    for parameters in request.responseParameters {
      if parameters.intervalUs > 0 {
        try await Task.sleep(for: .microseconds(Int(parameters.intervalUs)))
      }
      let payload = try Payloads.zeros(parameters.size, request.responseType)
      try await responses.write(
        .init(payload: payload), compressed: parameters.compressed?.value ?? false)
    }
    try EchoedStatus.end(with: request.responseStatus)
  }
}
