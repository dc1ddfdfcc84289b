import Foundation
import RPC
import TestSupport
import Testing

@testable import Gateway

/// The portal's own pages over real sockets, with a customer signed in and messaging, billing and cms down.
struct PagesStage {
  let edge: EdgeStage
  let ticketing: TestTicketing
  /// The headers of the signed-in browser.
  let cookie: [String: String]
  let csrf: String

  /// - Parameters:
  ///   - user: `ada` is a customer, `tomas` the administrator.
  ///   - identity: more services of identity.
  ///   - more: services that are up besides.
  ///   - takesTickets: customers may raise tickets.
  static func run(
    as user: String = "ada", identity: [any RPCService] = [],
    serving more: [String: [any RPCService]] = [:], takesTickets: Bool = true,
    limits: EdgeLimits = .testing,
    _ body: (PagesStage) async throws -> Void
  ) async throws {
    let ticketing = TestTicketing()
    try await EdgeStage.run(
      pages: .portal, limits: limits,
      serving: more.merging(
        [
          "ticketing": [ticketing, TestTicketSettings(submissionAllowed: takesTickets)],
          "identity": identity,
        ]) { $1 }
    ) { edge in
      let page = try await edge.send("GET", "/login")
      let visit = try #require(page.cookie("portico-visit"))
      let answer = try await edge.send(
        "POST", "/login", ["Cookie": "portico-visit=\(visit)", "Content-Type": form],
        body: "_csrf=\(token(page))&username=\(user)&password=right")
      #expect(answer.status == 303 && answer["location"] == "/")
      let cookie = ["Cookie": "portico=\(try #require(answer.cookie("portico")))"]
      let settings = try await edge.send("GET", "/tickets/new", cookie)
      try await body(
        PagesStage(edge: edge, ticketing: ticketing, cookie: cookie, csrf: token(settings)))
    }
  }

  static let form = "application/x-www-form-urlencoded"

  /// The token of the page's first form.
  static func token(_ page: Answer) -> String { value("_csrf", page) }

  static func value(_ name: String, _ page: Answer) -> String {
    let parts = page.body.components(separatedBy: "name=\"\(name)\" value=\"")
    return parts.count > 1 ? String(parts[1].prefix { $0 != "\"" }) : ""
  }

  func get(_ path: String) async throws -> Answer { try await edge.send("GET", path, cookie) }

  func post(_ path: String, _ fields: String = "") async throws -> Answer {
    try await edge.send(
      "POST", path, cookie.merging(["Content-Type": Self.form]) { $1 },
      body: "_csrf=\(csrf)&\(fields)")
  }

  static let boundary = "XboundaryX"

  static func part(_ name: String, _ value: String, file: String? = nil) -> String {
    let fileName = file.map { "; filename=\"\($0)\"" } ?? ""
    return
      "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\(fileName)\r\n\r\n\(value)\r\n"
  }

  /// A multipart form. - files: name and content.
  func submit(
    _ path: String, _ fields: [(String, String)], files: [(String, String)] = []
  ) async throws -> Answer {
    var body = Self.part("_csrf", csrf)
    for (name, value) in fields { body += Self.part(name, value) }
    for (name, content) in files { body += Self.part("files", content, file: name) }
    return try await edge.send(
      "POST", path,
      cookie.merging(["Content-Type": "multipart/form-data; boundary=\(Self.boundary)"]) { $1 },
      body: body + "--\(Self.boundary)--\r\n")
  }
}
