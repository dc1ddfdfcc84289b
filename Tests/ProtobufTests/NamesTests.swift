import PorticoAPI
import Protobuf
import RPC
import Testing
import WellKnown

/// that this file compiles is half of the test.
@Suite("Names that a generator trips over")
struct NamesTests {
  private func survives<M: Message>(_ message: M) throws -> Bool {
    let bytes = try message.serialized()
    let json = try M.descriptor.json(fromSerialized: bytes)
    return try M(serialized: bytes) == message
      && M(serialized: try M.descriptor.serialized(fromJSON: json)) == message
  }

  @Test("R-133 keywords, members of messages and local names as fields")
  func words() throws {
    let words = TestingNames.Words(
      associatedtype: "a", func: "b", let: "c", var: "d", where: "e", repeat: "f", await: "g",
      some: "h", self_: "i", super: "j", subscript: "k", nil: "l", true: "m", `inout`: "n", is: "o",
      as: "p", deinit: "q", extension: "r", structure: "s", value: "t", hash_: "u",
      serialized_: "v", write_: "w", extra: "x", index: "y", entry: "z", switch: "",
      for: ["1", ""],
      while: ["k": "v"], any: .throw(.init(any: .unrecognized_("u"))))
    #expect(try survives(words))
    for choice: TestingNames.Words.Any_ in [.guard("g"), .defer([0, 1]), .unrecognized_("x")] {
      #expect(try survives(TestingNames.Words(any: choice)))
    }
  }

  @Test("R-133 case, digits and underscores")
  func spelling() throws {
    let spelling = TestingNames.Spelling(
      leading: "1", trailing: "2", doubleUnderscore: "3", _9Lives: "4", httpServer: "5", url: "6",
      userIDs: "7", xmlHTTPRequest: "8", camelCase: "9", pascalCase: "10", screamingCASE: "11",
      a: "12", x12y: "13", html: "14")
    #expect(try survives(spelling))
  }

  @Test("R-133 types named like those that generated code needs")
  func shadows() throws {
    typealias Shadows = TestingNames.Shadows
    let shadows = Shadows(
      string: .init(text: "s"), int: .init(number: 1), unknown: .init(text: "u"),
      arena: .init(text: "a"), messageDescriptor: .init(text: "d"), reading: .init(text: "r"),
      boxed: .init(boxed: .init(boxed: .init(), text: "b")), optional: .init(text: ""),
      shadows: .init(text: "n"), protobuf: .init(text: "p"), enumDescriptor: .array, bytes: [[0]],
      shape: .shapeShape(.init(text: "x")))
    #expect(try survives(shadows))
  }

  @Test("R-133 the same name in two packages, one through import public; messages in a circle")
  func packagesAndCircles() throws {
    let nodes = TestingNames.Nodes(
      near: .init(text: "near"), far: .init(child: .init(text: "far")), moreNear: [.init()],
      moreFar: ["k": .init(children: [.init()])])
    #expect(try survives(nodes))
    let chicken = TestingNames.Chicken(
      egg: .init(
        shell: .farm(
          .init(
            chicken: .init(egg: .init(shell: .broken("x"))), flock: ["f": .init(egg: .init())],
            eggs: [.init(), .init(shell: .farm(.init()))]))))
    #expect(try survives(chicken))
    var changed = chicken
    changed.egg?.shell = nil
    #expect(chicken.egg?.shell != nil, "a copy is a value of its own")
  }

  @Test("R-133 enum values with and without their prefix")
  func enums() throws {
    typealias Verb = TestingNames.Verb
    let names = Verb.allCases.compactMap(\.protoName)
    #expect(names.count == 11 && Verb(protoName: "VERB_ALL_CASES") == .allCases_)
    #expect(Verb.default.rawValue == 1 && Verb.self_.rawValue == 2 && Verb.init_.rawValue == 3)
    #expect(Verb.httpGet.rawValue == 7 && Verb.none_.rawValue == 9)
    #expect(TestingNames.Clash.clash2.rawValue == 2 && TestingNames.Mixed.mixedOne.rawValue == 1)
    #expect(try survives(TestingNames.Enums(verb: .some_, clash: .clash2, mixed: [.nothing])))
  }

  @Test("R-133 a service and methods named like members of what is generated")
  func services() {
    #expect(
      Methods.Type_.all.map(\.name).sorted() == [
        "All", "Caller", "Handlers", "Import", "Init", "Name", "Self",
      ])
    #expect(Methods.Type_.handlers_.idempotency == .idempotent)
    #expect(Methods.Type_.init_.path == "/portico.testing.names.v1.Type/Init")
    #expect(Methods.Type_.import.output.name == "portico.testing.v1.Node")
  }
}
