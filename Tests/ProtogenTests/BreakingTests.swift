import Testing

@testable import protogen

@Suite("Changes that break a peer")
struct BreakingTests {
  private static let message = """
    message M {
      string a = 1; int32 b = 2; repeated string c = 3; oneof pick { string d = 4; string e = 5; }
      N n = 6; E kind = 7;
    }
    message N { string x = 1; }
    enum E { E_UNSPECIFIED = 0; E_ONE = 1; }
    """
  private static let rpc =
    #"rpc Get(M) returns (N) { option (portico.access.v1.rule) = { anyone: true }; option (google.api.http) = { get: "/v1/m" }; }"#

  private func text(_ message: String, _ rpc: String) -> String {
    """
    syntax = "proto3"; package portico.trial.v1;
    import "google/api/annotations.proto"; import "portico/access/v1/access.proto";
    \(message)
    service S { \(rpc) }
    """
  }

  /// What is said when `old` in the proto becomes `new`.
  private func changes(_ old: String, _ new: String, except: [String] = []) throws -> [String] {
    let before = text(Self.message, Self.rpc)
    #expect(before.contains(old))
    return BreakingCheck(
      old: try ProtoSource.index(before),
      new: try ProtoSource.index(before.replacingOccurrences(of: old, with: new)), except: except
    ).changes()
  }

  @Test(
    "R-137 what breaks is told, by name",
    arguments: [
      ("string a = 1;", "", "field portico.trial.v1.M.a: removed, and not reserved"),
      ("string a = 1;", "reserved 1;", "field portico.trial.v1.M.a: removed, and not reserved"),
      ("string a = 1;", "string a = 9;", "M.a: number 1 became 9"),
      ("string a = 1;", "string z = 1;", "M.a: renamed to z, which JSON calls z"),
      ("string a = 1;", "bytes z = 1;", "M.a: number 1 is used again by z"),
      (
        "string a = 1; int32 b = 2;", "int32 b = 1; string a = 2;",
        "M.a: number 1 is used again by b"
      ),
      ("string a = 1;", "bytes a = 1;", "M.a: type string became bytes"),
      ("N n = 6;", "M n = 6;", "M.n: type portico.trial.v1.N became portico.trial.v1.M"),
      ("int32 b = 2;", "repeated int32 b = 2;", "M.b: became repeated"),
      ("repeated string c = 3;", "string c = 3;", "M.c: is no longer repeated"),
      ("string a = 1;", "oneof o { string a = 1; }", "M.a: moved into oneof o"),
      ("string a = 1;", "string a = 1 [json_name = \"A\"];", "M.a: JSON name a became A"),
      ("E_ONE = 1;", "", "enum value portico.trial.v1.E.E_ONE: removed"),
      ("E_ONE = 1;", "E_ONE = 2;", "E.E_ONE: number 1 became 2"),
      ("E_ONE = 1;", "E_FIRST = 1;", "E.E_ONE: renamed to E_FIRST"),
      ("rpc Get(M)", "rpc Fetch(M)", "rpc portico.trial.v1.S.Get: removed"),
      ("rpc Get(M)", "rpc Get(N)", "S.Get: takes portico.trial.v1.N now"),
      ("returns (N)", "returns (M)", "S.Get: answers portico.trial.v1.M now"),
      ("returns (N)", "returns (stream N)", "S.Get: streams otherwise"),
      ("service S {", "service T {", "service portico.trial.v1.S: removed"),
      ("/v1/m", "/v1/other", "S.Get: GET /v1/m is gone or binds otherwise"),
    ])
  func breaks(old: String, new: String, reason: String) throws {
    let changes = try changes(old, new)
    #expect(changes.contains { $0.contains(reason) }, "\(changes)")
    #expect(try self.changes(old, new, except: ["portico.trial"]) == [])
  }

  @Test(
    "R-137 what breaks nobody passes",
    arguments: [
      ("string a = 1;", "string a = 1; string f = 20;"),
      ("string a = 1;", "reserved 1; reserved \"a\";"),
      ("string a = 1;", "optional string a = 1;"),
      ("string e = 5;", "string e = 5; string f = 21;"),
      ("E_ONE = 1;", "E_ONE = 1; E_TWO = 2;"), ("E_ONE = 1;", "reserved 1; reserved \"E_ONE\";"),
      ("service S {", "service Extra {} service S {"),
      ("message N {", "message O {} message N {"),
    ])
  func passes(old: String, new: String) throws {
    #expect(try changes(old, new) == [])
  }
}
