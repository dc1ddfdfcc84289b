import PorticoAPI
import Protobuf
import RPC
import Testing

@testable import Gateway

@Suite("R-151 every kind of route, through a gateway", .timeLimit(.minutes(5)))
struct TranscodingTests {
  @Test("R-151 R-152 R-153 paths: what a template binds, and which template wins")
  func paths() async throws {
    try await TranscodingStage.run { stage in
      for (path, expected) in [
        ("/shelves/1/parcels/2", #""name":"shelves/1/parcels/2""#),
        ("/shelves/a%2Fb/parcels/2", #""name":"shelves/a%2Fb/parcels/2""#),
        ("/shelves/1/parcels/2:peek", #""name":"shelves/1/parcels/2""#),
        ("/shelves/1/parcels/2:other", #""name":"shelves/1/parcels/2:other""#),
        ("/shelves/1/parcels/2%3Apeek", #""name":"shelves/1/parcels/2:peek""#),
        ("/single/a%2Fb", #""name":"a/b""#), ("/single/a%252Fb", #""name":"a%2Fb""#),
        ("/single/%C3%A4", #""name":"ä""#), ("/single/fixed", #""name":"""#),
        ("/single/a+b", #""name":"a+b""#),
        ("/files/a/b/c", #""name":"a/b/c""#), ("/files", #""name":"""#),
        ("/files/a%2Fb/c:raw", #""name":"a%2Fb/c""#),
        ("/deep/a/x/b/y/z", #""inner":{"name":"a/x/b/y/z""#),
        (
          "/typed/-7/true/COLOR_RED/9007199254740993",
          #""number":-7,"bigNumber":"9007199254740993""#
        ),
        ("/typed/1/false/2/3", #""color":"COLOR_DARK_BLUE""#),
        ("/stars/anything/x", #""name":"x""#),
        ("/timed/2026-01-02T03:04:05Z", #""time":"2026-01-02T03:04:05Z""#),
      ] {
        let answer = try await stage.send("GET", "/v1/testing" + path)
        #expect(answer.status == 200 && answer.body.contains(expected), "\(path) \(answer.body)")
      }
      for (path, status) in [
        ("/shelves/1/parcels", 404), ("/shelves/1/parcels/2/3", 404), ("/typed/x/true/1/1", 400),
        ("/typed/1/yes/1/1", 400), ("/typed/2147483648/true/1/1", 400), ("/single/a%ZZ", 400),
        ("/single/..", 400), ("/single/%2e%2e", 400), ("/files/a//b", 400), ("/single/%00", 400),
      ] {
        #expect(try await stage.send("GET", "/v1/testing" + path).status == status, "\(path)")
      }
    }
  }

  @Test("R-151 R-155 bodies: whole, a field of any shape, none; response_body; every verb")
  func bodies() async throws {
    try await TranscodingStage.run { stage in
      for (verb, path, body, expected) in [
        ("POST", "/parcels", #"{"name":"x","tags":["a"]}"#, #""tags":["a"]"#),
        ("PUT", "/shelves/1/parcels/2", #"{"number":"3e0"}"#, #""number":3"#),
        (
          "POST", "/shelves/1/parcels/2:inner?number=4", #"{"number":5}"#,
          #""inner":{"name":"","etag":"","number":5"#
        ),
        ("POST", "/parcels:tags", #"["a","b"]"#, #"["a","b"]"#),
        ("POST", "/parcels:labels", #"{"k":"v"}"#, #"{"k":"v"}"#),
        ("POST", "/parcels:note", #""hello""#, #""hello""#),
        ("POST", "/parcels:facts", #"{"a":[1,null,{"b":true}]}"#, #"{"a":[1,null,{"b":true}]}"#),
        ("POST", "/parcels:time", #""2026-01-02T03:04:05.5Z""#, #""2026-01-02T03:04:05.500Z""#),
        ("POST", "/parcels:nothing?number=4", "", #""number":4"#),
        ("POST", "/parcels", "", #""name":"""#),
        ("DELETE", "/shelves/1/parcels/2", "", "{}"),
        ("DELETE", "/shelves/1/parcels/2:with", #"{"name":"x"}"#, "{}"),
        ("SEARCH", "/query?number=9", "", #""number":9"#),
      ] {
        let answer = try await stage.send(verb, "/v1/testing" + path, body: body)
        #expect(answer.status == 200 && answer.body.contains(expected), "\(path) \(answer.body)")
      }
      let tags = try await stage.send("GET", "/v1/testing/shelves/1/parcels/2/tags?tags=a&tags=b")
      #expect(tags.body == #"["a","b"]"#)
      #expect(try await stage.send("GET", "/v1/testing/shelves/1/parcels/2/inner").body == "null")
      for (verb, path, body) in [
        ("GET", "/query", "{}"), ("DELETE", "/shelves/1/parcels/2", "{}"),
        ("POST", "/parcels:nothing", "{}"), ("POST", "/parcels:tags", "{}"),
        ("POST", "/parcels:tags", ""), ("POST", "/parcels", "[]"), ("POST", "/parcels", "null"),
        ("PATCH", "/shelves/1/parcels/2", "null"), ("POST", "/parcels:tags", "null"),
        ("POST", "/parcels:note", "null"), ("POST", "/shelves/1/parcels/2:inner", "null"),
        ("PUT", "/shelves/1/parcels/2", #"{"name":"shelves/1/parcels/3"}"#),
        ("POST", "/parcels?number=1", "{}"), ("POST", "/parcels:tags?tags=a", "[]"),
      ] {
        let answer = try await stage.send(verb, "/v1/testing" + path, body: body)
        #expect(answer.status == 400, "\(verb) \(path) \(answer.body)")
      }
    }
  }

  @Test("R-154 the query: every shape in both spellings; what is refused")
  func query() async throws {
    try await TranscodingStage.run(api: APIOptions(ignoredParameters: ["utm_source"])) { stage in
      for (query, expected) in [
        ("inner.inner.big_number=1", #""bigNumber":"1""#),
        ("inner.bigNumber=2", #""bigNumber":"2""#),
        ("tags=a&tags=b+c&tags=d%2B", #""tags":["a","b c","d+"]"#),
        ("counts=1&counts=-2", "[1,-2]"),
        ("colors=COLOR_RED&colors=2", #"["COLOR_RED","COLOR_DARK_BLUE"]"#),
        ("isOpen=true&is_open=true", ""), ("isOpen=true", #""isOpen":true"#),
        ("raw=_-8", #""raw":"/+8=""#), ("raw=/%2B8%3D", #""raw":"/+8=""#),
        ("time=2026-01-02T04:04:05%2B01:00", #""time":"2026-01-02T03:04:05Z""#),
        ("wait=1.5s", #""wait":"1.500s""#),
        ("mask=isOpen,inner.bigNumber", #""mask":"isOpen,inner.bigNumber""#),
        ("mask=is_open", #""mask":"isOpen""#), ("wrappedText=a", #""wrappedText":"a""#),
        ("wrapped_number=7", #""wrappedNumber":"7""#),
        ("wrappedSwitch=false", #""wrappedSwitch":false"#),
        ("wrappedBytes=AQI", #""wrappedBytes":"AQI=""#), ("note=", #""note":"""#),
        ("textChoice=a", #""textChoice":"a""#), ("ratio=1e3", #""ratio":1000"#),
        ("ratio=NaN", #""ratio":"NaN""#),
        ("unsignedNumber=18446744073709551615", "18446744073709551615"),
        ("utm_source=x&number=1", #""number":1"#), ("number=", ""),
      ] where !expected.isEmpty {
        let answer = try await stage.send("GET", "/v1/testing/query?" + query)
        #expect(answer.status == 200 && answer.body.contains(expected), "\(query) \(answer.body)")
      }
      for query in [
        "nothing=1", "inner.nothing=1", "number=a", "number=1&number=2", "isOpen=1", "isOpen=yes",
        "color=COLOR_GREEN", "raw=%21", "time=yesterday", "wait=1.5", "parts=x",
        "parts.name=x", "labels=x", "labels.a=b", "inner=x", "facts=x", "packed=x", "name.x=1",
        "textChoice=a&numberChoice=1", "isOpen=true&is_open=true", "big_number=1.5", "number=1e-1",
        "unsignedNumber=-1", "=x", "inner.=1", ".name=x",
      ] {
        let answer = try await stage.send("GET", "/v1/testing/query?" + query)
        #expect(answer.status == 400, "\(query) \(answer.body)")
      }
      let bound = try await stage.send("GET", "/v1/testing/shelves/1/parcels/2?name=x")
      #expect(bound.status == 400 && bound.body.contains("path"))
    }
  }

  @Test("R-156 PATCH: the mask is what the body gives, a Struct is one leaf, `*` has none")
  func patch() async throws {
    try await TranscodingStage.run { stage in
      let path = "/v1/testing/shelves/1/parcels/2"
      for (query, body, mask) in [
        (
          "", #"{"number":1,"inner":{"bigNumber":2},"facts":{"a":{"b":1}},"etag":"e"}"#,
          "number,inner.bigNumber,facts"
        ),
        ("", #"{"tags":[],"note":null,"labels":{}}"#, "note,tags,labels"),
        ("?updateMask=number", #"{"number":1,"note":"x"}"#, "number"),
        ("", "{}", ""),
      ] {
        let answer = try await stage.send("PATCH", path + query, body: body)
        #expect(answer.body.contains("\"updateMask\":\"\(mask)\""), "\(body) \(answer.body)")
      }
      let all = try await stage.send("PATCH", path + ":all", body: #"{"number":1}"#)
      #expect(all.status == 200 && !all.body.contains("updateMask"))
      for body in [
        #"{"nope":1}"#, #"{"inner":{"nope":1}}"#, #"{"name":"shelves/9/parcels/9"}"#, "",
      ] {
        #expect(try await stage.send("PATCH", path, body: body).status == 400, "\(body)")
      }
    }
  }

  @Test("R-159 defaults, enums and names: as the client asks, or the deployment says")
  func options() async throws {
    try await TranscodingStage.run { stage in
      let path = "/v1/testing/query?color=COLOR_RED&bigNumber=1"
      let full = try await stage.send("GET", path)
      #expect(full.body.contains(#""isOpen":false"#) && full["vary"]?.contains("Accept") == true)
      for (accept, body) in [
        ("application/json;defaults=false", #"{"bigNumber":"1","color":"COLOR_RED"}"#),
        ("application/json; defaults=false; enums=numbers", #"{"bigNumber":"1","color":1}"#),
        (
          "text/html, application/json;q=0.5;defaults=false;fields=proto",
          #"{"big_number":"1","color":"COLOR_RED"}"#
        ),
      ] {
        let answer = try await stage.send("GET", path, ["Accept": accept])
        #expect(answer.body == body)
      }
    }
    let other = APIOptions(emitsDefaults: false, enumsAsNumbers: true, usesProtoNames: true)
    try await TranscodingStage.run(api: other) { stage in
      let path = "/v1/testing/query?color=COLOR_RED&bigNumber=1"
      let answer = try await stage.send("GET", path)
      #expect(answer.body == #"{"big_number":"1","color":1}"#)
    }
  }

  @Test("R-178 a resource's etag is a validator; nothing is kept by caches")
  func etags() async throws {
    try await TranscodingStage.run { stage in
      let path = "/v1/testing/query?etag=abc"
      let answer = try await stage.send("GET", path)
      #expect(answer["etag"] == #"W/"abc""# && answer["cache-control"] == "no-store")
      for known in [#"W/"abc""#, #""x", "abc""#, "*"] {
        let same = try await stage.send("GET", path, ["If-None-Match": known])
        #expect(same.status == 304 && same.body.isEmpty && same["etag"] == #"W/"abc""#)
      }
      #expect(try await stage.send("GET", path, ["If-None-Match": #""abd""#]).status == 200)
      let unsafe = try await stage.send("GET", "/v1/testing/query?etag=a%22b")
      #expect(unsafe.status == 200 && unsafe["etag"] == nil)
    }
  }

  @Test("R-174 the client's own time is passed on, capped by the route's, and 504 when it is over")
  func deadlines() async throws {
    try await TranscodingStage.run { stage in
      for header in ["7.5", "100000"] {
        let headers = ["X-Request-Timeout": header]
        #expect(try await stage.send("GET", "/v1/testing/query", headers).status == 200)
      }
      let seen = stage.service.record.withLock { $0.deadlines }
      #expect(seen.count == 2 && seen[0] <= .seconds(8) && seen[1] <= .seconds(10))
      for header in ["0", "-1", "1s", "1.2.3", "", "99999999999"] {
        let answer = try await stage.send(
          "GET", "/v1/testing/query", ["X-Request-Timeout": header])
        #expect(answer.status == 400, "\(header)")
      }
      // A machine that stands still may use the time up before the service begins: then there is more of it.
      var late = try await stage.send(
        "GET", "/v1/testing/count?size=1000", ["X-Request-Timeout": "0.2"])
      if late.status == 504 {
        late = try await stage.send(
          "GET", "/v1/testing/count?size=1000", ["X-Request-Timeout": "5"])
      }
      #expect(late.status == 200 && late.body.contains(#""code":"DEADLINE_EXCEEDED""#))
      for time in ["0.2", "5"]
      where stage.service.record.withLock({ $0.deadlines.count }) == seen.count {
        let slow = try await stage.send(
          "GET", "/v1/testing/shelves/slow/parcels/1", ["X-Request-Timeout": time])
        #expect(slow.status == 504 && slow.body.contains(#""code":"DEADLINE_EXCEEDED""#))
      }
      try await stage.wait { $0.ended.contains("getParcel") }
    }
  }

  @Test(
    "R-160 R-161 every code has its HTTP status; texts of our faults stay inside",
    arguments: [
      (1, 499), (2, 500), (3, 400), (4, 504), (5, 404), (6, 409), (7, 403), (8, 429), (9, 400),
      (10, 409), (11, 400), (12, 501), (13, 500), (14, 503), (15, 500), (16, 401),
    ])
  func statuses(code: Int, http: Int) async throws {
    try await TranscodingStage.run { stage in
      let path = "/v1/testing/fail/\(code)?message=Because&retrySeconds=3"
      let answer = try await stage.send("GET", path)
      #expect(answer.status == http && answer["content-type"] == "application/problem+json")
      let hides = [2, 13, 15].contains(code)
      #expect(answer.body.contains("Because") == !hides)
      #expect(answer.body.contains(#""reason":"TESTED""#) == !hides)
      #expect(answer.body.contains("\"status\":\(http),"))
      #expect(
        answer.body.contains(#""instance":"urn:portico:request:\#(answer["x-request-id"] ?? "-")""#)
      )
      #expect((answer["retry-after"] == "3") == !hides)
      #expect((answer["www-authenticate"] == #"Bearer realm="portico""#) == (code == 16))
      let status = try await stage.send("GET", path, ["Accept": "application/json;errors=rpc"])
      #expect(status["content-type"] == "application/json" && status.status == http)
      #expect(status.body.hasPrefix("{\"code\":\(code),\"message\":"))
    }
  }
}
