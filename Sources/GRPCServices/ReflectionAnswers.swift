import RPC
import WellKnown

/// The answers on one stream of reflection: a file goes over it once, unless it is asked for again by name.
struct ReflectionAnswers {
  typealias Request = GrpcReflection.ServerReflectionRequest
  typealias Response = GrpcReflection.ServerReflectionResponse

  let index: ReflectionIndex
  private var sent: Set<String> = []

  init(_ index: ReflectionIndex) { self.index = index }

  /// What cannot be found is told in the response: the stream goes on.
  mutating func answer(_ request: Request) -> Response {
    Response(
      validHost: request.host, originalRequest: request,
      messageResponse: answer(request.messageRequest))
  }

  private mutating func answer(_ question: Request.MessageRequest?) -> Response.MessageResponse {
    switch question {
    case .fileByFilename(let path):
      return answer(index.file(path), orLacking: "file \(path)")
    case .fileContainingSymbol(let name):
      return answer(index.file(declaring: name), orLacking: "symbol \(name)")
    case .fileContainingExtension(let wanted):
      let (type, number) = (wanted.containingType, wanted.extensionNumber)
      return answer(
        index.file(extending: type, number: number), orLacking: "extension \(number) of \(type)")
    case .allExtensionNumbersOfType(let type):
      guard let numbers = index.extensionNumbers(of: type) else {
        return error(.notFound, "no message \(type)")
      }
      return .allExtensionNumbersResponse(.init(baseTypeName: type, extensionNumber: numbers))
    case .listServices:
      return .listServicesResponse(.init(service: index.services.map { .init(name: $0) }))
    case nil:
      return error(.invalidArgument, "the request asks nothing that this server knows")
    }
  }

  private mutating func answer(
    _ file: DescribedFile?, orLacking name: String
  ) -> Response.MessageResponse {
    guard let file else { return error(.notFound, "no \(name)") }
    return .fileDescriptorResponse(.init(fileDescriptorProto: withImports(file)))
  }

  /// The file, then of all that it needs what this stream has not had yet.
  private mutating func withImports(_ file: DescribedFile) -> [[UInt8]] {
    var bytes = [file.serialized]
    sent.insert(file.path)
    var pending = file.dependencies
    var seen = Set([file.path])
    while let path = pending.popLast() {
      guard seen.insert(path).inserted, let next = index.file(path) else { continue }
      if sent.insert(path).inserted { bytes.append(next.serialized) }
      pending += next.dependencies
    }
    return bytes
  }

  private func error(_ code: Status.Code, _ message: String) -> Response.MessageResponse {
    .errorResponse(.init(errorCode: Int32(code.rawValue), errorMessage: message))
  }
}
