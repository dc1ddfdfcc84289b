import Foundation
import HTTP2
import Logging
import Protobuf
import Testing

@testable import Gateway

@Suite("What is said in a flood")
struct FloodAnswerTests {
  private let flood: Flood

  init() throws {
    flood = try Flood(
      pages: .portal, types: TypeRegistry([]), isTLS: true,
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func audience(
    _ path: String, _ method: String = "GET", _ more: KeyValuePairs<String, String> = [:]
  ) -> Flood.Audience? {
    var fields = HeaderFields([":method": method, ":path": path])
    for (name, value) in more { fields.append(name, value) }
    return flood.audience(fields)
  }

  @Test(
    "V-16 it is a whole answer, with an id of its own each",
    arguments: [
      (Flood.Audience.program, "application/problem+json", 2),
      (.reader, "text/html; charset=utf-8", 1),
    ])
  func whole(audience: Flood.Audience, type: String, ids: Int) throws {
    let (one, other) = (flood.answer(audience), flood.answer(audience))
    let id = try #require(one.fields["x-request-id"])
    let text = String(decoding: one.body, as: UTF8.self)
    #expect(one.fields[":status"] == "503" && one.fields["strict-transport-security"] != nil)
    #expect(one.fields["content-type"] == type)
    #expect(one.fields["content-length"] == "\(one.body.count)")
    #expect(one.fields["cache-control"] == "no-store")
    #expect(Int(one.fields["retry-after"] ?? "").map { Admission.retries.contains($0) } == true)
    #expect(text.components(separatedBy: id).count == ids + 1 && !text.contains("0000000000000000"))
    #expect(other.fields["x-request-id"] != id)
  }

  @Test("a page is told as it always is, and another try leads to where the reader is")
  func page() throws {
    let answer = flood.answer(.reader)
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(text.hasPrefix("<!doctype html>") && text.hasSuffix("</html>"))
    #expect(text.contains("<a href=\"\">Try again</a>"))
    #expect(answer.fields["content-security-policy"] == SecurityHeaders.pagePolicy)
  }

  @Test(
    "calls of the JSON API are told so, whatever they do",
    arguments: ["GET", "POST", "PATCH", "DELETE"])
  func calls(method: String) {
    #expect(audience("/v1/accounts", method) == .program)
    #expect(audience("/v1/accounts", method, ["origin": "https://other.example"]) == nil)
    #expect(audience("/v1/accounts", method, ["accept": "application/json;errors=rpc"]) == nil)
  }

  @Test(
    "so are pages that somebody reads",
    arguments: [
      "/", "/?next=x", "/tickets", "/tickets?tab=closed", "/accounts/acme/tickets/42", "/login",
    ])
  func pages(path: String) {
    #expect(audience(path) == .reader)
    #expect(audience(path, "HEAD") == nil && audience(path, "POST") == nil)
  }

  @Test(
    "everything else is looked at first: files, health, streams, calls of other protocols, what leads nowhere",
    arguments: [
      "/assets/0123/portal.css", "/healthz", "/readyz", "/live", "/openapi.json", "/ticketsx",
      "/portico.ticketing.v1.Tickets/GetTicket", "/nowhere", "", "*",
    ])
  func others(path: String) { #expect(audience(path) == nil) }
}
