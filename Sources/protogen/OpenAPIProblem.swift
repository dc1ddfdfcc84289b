/// The errors of the API: one shape, a response for each status, and when an operation can have it.
struct OpenAPIProblem {
  /// What decides which errors an operation has.
  struct Cause {
    let method: ProtoMethod
    let verb: String
    let hasPathVariables: Bool
    let hasBody: Bool
    let hasEtag: Bool

    var isUnsafe: Bool { verb != "GET" && verb != "HEAD" }
    func says(_ code: String) -> Bool { method.comment.contains(code) }
  }

  let status: String
  /// Name of the component.
  let name: String
  let description: String
  /// Names of google.rpc.Code.
  let codes: [String]
  var headers: [String] = []
  let isPossible: @Sendable (Cause) -> Bool

  static let all: [OpenAPIProblem] = [
    OpenAPIProblem(
      status: "400", name: "BadRequest",
      description: "The request is not as described, or the resource is not in a state for it.",
      codes: ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"]
    ) { _ in true },
    OpenAPIProblem(
      status: "401", name: "Unauthorized",
      description: "Nobody is signed in, or not any more.", codes: ["UNAUTHENTICATED"],
      headers: ["WWW-Authenticate"]
    ) { $0.method.access?.callers != .anyone || $0.says("UNAUTHENTICATED") },
    OpenAPIProblem(
      status: "403", name: "Forbidden",
      description:
        "The caller lacks the permission, an API token cannot do this, the request came from another site, or it has to be "
        + "shown again who is there (STEP_UP_REQUIRED).",
      codes: ["PERMISSION_DENIED"]
    ) { cause in
      cause.method.access?.callers != .anyone || cause.isUnsafe || cause.says("PERMISSION_DENIED")
    },
    OpenAPIProblem(
      status: "404", name: "NotFound",
      description: "It does not exist, or the caller may not see it: both look the same.",
      codes: ["NOT_FOUND"]
    ) { $0.hasPathVariables || $0.says("NOT_FOUND") },
    OpenAPIProblem(
      status: "408", name: "RequestTimeout",
      description: "The request body did not arrive in time.", codes: ["DEADLINE_EXCEEDED"]
    ) { $0.hasBody },
    OpenAPIProblem(
      status: "409", name: "Conflict",
      description: "The id is taken, or the resource has changed since its etag was read.",
      codes: ["ALREADY_EXISTS", "ABORTED"]
    ) { $0.says("ALREADY_EXISTS") || $0.says("ABORTED") || $0.hasEtag },
    OpenAPIProblem(
      status: "413", name: "ContentTooLarge", description: "The request body is too long.",
      codes: ["RESOURCE_EXHAUSTED"]
    ) { $0.hasBody },
    OpenAPIProblem(
      status: "415", name: "UnsupportedMediaType",
      description: "The request body is of a type that this method does not take.",
      codes: ["INVALID_ARGUMENT"]
    ) { $0.hasBody },
    OpenAPIProblem(
      status: "416", name: "RangeNotSatisfiable",
      description: "The file has no such range of bytes.", codes: ["OUT_OF_RANGE"]
    ) { $0.method.output == OpenAPIOperations.httpBody },
    OpenAPIProblem(
      status: "429", name: "TooManyRequests",
      description: "Too much was asked; wait as long as `Retry-After` says.",
      codes: ["RESOURCE_EXHAUSTED"], headers: ["Retry-After"]
    ) { _ in true },
    OpenAPIProblem(
      status: "500", name: "InternalServerError",
      description: "A fault of the server. Its log has the cause under the request id.",
      codes: ["INTERNAL", "UNKNOWN", "DATA_LOSS"]
    ) { _ in true },
    OpenAPIProblem(
      status: "503", name: "ServiceUnavailable",
      description: "A service is down or overloaded; wait as long as `Retry-After` says.",
      codes: ["UNAVAILABLE"], headers: ["Retry-After"]
    ) { _ in true },
    OpenAPIProblem(
      status: "504", name: "GatewayTimeout", description: "The answer took too long.",
      codes: ["DEADLINE_EXCEEDED"]
    ) { _ in true },
  ]

  /// The component, with what the method's comment says about its codes in place of the general sentence.
  func reference(for method: ProtoMethod) -> JSONText {
    let said = Sentences.split(Sentences.joined(method.comment))
      .filter { sentence in codes.contains { sentence.contains($0) } }
    var members: [(String, JSONText)] = [
      ("$ref", .string("#/components/responses/\(name)"))
    ]
    if !said.isEmpty { members.append(("description", .string(said.joined(separator: " ")))) }
    return .object(members)
  }

  var response: JSONText {
    let code = JSONText.object([
      ("properties", .object([("code", .object([("enum", .array(codes.map { .string($0) }))]))]))
    ])
    let schema = JSONText.object([
      ("allOf", .array([OpenAPISchemas.reference("Problem"), code]))
    ])
    let named = (["X-Request-Id"] + headers).map { ($0, Self.header($0)) }
    return .object([
      ("description", .string(description)),
      ("headers", .object(named)),
      ("content", .object([("application/problem+json", .object([("schema", schema)]))])),
    ])
  }

  // MARK: Components

  static let requestID = ("X-Request-Id", header("X-Request-Id"))

  private static func header(_ name: String) -> JSONText {
    .object([("$ref", .string("#/components/headers/\(name)"))])
  }

  static let headers: [(String, JSONText)] = [
    ("X-Request-Id", "The id of this request in the logs of the provider."),
    ("Retry-After", "Seconds to wait before the next attempt."),
    ("WWW-Authenticate", "How to sign in."),
    ("ETag", "The version of the bytes."),
    ("Content-Range", "Which bytes of how many these are."),
    ("Content-Disposition", "Always an attachment, with the name of the file."),
  ].map { name, text in
    let schema: [(String, JSONText)] =
      name == "Retry-After"
      ? [("type", "integer"), ("minimum", .number(0))] : [("type", "string")]
    return (
      name,
      .object([
        ("description", .string(text)), ("required", .bool(name == "X-Request-Id")),
        ("schema", .object(schema)),
      ])
    )
  }

  /// What a method answers that hands out bytes.
  static let downloads: [(String, JSONText)] =
    [
      ("200", "The bytes, of the media type that they were found to be.", []),
      ("206", "The range that was asked for.", ["Content-Range"]),
    ].map { status, text, more in
      let named = ["X-Request-Id", "ETag", "Content-Disposition"] + more
      return (
        status,
        .object([
          ("description", .string(text)),
          ("headers", .object(named.map { ($0, header($0)) })),
          ("content", .object([("*/*", .object([]))])),
        ])
      )
    } + [
      (
        "304",
        .object([
          ("description", "The bytes are those that the caller has."),
          ("headers", .object([requestID, ("ETag", header("ETag"))])),
        ])
      )
    ]

  static func schema(_ schemas: OpenAPISchemas) -> JSONText {
    let text: JSONText = .object([("type", "string")])
    return .object([
      ("type", "object"),
      (
        "description",
        "RFC 9457, with the name of the gRPC status and what was wrong with which field."
      ),
      (
        "properties",
        .object([
          ("type", .object([("type", "string"), ("format", "uri-reference")])),
          ("title", text),
          ("status", .object([("type", "integer"), ("format", "int32")])),
          (
            "detail",
            .object([("type", "string"), ("description", "One sentence for the caller.")])
          ),
          ("instance", .object([("type", "string"), ("format", "uri-reference")])),
          (
            "code",
            .object([
              ("type", "string"), ("description", "A name of google.rpc.Code."),
              ("examples", .array(["NOT_FOUND"])),
            ])
          ),
          (
            "requestId",
            .object([("type", "string"), ("description", "As in the header `X-Request-Id`.")])
          ),
          (
            "violations",
            .object([("type", "array"), ("items", OpenAPISchemas.reference("Violation"))])
          ),
          (
            "details",
            .object([
              ("type", "array"), ("description", "Messages of google.rpc, each with its type."),
              ("items", schemas.element(.message("google.protobuf.Any"))),
            ])
          ),
        ])
      ),
      ("required", .array(["type", "title", "status", "detail", "code", "requestId"])),
    ])
  }

  static let violation = JSONText.object([
    ("type", "object"),
    ("description", "What is wrong with one field of the request."),
    (
      "properties",
      .object([
        (
          "field",
          .object([
            ("type", "string"), ("description", "The path of the field: `ticket.title`."),
          ])
        ),
        (
          "description",
          .object([
            ("type", "string"),
            ("description", "To be read after the field's label: `is required`."),
          ])
        ),
      ])
    ),
    ("required", .array(["field", "description"])),
  ])
}
