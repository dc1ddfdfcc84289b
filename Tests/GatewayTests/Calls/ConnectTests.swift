import Crypto
import PorticoAPI
import Protobuf
import RPC
import Testing
import WellKnown

@testable import Gateway

@Suite("R-167 Connect", .timeLimit(.minutes(2)))
struct ConnectTests {
  private static let json = ["Content-Type": "application/json"]
  private static let stream = ["Content-Type": "application/connect+json"]

  private func text(_ json: String) -> [UInt8] { Array(json.utf8) }

  @Test("R-167 one message each way as JSON and as protobuf, without any framing")
  func unary() async throws {
    try await EdgeStage.run { stage in
      let answer = try await stage.call(
        EdgeStage.portal, Self.json, body: text(#"{"tenant":"northwind"}"#))
      #expect(answer.status == 200 && answer["content-type"] == "application/json")
      #expect(
        String(decoding: answer.body, as: UTF8.self)
          == #"{"tenant":"northwind","displayName":"Northwind","active":true}"#)
      let proto = try await stage.call(
        EdgeStage.portal, ["Content-Type": "application/proto", "Connect-Protocol-Version": "1"],
        body: Identity.GetPortalRequest(tenant: "northwind").serialized())
      #expect(proto.status == 200 && proto["content-type"] == "application/proto")
      #expect(try Identity.Portal(serialized: proto.body).displayName == "Northwind")
    }
  }

  @Test("R-167 errors are JSON with the status of their code, details as bytes and readable")
  func errors() async throws {
    try await EdgeStage.run { stage in
      let missing = try await stage.call(
        EdgeStage.portal, ["Content-Type": "application/proto"],
        body: Identity.GetPortalRequest(tenant: "none").serialized())
      #expect(missing.status == 404 && missing["content-type"] == "application/json")
      #expect(
        String(decoding: missing.body, as: UTF8.self)
          == #"{"code":"not_found","message":"there is no such portal"}"#)
      let busy = try await stage.call(
        EdgeStage.portal, Self.json, body: text(#"{"tenant":"busy"}"#))
      #expect(busy.status == 429 && busy["retry-after"] == "7")
      #expect(
        String(decoding: busy.body, as: UTF8.self).hasSuffix(
          #""details":[{"type":"google.rpc.RetryInfo","value":"CgIIBw","debug":{"retryDelay":"7s"}}]}"#
        ))
      let field = try await stage.call(EdgeStage.portal, Self.json, body: text(#"{"nope":1}"#))
      #expect(field.status == 400)
      let body = String(decoding: field.body, as: UTF8.self)
      #expect(
        body.contains(#""type":"google.rpc.BadRequest""#) && body.contains(#""field":"nope""#))
    }
  }

  @Test(
    "R-167 what does not go with a method or the protocol",
    arguments: [
      ("POST", EdgeStage.portal, ["Content-Type": "text/plain"], 415, "invalid_argument"),
      ("POST", EdgeStage.portal, ["Content-Type": "application/xml"], 415, "invalid_argument"),
      (
        "POST", EdgeStage.portal, ["Content-Type": "application/connect+json"], 415,
        "invalid_argument"
      ),
      ("POST", EdgeStage.portal, ["Content-Type": "application/grpc"], 415, "invalid_argument"),
      ("POST", EdgeStage.portal, [:], 415, "invalid_argument"),
      ("POST", EdgeStage.watch, ["Content-Type": "application/json"], 415, "invalid_argument"),
      ("PUT", EdgeStage.portal, ["Content-Type": "application/json"], 405, "unimplemented"),
      ("GET", EdgeStage.watch, [:], 405, "unimplemented"),
      ("GET", "/portico.identity.v1.Sessions/CreateSession", [:], 405, "unimplemented"),
      (
        "POST", "/portico.identity.v1.Portals/None", ["Content-Type": "application/json"], 501,
        "unimplemented"
      ),
      (
        "POST", EdgeStage.portal,
        ["Content-Type": "application/json", "Connect-Protocol-Version": "2"], 400,
        "invalid_argument"
      ),
      (
        "POST", EdgeStage.portal,
        ["Content-Type": "application/json", "Connect-Timeout-Ms": "12345678901"], 400,
        "invalid_argument"
      ),
      (
        "POST", EdgeStage.portal, ["Content-Type": "application/json", "Connect-Timeout-Ms": "-1"],
        400, "invalid_argument"
      ),
      (
        "POST", EdgeStage.portal, ["Content-Type": "application/json", "Connect-Timeout-Ms": "0"],
        504, "deadline_exceeded"
      ),
      (
        "POST", EdgeStage.portal, ["Content-Type": "application/json", "Content-Encoding": "br"],
        501, "unimplemented"
      ),
      (
        "POST", EdgeStage.portal,
        [
          "Content-Type": "application/json", "Cookie": "portico=x",
          "Origin": "https://evil.example",
        ], 403, "permission_denied"
      ),
    ] as [(String, String, [String: String], Int, String)])
  func refusals(
    method: String, path: String, headers: [String: String], status: Int, code: String
  ) async throws {
    try await EdgeStage.runCalls { stage, _, _ in
      let answer = try await stage.call(
        method, path, headers, body: method == "GET" ? [] : text("{}"))
      #expect(answer.status == status && answer["content-type"] == "application/json")
      #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix(#"{"code":"\#(code)""#))
      #expect((answer["accept-post"] != nil) == (status == 415))
      #expect((answer["allow"] != nil) == (status == 405))
    }
  }

  private func get(
    _ query: String
  ) throws -> (kind: ConnectRequest.Kind, codec: MessageCodec, encoding: RequestEncoding) {
    try ConnectRequest.query(Gateway.Target(EdgeStage.portal + "?" + query).query)
  }

  @Test("R-167 a GET has its message in the query, as text or as URL-safe base64")
  func query() throws {
    let plain = try get("connect=v1&encoding=json&message=%7B%22tenant%22%3A%22a%22%7D")
    #expect(plain.kind == .get(text(#"{"tenant":"a"}"#)) && plain.codec == .json)
    let base64 = try get("message=-_8&base64=1&encoding=proto&utm=1")
    #expect(base64.kind == .get([0xFB, 0xFF]) && base64.codec == .proto)
    let padded = try get("message=-_8%3D&base64=1&encoding=proto&compression=gzip")
    #expect(padded.kind == .get([0xFB, 0xFF]) && padded.encoding == .gzip)
    #expect(try get("message=&encoding=proto").kind == .get([]))
    // Anything but 1 is no base64.
    #expect(try get("message=aa&encoding=json&base64=0").kind == .get(text("aa")))
  }

  @Test(
    "R-167 queries that are none",
    arguments: [
      "", "message=", "encoding=json", "message=&encoding=xml", "message=&encoding=json&connect=v2",
      "message=a&base64=1&encoding=proto", "message=a*&base64=1&encoding=proto",
      "message=&encoding=json&compression=br", "message=&message=&encoding=json",
    ])
  func badQuery(query: String) {
    #expect(throws: Problem.self) { _ = try get(query) }
  }

  @Test("R-167 GET answers for what has no side effects; HEAD does too")
  func getOverTheWire() async throws {
    try await EdgeStage.run { stage in
      let path = EdgeStage.portal + "?encoding=json&message=%7B%22tenant%22%3A%22northwind%22%7D"
      let answer = try await stage.call("GET", path, [:])
      #expect(answer.status == 200 && !answer.body.isEmpty)
      let head = try await stage.call("HEAD", path, [:])
      #expect(head.status == 200 && head.body.isEmpty)
    }
  }

  @Test("R-162 R-167 a stream is envelopes, the last of which says how it ended")
  func streams() async throws {
    try await EdgeStage.runCalls { stage, _, cookie in
      let headers = Self.stream.merging(cookie) { $1 }
      func watch(_ resource: String) async throws -> BinaryAnswer {
        try await stage.call(
          EdgeStage.watch, headers, body: Envelope.bytes(text(#"{"resource":"\#(resource)"}"#)))
      }
      let three = try await watch("three")
      #expect(three.status == 200 && three["content-type"] == "application/connect+json")
      #expect(three.frames.map(\.flags) == [0, 0, 0, 2])
      #expect(three.frames[0].text == #"{"cursor":"1","type":"ticket.updated"}"#)
      #expect(three.frames[3].text == "{}")
      #expect(try await watch("none").frames == [.init(flags: 2, bytes: text("{}"))])
      for (resource, flags) in [("refused", [2]), ("broken", [0, 2])] as [(String, [UInt8])] {
        let answer = try await watch(resource)
        #expect(answer.status == 200 && answer.frames.map(\.flags) == flags)
        let end = try #require(answer.frames.last).text
        #expect(
          end.hasPrefix(#"{"error":{"code":"failed_precondition","message":"später nochmal""#))
        #expect(end.contains(#""type":"google.rpc.ErrorInfo""#))
      }
    }
  }

  @Test(
    "R-167 errors of a stream's request are in its end, the HTTP status is 200",
    arguments: [
      ([], "unimplemented"), ([2, 0, 0, 0, 2, 0x7B, 0x7D], "invalid_argument"),
      ([0, 0], "invalid_argument"),
      ([0, 0, 0, 0, 1, 0x7B], "invalid_argument"), ([1, 0, 0, 0, 1, 0], "invalid_argument"),
      ([0, 0xFF, 0, 0, 0], "resource_exhausted"),
    ] as [([UInt8], String)])
  func malformedStream(body: [UInt8], code: String) async throws {
    try await EdgeStage.runCalls { stage, _, cookie in
      let answer = try await stage.call(
        EdgeStage.watch, Self.stream.merging(cookie) { $1 }, body: body)
      #expect(answer.status == 200 && answer.frames.map(\.flags) == [2])
      #expect(answer.frames[0].text.hasPrefix(#"{"error":{"code":"\#(code)""#))
    }
  }

  @Test("R-217 gzip is read within bounds and written only to who brings a token")
  func gzip() async throws {
    try await EdgeStage.run { stage in
      let long = text(#"{"tenant":"northwind"}"# + String(repeating: " ", count: 2000))
      let headers = Self.json.merging(["Content-Encoding": "gzip", "Accept-Encoding": "gzip"]) {
        $1
      }
      let answer = try await stage.call(
        EdgeStage.portal, headers, body: try #require(Envelope.gzip(long)))
      #expect(answer.status == 200 && answer["content-encoding"] == nil)
      let corrupt = try await stage.call(EdgeStage.portal, headers, body: [1, 2, 3])
      #expect(corrupt.status == 400)
      let bomb = text(String(repeating: " ", count: 1 << 20))
      let refused = try await stage.call(
        EdgeStage.portal, headers, body: try #require(Envelope.gzip(bomb)))
      #expect(refused.status == 429)
      let large = try await stage.call(
        EdgeStage.portal, Self.json, body: Array(repeating: 0x20, count: (1 << 20) + 1))
      #expect(large.status == 429)
    }
  }

  @Test("R-178 R-217 an answer is gzip for who brings a good token, never beside a cookie")
  func compressedAnswer() async throws {
    try await TranscodingStage.run { stage in
      let secret = APITokenSecret()
      stage.edge.identity.open(apiToken: secret.reveal())
      let token = ["Authorization": "Bearer \(secret.reveal())"]
      let name = String(repeating: "n", count: 5000)
      let path = "/portico.testing.v1.Transcoding/GetParcel"
      let message = text(#"{"name":"\#(name)"}"#)
      let asked = Self.json.merging(["Accept-Encoding": "gzip"]) { $1 }
      let short = try await stage.edge.call(path, asked.merging(token) { $1 }, body: message)
      #expect(short.status == 200 && short["content-encoding"] == "gzip")
      #expect(short.body.count < 200 && short.body.starts(with: [0x1F, 0x8B]))
      let plain = try await stage.edge.call(
        path, Self.json.merging(token) { $1 }, body: message)
      #expect(plain["content-encoding"] == nil && plain.body.count > 5000)
      let cookie = try await stage.edge.call(
        path, asked.merging(stage.headers) { $1 }, body: message)
      #expect(cookie.status == 200 && cookie["content-encoding"] == nil)
      #expect(cookie.body.count > 5000)
      // Both at once, and what only looks like a token, are refused before there is an answer to compress.
      let both = try await stage.edge.call(
        path, asked.merging(token) { $1 }.merging(stage.headers) { $1 }, body: message)
      #expect(both.status == 400 && both["content-encoding"] == nil)
      let bad = try await stage.edge.call(
        path, asked.merging(["Authorization": "Bearer x"]) { $1 }, body: message)
      #expect(bad.status == 401 && bad["content-encoding"] == nil)
    }
  }

  @Test("R-167 metadata after the answer has a place in both of its forms")
  func trailers() throws {
    var metadata = Metadata()
    try metadata.append("x-cost", "2")
    try metadata.append("x-cost", "3")
    try metadata.append("x-key-bin", binary: [255])
    try metadata.append("portico-inner", "secret")
    let trailers = CallMetadata.trailers(metadata)
    #expect(
      String(decoding: ConnectError.endOfStream(nil, trailers, TypeRegistry()), as: UTF8.self)
        == #"{"metadata":{"x-cost":["2","3"],"x-key-bin":["/w"]}}"#)
    let framing = GRPCWebFraming(format: .binary)
    #expect(
      String(decoding: framing.end(nil, metadata).dropFirst(5), as: UTF8.self)
        == "grpc-status: 0\r\nx-cost: 2\r\nx-cost: 3\r\nx-key-bin: /w\r\n")
  }

  @Test("R-172 an answer's metadata sets no header that means something to a browser")
  func headers() throws {
    var metadata = Metadata()
    for name in ["set-cookie", "access-control-allow-origin", "content-security-policy", "x-fine"] {
      try metadata.append(name, "1")
    }
    var response = Response()
    CallMetadata.addHeaders(metadata, to: &response)
    #expect(response.headers.map(\.name) == ["x-fine"])
  }

  @Test("R-167 every code has its name and its HTTP status")
  func codes() {
    let names = Status.Code.allCases.dropFirst().map { code in
      let body = ConnectUnary.failure(Problem(Status(code, "x")), TypeRegistry())
      guard case .bytes(let bytes) = body.body else { return "" }
      return "\(body.status.code) " + String(decoding: bytes, as: UTF8.self)
    }
    let expected = [
      "499 canceled", "500 unknown", "400 invalid_argument", "504 deadline_exceeded",
      "404 not_found", "409 already_exists", "403 permission_denied", "429 resource_exhausted",
      "400 failed_precondition", "409 aborted", "400 out_of_range", "501 unimplemented",
      "500 internal", "503 unavailable", "500 data_loss", "401 unauthenticated",
    ]
    for (name, wanted) in zip(names, expected) {
      let parts = wanted.split(separator: " ")
      #expect(name.hasPrefix("\(parts[0]) {\"code\":\"\(parts[1])\""))
    }
    #expect(names.count == expected.count)
  }
}
