import NIOHTTP1
import PorticoAPI
import Protobuf

/// `GET /v1/openapi.json`: the description of the JSON API, generated with it from the same protos. Open to
/// anybody: it holds no data, and what a method needs is checked when it is called.
struct APIDocument: Surface {
  private static let path = "/v1/openapi.json"

  private let file: StaticAssets.File
  private let types: TypeRegistry

  init(_ document: [UInt8] = openAPI, types: TypeRegistry) {
    file = StaticAssets.File(document, name: "openapi.json")
    self.types = types
  }

  func errand(_ request: Request) throws(Problem) -> Errand? {
    guard request.path == Self.path else { return nil }
    guard request.isSafe else {
      var problem = Problem(.methodNotAllowed, .unimplemented, "the document is only read")
      problem.allow = ["GET", "HEAD"]
      throw problem
    }
    return Errand(route: Self.path, kind: .asset) { guest in
      file.response(guest.request, cacheControl: "public, max-age=300")
    }
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    problem.response(requestID: request.id, types: types)
  }
}
