import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import Gateway

@Suite("R-163 streams over JSON", .timeLimit(.minutes(5)))
struct StreamingTests {
  private static let events = ["Accept": "text/event-stream"]

  @Test("R-163 lines: an object and a line feed each; R-151 response_body for each")
  func lines() async throws {
    try await TranscodingStage.run { stage in
      let answer = try await stage.send("GET", "/v1/testing/count?count=3&cursor=5")
      #expect(answer.status == 200 && answer["content-type"] == "application/x-ndjson")
      #expect(answer["transfer-encoding"] == "chunked" && answer["cache-control"] == "no-store")
      #expect(
        answer.chunks == (6...8).map { "{\"cursor\":\"\($0)\",\"text\":\"\"}\n" }.joined())
      let post = try await stage.send("POST", "/v1/testing/count", body: #"{"count":1}"#)
      #expect(post.chunks == "{\"cursor\":\"1\",\"text\":\"\"}\n")
      let texts = try await stage.send("GET", "/v1/testing/count/texts?count=2&size=1")
      #expect(texts.chunks == "\"x\"\n\"x\"\n")
    }
  }

  @Test("R-163 events: data, ids from cursors, an explicit end; Last-Event-ID resumes")
  func eventStream() async throws {
    try await TranscodingStage.run { stage in
      let answer = try await stage.send("GET", "/v1/testing/count?count=2", Self.events)
      #expect(answer["content-type"] == "text/event-stream")
      #expect(
        answer.chunks == "id: 1\ndata: {\"cursor\":\"1\",\"text\":\"\"}\n\n"
          + "id: 2\ndata: {\"cursor\":\"2\",\"text\":\"\"}\n\nevent: end\ndata: {}\n\n")
      let resumed = try await stage.send(
        "GET", "/v1/testing/count?count=1&cursor=1",
        Self.events.merging(["Last-Event-ID": "41"]) { $1 })
      #expect(resumed.chunks?.hasPrefix("id: 42\n") == true)
      for (accept, type) in [
        ("text/event-stream;q=0.1, application/x-ndjson", "application/x-ndjson"),
        ("application/json", "application/x-ndjson"),
        ("text/event-stream, */*;q=0.1", "text/event-stream"),
      ] {
        let answer = try await stage.send("GET", "/v1/testing/count?count=1", ["Accept": accept])
        #expect(answer["content-type"] == type)
      }
    }
  }

  @Test(
    "R-162 before the first message the status says it; later the last record, and no clean end")
  func failures() async throws {
    try await TranscodingStage.run { stage in
      let early = try await stage.send("GET", "/v1/testing/fail/5:later?message=gone", Self.events)
      #expect(early.status == 404 && early["content-type"] == "application/problem+json")
      let late = try await stage.send("GET", "/v1/testing/fail/5:later?message=gone&after=2")
      let lines = late.pieces.split(separator: "\n")
      #expect(late.status == 200 && late.chunks == nil && lines.count == 3)
      #expect(late.pieces.hasSuffix("}\n"))
      #expect(
        lines.last?.hasPrefix(#"{"error":{"type":"about:blank","title":"Not Found","status":404"#)
          == true)
      let event = try await stage.send(
        "GET", "/v1/testing/fail/13:later?message=gone&after=1", Self.events)
      #expect(event.chunks == nil && event.pieces.contains("event: error\ndata: {"))
      #expect(!event.pieces.contains("gone") && !event.pieces.contains("event: end"))
      let rpc = try await stage.send(
        "GET", "/v1/testing/fail/5:later?message=gone&after=1",
        ["Accept": "application/x-ndjson;errors=rpc"])
      #expect(rpc.pieces.contains(#"{"error":{"code":5,"message":"gone""#))
    }
  }

  @Test("R-163 a silent stream of events has heartbeats")
  func heartbeats() async throws {
    var limits = EdgeLimits.testing
    limits.heartbeatTime = .milliseconds(20)
    try await TranscodingStage.run(limits: limits) { stage in
      // A chat whose client says one thing and then nothing.
      let socket = try RawSocket(port: stage.edge.port)
      var head = "POST /v1/testing/chat HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n"
      for (name, value) in stage.headers { head += "\(name): \(value)\r\n" }
      head += "Content-Type: application/x-ndjson\r\nAccept: text/event-stream\r\n"
      try socket.send(Array((head + "Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n").utf8))
      let text = try await socket.text(until: ":\n\n\r\n3\r\n:\n\n")
      #expect(text.contains("200 OK") && text.contains("data: {"))
    }
  }

  @Test("R-164 the reader sets the pace, and its going ends the call")
  func pace() async throws {
    try await TranscodingStage.run { stage in
      for accept in ["application/x-ndjson", "text/event-stream"] {
        let socket = try RawSocket(port: stage.edge.port)
        var head = "GET /v1/testing/count?size=100000 HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n"
        for (name, value) in stage.headers { head += "\(name): \(value)\r\n" }
        try socket.send(Array((head + "Accept: \(accept)\r\n\r\n").utf8))
        _ = try await socket.text(until: "200 OK")
        // Nobody reads: what the service may write is bounded by the windows and buffers on the way.
        var before: Int32 = -1
        while stage.service.record.withLock({ $0.counted }) != before {
          before = stage.service.record.withLock { $0.counted }
          try await Task.sleep(for: .milliseconds(300))
        }
        #expect(before < 2000)
      }
      try await stage.wait { $0.ended == ["count", "count"] }
    }
  }

  @Test("R-165 lines in: one message each, path and query in the first; faults are told by line")
  func linesIn() async throws {
    try await TranscodingStage.run { stage in
      let type = "application/x-ndjson"
      let body = "{\"tags\":[\"a\"]}\n\n{\"tags\":[\"b\"]}\r\n{\"tags\":[\"c\"]}"
      let answer = try await stage.send("POST", "/v1/testing/collect", body: body, type: type)
      #expect(answer.status == 200 && answer.body.contains(#""number":3"#))
      #expect(answer.body.contains(#""tags":["a","b","c"]"#))
      let named = try await stage.send(
        "POST", "/v1/testing/collect/n?tags=q", body: body, type: type)
      #expect(named.body.contains(#""name":"n""#) && named.body.contains(#"["q","a","b","c"]"#))
      let none = try await stage.send("POST", "/v1/testing/collect")
      #expect(none.body.contains(#""number":0"#))
      let one = try await stage.send("POST", "/v1/testing/collect", body: "{\n\"tags\": [\n\"a\"]}")
      #expect(one.status == 200 && one.body.contains(#""number":1"#))
      let bad = try await stage.send(
        "POST", "/v1/testing/collect", body: "{}\n{\"x\":1}", type: type)
      #expect(bad.status == 400)
      let text = try await stage.send("POST", "/v1/testing/collect", body: "{}", type: "text/plain")
      #expect(text.status == 415)
      let chat = try await stage.send(
        "POST", "/v1/testing/chat", ["Accept": "application/x-ndjson;defaults=false"], body: body,
        type: type)
      #expect(chat.chunks == "{\"tags\":[\"a\"]}\n{\"tags\":[\"b\"]}\n{\"tags\":[\"c\"]}\n")
    }
  }

  @Test("R-164 a client that goes while its body is unread cancels the call")
  func gone() async throws {
    try await TranscodingStage.run { stage in
      for (index, path) in ["collect", "files?fileName=x"].enumerated() {
        let socket = try RawSocket(port: stage.edge.port)
        var head = "POST /v1/testing/\(path) HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n"
        for (name, value) in stage.headers { head += "\(name): \(value)\r\n" }
        head += "Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{}\n"
        try socket.send(Array(head.utf8))
        try await stage.wait { $0.began == index + 1 }
      }
      try await stage.wait { $0.ended.count == 2 }
    }
  }
}
