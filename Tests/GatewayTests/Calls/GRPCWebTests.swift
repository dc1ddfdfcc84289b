import Foundation
import NIOHTTP1
import PorticoAPI
import Protobuf
import RPC
import TestSupport
import Testing
import WellKnown

@testable import Gateway

@Suite("R-166 gRPC-Web", .timeLimit(.minutes(2)))
struct GRPCWebTests {
  private static let proto = ["Content-Type": "application/grpc-web+proto"]
  private static let text = ["Content-Type": "application/grpc-web-text"]

  private func portal(_ tenant: String) throws -> [UInt8] {
    Envelope.bytes(try Identity.GetPortalRequest(tenant: tenant).serialized())
  }

  private func watch(_ resource: String) throws -> [UInt8] {
    Envelope.bytes(try Events.WatchEventsRequest(resource: resource).serialized())
  }

  @Test(
    "R-166 the content types of the protocol, and no others",
    arguments: [
      ("application/grpc-web", "application/grpc-web+proto"),
      ("application/grpc-web+proto", "application/grpc-web+proto"),
      ("Application/gRPC-Web+JSON; charset=utf-8", "application/grpc-web+json"),
      ("application/grpc-web-text", "application/grpc-web-text+proto"),
      ("application/grpc-web-text+proto", "application/grpc-web-text+proto"),
      ("application/grpc-web+thrift", nil), ("application/grpc-web-text-base64", nil),
      ("application/grpc-webby", nil), ("application/grpc", nil), ("", nil),
    ] as [(String, String?)])
  func formats(type: String, answer: String?) {
    #expect(GRPCWebFormat(["content-type": type])?.contentType == answer)
  }

  @Test("R-166 Accept decides whether the answer is text")
  func accept() throws {
    let format = try #require(GRPCWebFormat(["content-type": "application/grpc-web"]))
    #expect(format.answering(["accept": "*/*, application/grpc-web-text"]).isText)
    #expect(!format.answering(["accept": "*/*"]).isText)
    let text = try #require(GRPCWebFormat(["content-type": "application/grpc-web-text"]))
    #expect(text.answering([:]).isText)
    #expect(!text.answering(["accept": "application/grpc-web+proto"]).isText)
  }

  @Test("R-166 one message: data, then trailers in a frame with the highest bit, names lower-case")
  func unary() async throws {
    try await EdgeStage.run { stage in
      let answer = try await stage.call(EdgeStage.portal, Self.proto, body: portal("northwind"))
      #expect(answer.status == 200 && answer["content-type"] == "application/grpc-web+proto")
      #expect(answer["grpc-status"] == nil && answer.frames.map(\.flags) == [0, 0x80])
      let found = try Identity.Portal(serialized: answer.frames[0].bytes)
      #expect(found.displayName == "Northwind")
      #expect(answer.frames[1].text == "grpc-status: 0\r\n")
      let json = try await stage.call(
        EdgeStage.portal, ["Content-Type": "application/grpc-web+json"],
        body: Envelope.bytes(Array(#"{"tenant":"northwind"}"#.utf8)))
      #expect(
        json.frames[0].text
          == #"{"tenant":"northwind","displayName":"Northwind","active":true}"#)
    }
  }

  @Test("R-166 errors before the answer are headers, with no frame that could hide them")
  func trailersOnly() async throws {
    try await EdgeStage.run { stage in
      let missing = try await stage.call(EdgeStage.portal, Self.proto, body: portal("none"))
      #expect(missing.status == 200 && missing["grpc-status"] == "5" && missing.body.isEmpty)
      #expect(missing["grpc-message"] == "there is no such portal")
      let leaky = try await stage.call(EdgeStage.portal, Self.proto, body: portal("leaky"))
      #expect(leaky["grpc-status"] == "13" && leaky["grpc-message"] == "internal error")
      let busy = try await stage.call(EdgeStage.portal, Self.proto, body: portal("busy"))
      #expect(busy["grpc-status"] == "8" && busy["retry-after"] == "7")
      let details = try #require(
        busy["grpc-status-details-bin"].flatMap {
          Data(base64Encoded: $0 + String(repeating: "=", count: (4 - $0.utf8.count % 4) % 4))
        })
      let status = try GoogleRpc.Status(serialized: [UInt8](details))
      #expect(status.code == 8 && status.details.count == 1)
      #expect(status.details[0].typeURL == "type.googleapis.com/google.rpc.RetryInfo")
    }
  }

  @Test(
    "R-166 the gateway's own errors are told as the protocol tells errors",
    arguments: [
      (EdgeStage.watch, [:], "16"), ("/portico.ticketing.v1.Tickets/None", [:], "12"),
      ("/portico.identity.v1.Sessions/RefreshPrincipal", [:], "12"),
      ("/grpc.health.v1.Health/Check", [:], "12"),
      (EdgeStage.portal, ["Cookie": "portico=x", "Origin": "https://evil.example"], "7"),
      (EdgeStage.portal, ["grpc-timeout": "soon"], "3"),
      (EdgeStage.portal, ["grpc-timeout": "0n"], "4"),
      (EdgeStage.portal, ["grpc-encoding": "br"], "12"),
    ] as [(String, [String: String], String)])
  func gatewayErrors(path: String, headers: [String: String], status: String) async throws {
    try await EdgeStage.runCalls { stage, _, _ in
      let answer = try await stage.call(
        path, Self.proto.merging(headers) { $1 }, body: Envelope.bytes([]))
      #expect(answer.status == 200 && answer.body.isEmpty)
      #expect(answer["grpc-status"] == status, "\(answer["grpc-message"] ?? "")")
      #expect(answer["content-type"] == "application/grpc-web+proto")
    }
  }

  @Test("R-166 an unknown codec is 415 and still has a status")
  func unknownCodec() async throws {
    try await EdgeStage.run { stage in
      let answer = try await stage.call(
        EdgeStage.portal, ["Content-Type": "application/grpc-web+thrift"], body: [])
      #expect(answer.status == 415 && answer["grpc-status"] == "3")
    }
  }

  @Test(
    "R-166 bodies that are not one whole message",
    arguments: [
      ([], "12"), ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "12"), ([0], "3"), ([0, 0, 0, 0, 9, 1], "3"),
      ([0x80, 0, 0, 0, 0], "3"), ([4, 0, 0, 0, 0], "3"), ([1, 0, 0, 0, 1, 0], "3"),
      ([0, 0, 0, 0, 1, 0xFF], "3"), ([0, 0xFF, 0xFF, 0xFF, 0xFF], "8"),
      ([0, 0, 0, 0, 2, 0x0A, 0x05], "3"),
    ] as [([UInt8], String)])
  func malformed(body: [UInt8], status: String) async throws {
    try await EdgeStage.run { stage in
      let answer = try await stage.call(EdgeStage.portal, Self.proto, body: body)
      #expect(answer.status == 200 && answer["grpc-status"] == status && answer.body.isEmpty)
    }
  }

  @Test("R-166 text mode both ways: padded pieces in, each frame a padded piece out")
  func textMode() async throws {
    try await EdgeStage.runCalls { stage, _, cookie in
      let frame = try watch("three")
      let body = Base64Chunks.encode(Array(frame[..<4])) + Base64Chunks.encode(Array(frame[4...]))
      let answer = try await stage.call(
        EdgeStage.watch, Self.text.merging(cookie) { $1 }, body: body)
      #expect(answer["content-type"] == "application/grpc-web-text+proto")
      var chunks = Base64Chunks()
      let bytes = try #require(answer.body.withUnsafeBytes { chunks.decode($0) })
      #expect(BinaryAnswer.frames(bytes).map(\.flags) == [0, 0, 0, 0x80])
      let bad = try await stage.call(
        EdgeStage.watch, Self.text.merging(cookie) { $1 }, body: Array("AAA*".utf8))
      #expect(bad["grpc-status"] == "3" && bad.body.isEmpty)
    }
  }

  @Test("R-162 R-166 a stream that fails before its first message is headers, after it a trailer")
  func streamErrors() async throws {
    try await EdgeStage.runCalls { stage, _, cookie in
      let headers = Self.proto.merging(cookie) { $1 }
      let none = try await stage.call(EdgeStage.watch, headers, body: watch("none"))
      #expect(none.frames == [.init(flags: 0x80, bytes: Array("grpc-status: 0\r\n".utf8))])
      let refused = try await stage.call(EdgeStage.watch, headers, body: watch("refused"))
      #expect(refused["grpc-status"] == "9" && refused.body.isEmpty)
      #expect(refused["grpc-message"] == "sp%C3%A4ter nochmal")
      let broken = try await stage.call(EdgeStage.watch, headers, body: watch("broken"))
      #expect(broken["grpc-status"] == nil && broken.frames.map(\.flags) == [0, 0x80])
      let end = broken.frames[1].text
      #expect(end.hasPrefix("grpc-status: 9\r\ngrpc-message: sp%C3%A4ter nochmal\r\n"))
      #expect(end.contains("grpc-status-details-bin: "))
      let leaky = try await stage.call(EdgeStage.watch, headers, body: watch("leaky"))
      #expect(
        leaky.frames[1].text == "grpc-status: 13\r\ngrpc-message: internal error\r\n")
    }
  }

  @Test(
    "R-174 the client's timeout is passed on, and capped; R-172 of its headers only the trace is")
  func timeoutAndMetadata() async throws {
    try await EdgeStage.runCalls { stage, events, cookie in
      for timeout in ["7S", "99999999H"] {
        let headers = [
          "grpc-timeout": timeout, "x-user": "users/admin", "portico-principal-bin": "AAAA",
          "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x-other": "1",
        ]
        _ = try await stage.call(
          EdgeStage.watch, Self.proto.merging(cookie) { $1 }.merging(headers) { $1 },
          body: watch("three"))
      }
      #expect(events.deadlines.count == 2)
      #expect(events.deadlines[0] <= .seconds(7) && events.deadlines[1] <= .seconds(600))
      #expect(Set(events.foreignMetadata).subtracting(["user-agent"]) == ["traceparent"])
    }
  }

  @Test("R-164 a client that goes away ends the call, and one that does not read stops the service")
  func cancellation() async throws {
    try await EdgeStage.runCalls { stage, events, cookie in
      let bytes = stage.request(
        "POST", EdgeStage.watch, Self.proto.merging(cookie) { $1 }, body: try watch("endless"))
      let port = stage.port
      let socket = try await onOwnThread {
        let socket = try RawSocket(port: port)
        try socket.send(bytes)
        _ = try socket.read(until: "\r\n\r\n")
        return Unchecked(socket)
      }
      // Until nothing moves any more: what the kernel and the windows hold is all that was written.
      var last = -1
      while events.written.load(ordering: .relaxed) != last {
        last = events.written.load(ordering: .relaxed)
        try await Task.sleep(for: .milliseconds(300))
      }
      #expect(last < 1000)
      #expect(events.cancelled == 0)
      socket.value.hangUp()
      while events.cancelled == 0 { try await Task.sleep(for: .milliseconds(10)) }
    }
  }
}
