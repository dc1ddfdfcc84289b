import Foundation
import TestProcesses
import TestSupport
import Testing

@testable import Gateway

@Suite("R-163 R-164 R-175 streams and files over HTTP/2", .timeLimit(.minutes(3)))
struct HTTP2StreamTests {
  private func fields(
    _ path: String, _ stage: TranscodingStage, _ more: [String: String] = [:]
  ) -> [(String, String)] {
    [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", EdgeStage.host)]
      + stage.headers.merging(more) { $1 }.map { ($0.key.lowercased(), $0.value) }
  }

  /// Status, bytes and whether the end was one, of a request on a connection of its own.
  private func send(
    _ stage: TranscodingStage, _ path: String, _ more: [String: String] = [:]
  ) async throws -> (status: String, body: String, isWhole: Bool) {
    let fields = fields(path, stage, more)
    let port = stage.edge.port
    return try await onOwnThread {
      let client = try RawHTTP2Client(port: port)
      try client.request(fields, stream: 1)
      let status = try client.outcome(of: 1)
      let (body, isWhole) = try client.rest(of: 1)
      return (status, String(decoding: body, as: UTF8.self), isWhole)
    }
  }

  private static let events = ["Accept": "text/event-stream"]

  @Test("R-163 lines and events are those of HTTP/1.1, and end with END_STREAM")
  func streams() async throws {
    try await TranscodingStage.run { stage in
      for accept in [[:], Self.events] {
        let path = "/v1/testing/count?count=20&size=9000"
        let old = try await stage.send("GET", path, accept)
        let new = try await send(stage, path, accept)
        #expect(new.status == "200" && new.isWhole)
        #expect(new.body == old.chunks && new.body.utf8.count > 180_000)
      }
      let resumed = try await send(
        stage, "/v1/testing/count?count=1", Self.events.merging(["Last-Event-ID": "41"]) { $1 })
      #expect(resumed.body.hasPrefix("id: 42\n"))
    }
  }

  @Test("R-162 an error after the first message is the last record, and then the stream is reset")
  func failures() async throws {
    try await TranscodingStage.run { stage in
      let path = "/v1/testing/fail/5:later?message=gone"
      let late = try await send(stage, path + "&after=2")
      let lines = late.body.split(separator: "\n")
      #expect(late.status == "200" && !late.isWhole && lines.count == 3)
      #expect(lines.last?.contains(#""title":"Not Found","status":404"#) == true)
      let event = try await send(stage, path + "&after=1", Self.events)
      #expect(!event.isWhole && event.body.contains("event: error\ndata: {"))
      #expect(!event.body.contains("event: end"))
      let early = try await send(stage, path)
      #expect(early.status == "404" && early.isWhole)
    }
  }

  @Test("R-175 a file, its ranges and validators are those of HTTP/1.1")
  func files() async throws {
    try await TranscodingStage.run { stage in
      let path = "/v1/testing/fetch/a.txt?size=250000"
      let old = try await stage.send("GET", path)
      let new = try await send(stage, path)
      #expect(new.status == "200" && new.isWhole && new.body == old.body)
      let part = try await send(stage, path, ["Range": "bytes=1001-1004"])
      #expect(part.status == "206" && part.isWhole && part.body == "1234")
      let same = try await send(stage, path, ["If-None-Match": #""v1""#])
      #expect(same.status == "304" && same.body.isEmpty)
      let none = try await send(stage, "/v1/testing/fetch/none")
      #expect(none.status == "404")
    }
  }

  @Test("R-164 RST_STREAM ends the call of its stream, and nothing else of the connection")
  func reset() async throws {
    try await TranscodingStage.run { stage in
      let client = Unchecked(
        try await onOwnThread { [port = stage.edge.port] in
          Unchecked(try RawHTTP2Client(port: port))
        }.value)
      let endless = fields("/v1/testing/count?size=1000", stage)
      let single = fields("/v1/testing/shelves/a/parcels/b", stage)
      let statuses = try await onOwnThread {
        try client.value.request(endless, stream: 1)
        try client.value.request(endless, stream: 3)
        return Set([try client.value.outcome(of: 1), try client.value.outcome(of: 3)])
      }
      #expect(statuses == ["200"])
      try await onOwnThread { try client.value.cancel(1) }
      try await stage.wait { $0.ended == ["count"] }
      let answered = try await onOwnThread {
        try client.value.request(single, stream: 5)
        return try client.value.outcome(of: 5)
      }
      #expect(answered == "200")
      #expect(stage.service.record.withLock { $0.ended } == ["count"])
      try await onOwnThread { try client.value.cancel(3) }
      try await stage.wait { $0.ended == ["count", "count"] }
    }
  }

  @Test(
    "R-164 over TLS a browser that goes ends its calls", arguments: ["--http2", "--http1.1"],
    ["application/x-ndjson", "text/event-stream"])
  func gone(version: String, accept: String) async throws {
    try await withCertificate { tls, certificate in
      try await TranscodingStage.run(tls: tls) { stage in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        let cookie = try #require(stage.headers["Cookie"]).replacing(
          "portico=", with: "__Host-portico=")
        process.arguments = [
          "--max-time", "100", "-sSN", version, "--cacert", certificate, "--resolve",
          "northwind.localhost:\(stage.edge.port):127.0.0.1", "-H", "Accept: \(accept)", "-H",
          "Cookie: \(cookie)",
          "https://northwind.localhost:\(stage.edge.port)/v1/testing/count?size=100",
        ]
        let output = Pipe.ofOneChild()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.start()
        let first = try await onOwnThread { output.fileHandleForReading.availableData }
        try #require(
          String(decoding: first, as: UTF8.self).contains("cursor"),
          "\(String(decoding: first, as: UTF8.self))")
        #expect(stage.service.record.withLock { $0.ended }.isEmpty)
        kill(process.processIdentifier, SIGKILL)
        try await stage.wait { $0.ended == ["count"] }
        try await onOwnThread { process.waitUntilExit() }
      }
    }
  }
}
