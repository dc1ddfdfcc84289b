import Handling
import NIOHTTP1
import Protobuf
import RPC
import WellKnown

/// `google.api.HttpBody` as an HTTP answer: raw bytes with a type of their own, always as a download in a sandbox, with
/// ranges and validators where the method knows them.
enum HTTPBodyAnswer {
  static let type = GoogleApi.HttpBody.descriptor

  /// What a request says about ranges and validators, for the method.
  static func options(
    for request: Request, _ options: CallOptions = CallOptions()
  ) throws -> CallOptions {
    var options = options
    if request.method == .HEAD { try options.metadata.set(DownloadMetadata.method, "HEAD") }
    guard request.isSafe else { return options }
    for (header, key) in conditions {
      let value = request.headers[header].joined(separator: ",")
      guard !value.isEmpty else { continue }
      do { try options.metadata.set(key, value) } catch {
        throw Problem(.badRequest, .invalidArgument, "\(header) has characters it may not have")
      }
    }
    return options
  }

  private static let conditions = [
    ("range", DownloadMetadata.range), ("if-range", DownloadMetadata.ifRange),
    ("if-none-match", DownloadMetadata.ifNoneMatch),
  ]

  /// The answer of a method that gives all at once.
  static func response(_ answer: UnaryResponse<[UInt8]>) throws -> Response {
    let data = try type.bytes(ofField: "data", fromSerialized: answer.message)
    return try response(answer.initialMetadata, first: answer.message, body: .bytes(data))
  }

  /// The answer of a method that gives the bytes in pieces; they are passed on as the peer takes them.
  static func response(
    of method: Method, _ message: [UInt8], to request: Request, by caller: any Caller,
    _ options: CallOptions = CallOptions()
  ) async throws -> Response {
    let call = try await OpenCall(method, try Self.options(for: request, options), on: caller)
    try await call.send(message)
    let (metadata, first) = try await call.working {
      var iterator = call.responses.makeAsyncIterator()
      let first = try await iterator.next()
      return (try await call.responses.initialMetadata(), first)
    }
    let length = metadata[DownloadMetadata.length].flatMap(Int.init)
    return try response(
      metadata, first: first ?? [],
      body: .stream(length: length) { writer in
        try await call.working {
          if let first {
            try await writer.write(try type.bytes(ofField: "data", fromSerialized: first))
          }
          for try await piece in call.responses {
            try await writer.write(try type.bytes(ofField: "data", fromSerialized: piece))
          }
        }
        call.end()
      })
  }

  private static func response(
    _ metadata: Metadata, first: [UInt8], body: Response.Body
  ) throws -> Response {
    let declared = try type.bytes(ofField: "content_type", fromSerialized: first)
    let name = metadata[binary: DownloadMetadata.fileName].map {
      String(decoding: $0, as: UTF8.self)
    }
    var response = Response.attachment(
      body, fileName: name ?? "download",
      type: contentType(String(decoding: declared, as: UTF8.self)))
    if let etag = metadata[DownloadMetadata.etag] {
      response.headers.add(name: "etag", value: etag)
      response.headers.add(name: "accept-ranges", value: "bytes")
    }
    switch metadata[DownloadMetadata.status] {
    case "206":
      response.status = .partialContent
      if let range = metadata[DownloadMetadata.contentRange] {
        response.headers.add(name: "content-range", value: range)
      }
    case "304":
      response.status = .notModified
      response.headers.remove(name: "content-type")
      response.headers.remove(name: "content-disposition")
      response.body = .empty
    default: break
    }
    return response
  }

  /// The type that the method gives, if it can stand in a header.
  private static func contentType(_ declared: String) -> String {
    let isFit =
      !declared.isEmpty && declared.utf8.count <= 256
      && declared.utf8.allSatisfy { (0x20...0x7E).contains($0) } && declared.contains("/")
    return isFit ? declared : "application/octet-stream"
  }
}
