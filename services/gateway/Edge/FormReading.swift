import NIOHTTP1

/// A request's body as a form, by its content type.
enum FormReading {
  static func form(_ request: Request, limits: FormLimits) async throws -> Form {
    guard !request.body.isEmpty else { return Form() }
    let type = request.headers["content-type"].first ?? ""
    switch MediaType(type).essence {
    case "application/x-www-form-urlencoded":
      let bytes = try await request.body.collect(upTo: min(limits.textBytes, limits.bytes))
      do {
        let pairs = try FormEncoding.pairs(bytes, limit: limits.fields)
        return Form(fields: pairs.map { .init(name: $0.name, value: $0.value) })
      } catch {
        throw Problem(.badRequest, .invalidArgument, error.reason)
      }
    case "multipart/form-data":
      guard let boundary = MultipartReader.boundary(type) else {
        throw Problem(.badRequest, .invalidArgument, "the form has no valid boundary")
      }
      var reader = MultipartReader(request.body, boundary: boundary, limits: limits)
      return try await reader.read()
    default:
      throw Problem(.unsupportedMediaType, .invalidArgument, "send a form")
    }
  }
}
