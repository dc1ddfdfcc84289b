import PorticoAPI
import RPC
import TestSupport
import Testing

@testable import Gateway

@Suite("R-175 files over the API", .timeLimit(.minutes(5)))
struct HTTPBodyTests {
  @Test("R-175 a download: type, sandbox, ranges, validators, HEAD")
  func download() async throws {
    try await TranscodingStage.run { stage in
      let path = "/v1/testing/fetch/a%22b.html?size=2500"
      let whole = try await stage.send("GET", path)
      #expect(whole.status == 200 && whole["content-type"] == "text/html")
      #expect(whole["content-length"] == "2500" && whole.body.utf8.count == 2500)
      #expect(whole["x-content-type-options"] == "nosniff")
      #expect(whole["content-security-policy"]?.contains("sandbox") == true)
      #expect(whole["content-disposition"]?.hasPrefix("attachment; filename=") == true)
      #expect(whole["etag"] == #""v1""# && whole["accept-ranges"] == "bytes")
      let part = try await stage.send("GET", path, ["Range": "bytes=1001-1004"])
      #expect(part.status == 206 && part.body == "1234")
      #expect(part["content-range"] == "bytes 1001-1004/2500" && part["content-length"] == "4")
      let other = try await stage.send("GET", path, ["Range": "bytes=0-0", "If-Range": #""v2""#])
      #expect(other.status == 200 && other.body.utf8.count == 2500)
      let outside = try await stage.send("GET", path, ["Range": "bytes=2500-"])
      #expect(outside.status == 416 && outside["content-range"] == "bytes */2500")
      #expect(outside["content-type"] == "application/problem+json")
      let same = try await stage.send("GET", path, ["If-None-Match": #"W/"v1""#])
      #expect(same.status == 304 && same.body.isEmpty && same["etag"] == #""v1""#)
      let head = try await stage.send("HEAD", path)
      #expect(head.status == 200 && head.body.isEmpty && head["content-length"] == "2500")
      #expect(try await stage.send("GET", "/v1/testing/fetch/none").status == 404)
      let small = try await stage.send("GET", "/v1/testing/fetchSmall/x?size=3")
      #expect(small.body == "AAA" && small["content-type"] == "image/png")
      #expect(small["content-disposition"]?.hasPrefix("attachment") == true)
      #expect(try await stage.send("GET", "/v1/testing/fetch/x").body.isEmpty)
    }
  }

  @Test("R-175 an upload is the body itself, in pieces, with what the query says in the first")
  func upload() async throws {
    var limits = EdgeLimits.testing
    limits.uploadBytes = 3_000_000
    try await TranscodingStage.run(limits: limits) { stage in
      let bytes = String(repeating: "z", count: 2_000_000)
      let answer = try await stage.send(
        "POST", "/v1/testing/files?fileName=a+b.txt&labels=x&labels=y", body: bytes,
        type: "text/plain; charset=utf-8")
      #expect(answer.status == 200, "\(answer.body)")
      #expect(
        answer.body.contains(
          #""fileName":"a b.txt","contentType":"text/plain; charset=utf-8","sizeBytes":"2000000""#))
      #expect(answer.body.contains(#""labels":["x","y"]"#))
      let empty = try await stage.send("POST", "/v1/testing/files?fileName=x")
      #expect(empty.body.contains(#""sizeBytes":"0","messages":1"#))
      let refused = try await stage.send(
        "POST", "/v1/testing/files?fileName=refused", body: bytes, type: "a/b")
      #expect(refused.status == 403 && refused.body.contains("not this one"))
      let large = try await stage.send(
        "POST", "/v1/testing/files", body: String(repeating: "z", count: 3_000_001), type: "a/b")
      #expect(large.status == 413)
      let query = try await stage.send(
        "POST", "/v1/testing/files?file.data=AA", body: "x", type: "a/b")
      #expect(query.status == 400)
      let small = try await stage.send(
        "PUT", "/v1/testing/files/n", body: "hello", type: "text/plain")
      #expect(small.body.contains(#""fileName":"n","contentType":"text/plain","sizeBytes":"5""#))
      let echo = try await stage.send("POST", "/v1/testing/echo", body: "<b>", type: "text/html")
      #expect(echo.body == "<b>" && echo["content-type"] == "text/html")
      #expect(echo["content-security-policy"]?.contains("sandbox") == true)
      let packed = try await stage.send(
        "POST", "/v1/testing/echo", ["Content-Encoding": "gzip"], body: "x", type: "a/b")
      #expect(packed.status == 415)
    }
  }

  @Test("R-175 nothing is held: a service that does not read stops the client")
  func pressure() async throws {
    try await TranscodingStage.run { stage in
      // The answer's reader is slow instead: 16 MiB would not fit into the windows on the way.
      let socket = try RawSocket(port: stage.edge.port)
      var head = "GET /v1/testing/fetch/x?size=16777216 HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n"
      for (name, value) in stage.headers { head += "\(name): \(value)\r\n" }
      try socket.send(Array((head + "Connection: close\r\n\r\n").utf8))
      let answer = Unchecked(socket)
      let total = try await onOwnThread { try answer.value.readAll().count }
      #expect(total > 16_700_000)
    }
  }
}
