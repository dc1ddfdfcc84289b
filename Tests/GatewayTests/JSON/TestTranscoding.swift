import HTTP2
import Handling
import PorticoAPI
import Protobuf
import RPC
import Synchronization
import TestSupport
import WellKnown

@testable import Gateway

/// Answers with what it was asked, so that a test sees what a request became.
final class TestTranscoding: TranscodingService {
  /// What has happened, for tests that wait for it.
  struct Record {
    var began = 0
    var ended: [String] = []
    var counted: Int32 = 0
    var deadlines: [Duration] = []
    var received = 0
    /// What came with each GetParcel.
    var metadata: [Metadata] = []
  }
  let record = Mutex(Record())
  /// What GetParcel answers with, before and behind the message.
  private let answerMetadata: Metadata

  init(answering metadata: Metadata = Metadata()) { answerMetadata = metadata }

  private func began() { record.withLock { $0.began += 1 } }
  private func ended(_ method: String) { record.withLock { $0.ended.append(method) } }

  func getParcel(
    _ request: PorticoTesting.Parcel, _ call: Call
  ) async throws -> PorticoTesting.Parcel {
    if let deadline = call.deadline { record.withLock { $0.deadlines.append(deadline.remaining) } }
    record.withLock { $0.metadata.append(call.metadata) }
    (call.initialMetadata, call.trailingMetadata) = (answerMetadata, answerMetadata)
    if request.name.hasPrefix("shelves/slow/") {
      defer { ended("getParcel") }
      try await Task.sleep(for: .seconds(600))
    }
    return request
  }
  func putParcel(
    _ request: PorticoTesting.Parcel, _ call: Call
  ) async throws -> PorticoTesting.Parcel { request }
  func patchParcel(
    _ request: PorticoTesting.Parcel, _ call: Call
  ) async throws -> PorticoTesting.Parcel { request }
  func deleteParcel(
    _ request: PorticoTesting.Parcel, _ call: Call
  ) async throws -> GoogleProtobuf.Empty { .init() }

  private func failure(_ request: PorticoTesting.FailureRequest) -> Status {
    var details = [Status.Detail.reason("TESTED", domain: "testing", metadata: ["a": "b"])]
    if request.retrySeconds > 0 {
      details.append(.retry(after: .seconds(Int64(request.retrySeconds))))
    }
    return Status(
      Status.Code(rawValue: Int(request.code)) ?? .unknown, request.message, details: details)
  }

  func fail(
    _ request: PorticoTesting.FailureRequest, _ call: Call
  ) async throws -> PorticoTesting.Parcel { throw failure(request) }

  func failLater(
    _ request: PorticoTesting.FailureRequest, _ call: Call,
    _ responses: ResponseWriter<PorticoTesting.CountResponse>
  ) async throws {
    for index in 0..<request.after {
      try await responses.write(.init(cursor: "\(index + 1)", text: "line\nbreak"))
    }
    throw failure(request)
  }

  func count(
    _ request: PorticoTesting.CountRequest, _ call: Call,
    _ responses: ResponseWriter<PorticoTesting.CountResponse>
  ) async throws {
    began()
    defer { ended("count") }
    let start = Int32(request.cursor) ?? 0
    let end = request.count == 0 ? Int32.max : start + request.count
    let text = String(repeating: "x", count: Int(request.size))
    for number in start..<end {
      try await responses.write(.init(cursor: "\(number + 1)", text: text))
      record.withLock { $0.counted = number }
    }
  }

  func collect(
    _ requests: RequestStream<PorticoTesting.Parcel>, _ call: Call
  ) async throws -> PorticoTesting.Parcel {
    began()
    defer { ended("collect") }
    var answer = PorticoTesting.Parcel()
    for try await request in requests {
      answer.number += 1
      answer.tags += request.tags + (request.inner?.tags ?? [])
      if !request.name.isEmpty { answer.name += request.name }
    }
    return answer
  }

  func chat(
    _ requests: RequestStream<PorticoTesting.Parcel>, _ call: Call,
    _ responses: ResponseWriter<PorticoTesting.Parcel>
  ) async throws {
    for try await request in requests { try await responses.write(request) }
  }

  func sendFile(
    _ requests: RequestStream<PorticoTesting.SendFileRequest>, _ call: Call
  ) async throws -> PorticoTesting.SendFileResponse {
    began()
    defer { ended("sendFile") }
    var answer = PorticoTesting.SendFileResponse()
    for try await request in requests {
      if answer.messages == 0 {
        answer.fileName = request.fileName
        answer.labels = request.labels
        answer.contentType = request.file?.contentType ?? ""
        if request.fileName == "refused" { throw Status(.permissionDenied, "not this one") }
      }
      answer.messages += 1
      answer.sizeBytes += Int64(request.file?.data.count ?? 0)
      record.withLock { $0.received += request.file?.data.count ?? 0 }
    }
    return answer
  }

  func sendSmallFile(
    _ request: PorticoTesting.SendFileRequest, _ call: Call
  ) async throws -> PorticoTesting.SendFileResponse {
    .init(
      fileName: request.fileName, contentType: request.file?.contentType ?? "",
      sizeBytes: Int64(request.file?.data.count ?? 0), messages: 1, labels: request.labels)
  }

  func fetchFile(
    _ request: PorticoTesting.FetchFileRequest, _ call: Call,
    _ responses: ResponseWriter<GoogleApi.HttpBody>
  ) async throws {
    guard request.name != "none" else { throw Status(.notFound, "there is no such file") }
    let download = Download(
      size: Int(request.size), contentType: "text/html", fileName: request.name, version: "v1")
    try await download.send(call, responses) { range in
      AsyncStream { continuation in
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1000) {
          let end = min(start + 1000, range.upperBound)
          continuation.yield((start..<end).map { UInt8(truncatingIfNeeded: $0 % 10 + 48) })
        }
        continuation.finish()
      }
    }
  }

  func fetchSmallFile(
    _ request: PorticoTesting.FetchFileRequest, _ call: Call
  ) async throws -> GoogleApi.HttpBody {
    .init(contentType: "image/png", data: [UInt8](repeating: 65, count: Int(request.size)))
  }

  func echoBody(
    _ request: GoogleApi.HttpBody, _ call: Call
  ) async throws -> GoogleApi.HttpBody { request }
}

/// A gateway before the testing service, and one who is signed in.
struct TranscodingStage {
  let edge: EdgeStage
  let service: TestTranscoding
  let headers: [String: String]

  static func run(
    limits: EdgeLimits = .testing, api: APIOptions = APIOptions(), tls: TLSConfiguration? = nil,
    service: TestTranscoding = TestTranscoding(),
    _ body: (TranscodingStage) async throws -> Void
  ) async throws {
    try await EdgeStage.run(
      limits: limits, tls: tls, api: api, serving: ["testing": [service]]
    ) { edge in
      let cookie = "portico=\(edge.identity.open())"
      try await body(
        TranscodingStage(
          edge: edge, service: service,
          headers: ["Cookie": cookie, "Sec-Fetch-Site": "same-origin"]))
    }
  }

  func send(
    _ method: String, _ path: String, _ more: [String: String] = [:], body: String = "",
    type: String = "application/json"
  ) async throws -> Answer {
    var headers = headers
    if !body.isEmpty { headers["Content-Type"] = type }
    return try await edge.send(
      method, path, headers.merging(more) { $1 }, body: body)
  }

  /// Waits until the service has seen something; the suite's time limit guards it.
  func wait(_ isTrue: (TestTranscoding.Record) -> Bool) async throws {
    while !service.record.withLock({ isTrue($0) }) { try await Task.sleep(for: .milliseconds(5)) }
  }
}

extension Answer {
  /// The body of a chunked answer; nil when its last chunk is missing.
  var chunks: String? {
    var rest = body[...]
    var text = ""
    while let line = rest.range(of: "\r\n"), let size = Int(rest[..<line.lowerBound], radix: 16) {
      guard size > 0 else { return text }
      let bytes = Array(rest[line.upperBound...].utf8)
      guard bytes.count >= size + 2 else { return nil }
      text += String(decoding: bytes[..<size], as: UTF8.self)
      rest = String(decoding: bytes[(size + 2)...], as: UTF8.self)[...]
    }
    return nil
  }

  /// What came of a chunked body, whether or not it ended well.
  var pieces: String { Answer.pieces(body) }

  private static func pieces(_ body: String) -> String {
    var rest = body[...]
    var text = ""
    while let line = rest.range(of: "\r\n"), let size = Int(rest[..<line.lowerBound], radix: 16) {
      let bytes = Array(rest[line.upperBound...].utf8)
      text += String(decoding: bytes.prefix(size), as: UTF8.self)
      rest = String(decoding: bytes.dropFirst(size + 2), as: UTF8.self)[...]
    }
    return text
  }
}
