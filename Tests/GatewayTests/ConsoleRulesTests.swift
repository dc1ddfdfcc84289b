import Access
import Foundation
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values
import WellKnown

@testable import Gateway

@Suite("The console's rules")
struct ConsoleRulesTests {
  @Test("D-51 no page of the console exists for a customer, whatever the method")
  func customersSeeNothing() async throws {
    let customer = try Samples.context(TestPrincipal.customer(role: .externalManager))
    #expect(Console.routes.count > 40)
    for route in Console.routes {
      await #expect(throws: Status(.notFound, "there is no such page"), "\(route.pattern)") {
        _ = try await route.handler(customer)
      }
    }
  }

  @Test("D-51 pages of another permission do not exist for staff either")
  func staffSeeTheirs() async throws {
    let editor = try Samples.context(TestPrincipal.staff(.contentEditor))
    for path in ["/inbox", "/roles", "/audit", "/mail", "/settings/portal"] {
      let route = try #require(Console.routes.first { $0.pattern == path })
      await #expect(throws: Status(.notFound, "there is no such page")) {
        _ = try await route.handler(editor)
      }
    }
  }

  @Test("A refusal keeps what was typed and tells a stale form from a wrong one")
  func formState() throws {
    let form = Form(fields: [.init(name: "a", value: "typed")])
    let saved = FormState()
    #expect(saved.text("a", "saved") == "saved" && !saved.isRefused && saved.isOn("b", true))
    let stale = try FormState(Status(.aborted, "the etag is stale"), form)
    #expect(stale.isStale && stale.status == .conflict && stale.text("a", "saved") == "typed")
    #expect(stale.summary([], reload: "/x").description.contains("href=\"/x\""))
    #expect(!stale.isOn("b", true))
    let wrong = try FormState(
      try TestTicketing.invalid("thing.a", "is required"), form, renaming: ["thing.a": "a"])
    #expect(wrong.status == .unprocessableEntity && wrong.errors["a"] == "Is required")
    let beyond = try FormState(Status(.permissionDenied, "beyond your own"), form)
    #expect(beyond.status == .forbidden && beyond.errors.general == ["Beyond your own"])
    #expect(throws: Status(.unavailable, "down")) {
      _ = try FormState(Status(.unavailable, "down"), form)
    }
    #expect(throws: Status(.notFound, "gone")) {
      _ = try FormState(Status(.notFound, "gone"), form)
    }
  }

  @Test("Violations of a list's entries stand beside the list, with the entry's number")
  func gathering() throws {
    let error = try TestTicketing.invalid("s.links[1].url", "must be https")
    let state = try FormState(error, Form()).gathering(["s.links"])
    #expect(state.errors.byField == ["s.links": "Line 2: Must be https"])
  }

  @Test("U-19 D-40 a deadline is read in the reader's zone, on both sides of a change of the clock")
  func localTime() throws {
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    for (text, seconds) in [
      ("2026-03-28T12:00", 1_774_695_600), ("2026-03-30T12:00", 1_774_864_800),
      ("2026-03-30T12:00:00", 1_774_864_800),
    ] as [(String, Int64)] {
      #expect(LocalTime.instant(text, in: berlin) == Instant(seconds: seconds))
      #expect(LocalTime.text(.init(seconds: seconds), in: berlin) == String(text.prefix(16)))
    }
    for text in [
      "", "tomorrow", "2026-02-30T10:00", "2026-03-01", "2026-03-01T25:00", "2026-03-01Tx:0",
    ] {
      #expect(LocalTime.instant(text, in: berlin) == nil)
    }
    #expect(LocalTime.text(nil, in: berlin).isEmpty)
  }

  @Test("A kept mail's links lead nowhere but to this portal")
  func mailLinks() {
    let origin = "https://acme.portal.example"
    func html(_ text: String) -> String { MailText.html(text, origin: origin).description }
    #expect(
      html("Set it: https://acme.portal.example/welcome?token=abc.").contains(
        "<a href=\"/welcome?token=abc\">https://acme.portal.example/welcome?token=abc</a>."))
    #expect(html("(https://acme.portal.example)").contains("<a href=\"/\">"))
    for text in [
      "https://evil.example/x", "https://acme.portal.example.evil.example/",
      "https://acme.portal.example@evil.example/", "javascript:alert(1)",
      "https://acme.portal.example//evil.example", "https://acme.portal.example/\\evil.example",
      "http://acme.portal.example/",
    ] { #expect(!html(text).contains("<a "), "\(text)") }
    #expect(html("a\r\nb\n\nc") == "<p>a<br>b</p><p>c</p>")
  }

  @Test("A role's table gives one grant for each permission with a reach")
  func grants() {
    let work = RoleGrants.entries.map(\.permission)
    #expect(Set(work).count == work.count && work.count == Permission.all.count)
    let form = Form(fields: [
      .init(name: "grant.\(PorticoAccess.Permission.ticketsRead.rawValue)", value: "account"),
      .init(name: "grant.\(PorticoAccess.Permission.rolesWrite.rawValue)", value: ""),
      .init(name: "grant.\(PorticoAccess.Permission.mailRead.rawValue)", value: "planet"),
    ])
    let grants = RoleGrants.grants(form)
    #expect(grants.map(\.permission) == [.ticketsRead] && grants.map(\.reach) == [.account])
  }

  @Test(
    "U-05 the inbox reads its folder, order and filters from the URL; a foreign value is the default"
  )
  func inboxView() throws {
    let staff = TestPrincipal.staff()
    let view = InboxView(
      try Samples.context(
        staff, target: "/inbox?folder=mine&order=due&priority=catalogEntries/p1&q=vpn&view=any"))
    #expect(view.request.folder == .mine && view.request.orderBy == .due)
    #expect(view.request.priorities == ["catalogEntries/p1"] && view.request.query == "vpn")
    #expect(view.request.view == .all && view.request.parent == "accounts/-")
    let plain = InboxView(try Samples.context(staff, target: "/inbox?folder=x&order=y&view=z"))
    #expect(plain.folder == .unassigned && plain.request.view == .open && !plain.isFiltered)
  }
}

extension ConsoleRulesTests {
  @Test("F-35 the audit log shows what changed, and nothing of what stayed")
  func auditChanges() {
    func changes(_ before: String, _ after: String) -> String {
      AuditPage.changes(.init(before: before, after: after)).description
    }
    let change = changes(#"{"state":"new","title":"A"}"#, #"{"state":"<open>","title":"A"}"#)
    #expect(change == "<div class=\"sub\">state: new → &lt;open&gt;</div>")
    #expect(changes("", #"{"role":"x"}"#) == "<div class=\"sub\">role: x</div>")
    #expect(changes(#"{"role":"x"}"#, "{}") == "<div class=\"sub\">role: x → none</div>")
    #expect(changes("not json", "").contains("not json"))
  }

  @Test("An account's page leads staff to lists of that account; customers stay in their own")
  func listParent() throws {
    let target = "/tickets?account=accounts/globex"
    let staff = TestPrincipal.staff()
    let named = try Samples.context(staff, target: target)
    let whole = try Samples.context(staff)
    let customer = try Samples.context(target: target)
    #expect(named.listParent == "accounts/globex" && whole.listParent == "accounts/-")
    #expect(customer.listParent == "accounts/acme")
  }
}
