import PorticoAPI
import RPC
import WellKnown

/// Asks any server what it offers, by reflection v1, or v1alpha where that is all it has.
public struct ReflectionClient: Sendable {
  private typealias Request = GrpcReflection.ServerReflectionRequest
  private typealias Response = GrpcReflection.ServerReflectionResponse

  /// Bytes of descriptors taken from one server.
  private static let mostBytes = 64 << 20

  private let caller: any Caller
  private var options: CallOptions

  public init(_ caller: any Caller, _ options: CallOptions = .init()) {
    self.caller = caller
    self.options = options
    self.options.maximumResponseBytes = Self.mostBytes
  }

  /// Full names of its services, sorted. Throws UNIMPLEMENTED where there is no reflection.
  public func services() async throws -> [String] {
    guard case .listServicesResponse(let list) = try await ask([.listServices("*")]).first else {
      throw Self.wrongAnswer
    }
    return list.service.map(\.name).sorted()
  }

  /// The serialized files that declare `symbol`, which is a full name, and all that they import. Throws NOT_FOUND
  /// when the server does not know it.
  public func files(declaring symbol: String) async throws -> [[UInt8]] {
    var files: [String: DescribedFile] = [:]
    var questions = [Request.MessageRequest.fileContainingSymbol(symbol)]
    var bytes = 0
    while !questions.isEmpty {
      let known = files.count
      for answer in try await ask(questions) {
        for file in try Self.files(answer) where files.updateValue(file, forKey: file.path) == nil {
          bytes += file.serialized.count
        }
      }
      guard bytes <= Self.mostBytes else {
        throw Status(
          .resourceExhausted, "the server's descriptors have over \(Self.mostBytes) bytes")
      }
      guard files.count > known else { throw Self.wrongAnswer }
      // Most servers send what a file imports along with it; some leave that to be asked for.
      let missing = Set(files.values.flatMap(\.dependencies)).subtracting(files.keys)
      questions = missing.sorted().map { .fileByFilename($0) }
    }
    return files.values.sorted { $0.path < $1.path }.map(\.serialized)
  }

  private static func files(_ answer: Response.MessageResponse) throws -> [DescribedFile] {
    guard case .fileDescriptorResponse(let response) = answer else { throw wrongAnswer }
    return try response.fileDescriptorProto.map { bytes in
      guard let file = DescribedFile(serialized: bytes) else { throw wrongAnswer }
      return file
    }
  }

  private static let wrongAnswer = Status(
    .internal, "the server's reflection answers something else")

  private func ask(_ questions: [Request.MessageRequest]) async throws -> [Response.MessageResponse]
  {
    do {
      return try await ask(questions, Methods.ServerReflection.serverReflectionInfo)
    } catch let status as Status where status.code == .unimplemented {
      return try await ask(questions, Methods.ServerReflectionV1alpha.serverReflectionInfo)
    }
  }

  /// One answer for each question. The messages of both versions are the same on the wire.
  private func ask(
    _ questions: [Request.MessageRequest], _ method: Method
  ) async throws -> [Response.MessageResponse] {
    try await caller.bidirectional(method, options) {
      (requests: RequestWriter<Request>, responses: ResponseStream<Response>) in
      var iterator = responses.makeAsyncIterator()
      var answers: [Response.MessageResponse] = []
      for question in questions {
        try await requests.write(Request(messageRequest: question))
        guard let answer = try await iterator.next()?.messageResponse else {
          throw Self.wrongAnswer
        }
        if case .errorResponse(let error) = answer {
          throw Status(
            Status.Code(rawValue: Int(error.errorCode)) ?? .unknown, error.errorMessage)
        }
        answers.append(answer)
      }
      try await requests.finish()
      return answers
    }
  }
}
