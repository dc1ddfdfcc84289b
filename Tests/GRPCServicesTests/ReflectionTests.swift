import PorticoAPI
import RPC
import Testing
import WellKnown

@testable import GRPCServices

@Suite("R-034 reflection")
struct ReflectionTests {
  typealias Request = GrpcReflection.ServerReflectionRequest
  typealias Response = GrpcReflection.ServerReflectionResponse

  static let testing = "portico/testing/v1/testing.proto"
  let index = ReflectionIndex(services: ["portico.testing.v1.Nesting", "unknown.Service"])

  /// The paths of the files in an answer; nil when it is not one of files.
  private func paths(_ response: Response) -> [String]? {
    guard case .fileDescriptorResponse(let files) = response.messageResponse else { return nil }
    return files.fileDescriptorProto.map { DescribedFile(serialized: $0)?.path ?? "not a file" }
  }

  private func ask(_ question: Request.MessageRequest) -> Response {
    var answers = ReflectionAnswers(index)
    return answers.answer(Request(host: "here", messageRequest: question))
  }

  private func code(_ response: Response) -> Int32? {
    guard case .errorResponse(let error) = response.messageResponse else { return nil }
    return error.errorCode
  }

  @Test("R-034 the services of the server are listed, with the request and its host")
  func list() {
    let response = ask(.listServices("ignored"))
    #expect(response.validHost == "here")
    #expect(response.originalRequest?.messageRequest == .listServices("ignored"))
    let names = ["portico.testing.v1.Nesting", "unknown.Service"]
    #expect(
      response.messageResponse
        == .listServicesResponse(.init(service: names.map { .init(name: $0) })))
  }

  @Test(
    "R-034 a symbol of any kind finds its file",
    arguments: [
      "portico.testing.v1.Nesting", "portico.testing.v1.Nesting.Echo", "portico.testing.v1.Node",
      "portico.testing.v1.Node.child", "portico.testing.v1.Color", "portico.testing.v1.COLOR_RED",
      "portico.testing.v1.Keywords.Self", "portico.testing.v1.Keywords.SELF_INIT",
      "portico.testing.v1.Choice.second_value",
    ])
  func symbols(name: String) {
    #expect(paths(ask(.fileContainingSymbol(name)))?.first == Self.testing)
  }

  @Test("R-034 an extension is a symbol, and is found by its number")
  func extensions() {
    let access = "portico/access/v1/access.proto"
    #expect(paths(ask(.fileContainingSymbol("portico.access.v1.rule")))?.first == access)
    let wanted = GrpcReflection.ExtensionRequest(
      containingType: "google.protobuf.MethodOptions", extensionNumber: 51210)
    #expect(paths(ask(.fileContainingExtension(wanted)))?.first == access)
    #expect(
      ask(.allExtensionNumbersOfType("google.protobuf.MethodOptions")).messageResponse
        == .allExtensionNumbersResponse(
          .init(baseTypeName: "google.protobuf.MethodOptions", extensionNumber: [51210])))
    #expect(
      ask(.allExtensionNumbersOfType("portico.testing.v1.Node")).messageResponse
        == .allExtensionNumbersResponse(.init(baseTypeName: "portico.testing.v1.Node")))
  }

  @Test(
    "R-034 what is not there is NOT_FOUND",
    arguments: [
      Request.MessageRequest.fileByFilename("nowhere.proto"), .fileContainingSymbol("no.Where"),
      .fileContainingSymbol(""), .fileContainingSymbol("portico.testing.v1"),
      .fileContainingExtension(
        .init(containingType: "portico.testing.v1.Node", extensionNumber: 1)),
      .allExtensionNumbersOfType("no.Where"),
    ])
  func missing(question: Request.MessageRequest) {
    #expect(code(ask(question)) == 5)
  }

  @Test("R-034 a request that asks nothing is INVALID_ARGUMENT")
  func nothing() {
    var answers = ReflectionAnswers(index)
    #expect(code(answers.answer(Request(host: "x"))) == 3)
  }

  @Test("R-034 what a file imports is sent once a stream; the file itself whenever it is asked for")
  func once() throws {
    var answers = ReflectionAnswers(index)
    let ask = Request(messageRequest: .fileByFilename(Self.testing))
    let first = try #require(paths(answers.answer(ask)))
    #expect(first.first == Self.testing && Set(first).count == first.count)
    #expect(first.contains("google/protobuf/descriptor.proto"), "imports of imports come too")
    #expect(paths(answers.answer(ask)) == [Self.testing])
    let timestamp = Request(messageRequest: .fileByFilename("google/protobuf/timestamp.proto"))
    #expect(paths(answers.answer(timestamp)) == ["google/protobuf/timestamp.proto"])
  }

  @Test("R-034 files that no service of the server needs are not told")
  func others() {
    #expect(code(ask(.fileByFilename("portico/identity/v1/user.proto"))) == 5)
    #expect(code(ask(.fileContainingSymbol("portico.identity.v1.User"))) == 5)
  }

  @Test("Bytes that are no descriptor are left out")
  func broken() {
    let index = ReflectionIndex(services: ["a.B"], files: [[0xFF, 0xFF], [0x0A, 0x05]])
    #expect(index.services == ["a.B"] && index.file(declaring: "a.B") == nil)
  }

  @Test("R-034 v1 and v1alpha answer alike over the wire, and list themselves")
  func wire() async throws {
    try await withServer(Reflection.services(for: [])) { channel in
      let stable = try await ServerReflectionClient(channel).serverReflectionInfo {
        try await $0.write(Request(messageRequest: .listServices("")))
        try await $0.finish()
        return try await Array($1)
      }
      let trial = try await ServerReflectionV1alphaClient(channel).serverReflectionInfo {
        try await $0.write(.init(messageRequest: .listServices("")))
        try await $0.finish()
        return try await Array($1)
      }
      let names = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
      ]
      #expect(
        stable.map(\.messageResponse)
          == [.listServicesResponse(.init(service: names.map { .init(name: $0) }))])
      #expect(
        trial.map(\.messageResponse)
          == [.listServicesResponse(.init(service: names.map { .init(name: $0) }))])
    }
  }
}

extension Array where Element: Sendable {
  fileprivate init(_ stream: ResponseStream<Element>) async throws {
    self = []
    for try await element in stream { append(element) }
  }
}
