import PorticoAPI
import Testing

@testable import RPC

@Suite struct TraceTests {
  private static let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  @Test("R-042 a traceparent is read and a child of it written")
  func roundTrip() throws {
    let parent = try #require(
      TraceContext(traceparent: Self.valid.utf8, states: ["a=1", "b=2,c=3"]))
    #expect(parent.traceparent == Self.valid)
    #expect(parent.isSampled)
    #expect(parent.state == "a=1,b=2,c=3")
    let child = parent.child()
    #expect(child.traceID == parent.traceID)
    #expect(child.parentSpanID == parent.spanID)
    #expect(child.spanID != parent.spanID)
    #expect(child.state == parent.state)
    let read = try #require(TraceContext(traceparent: child.traceparent.utf8))
    #expect(read.spanID == child.spanID)
  }

  @Test(
    "R-042 a malformed traceparent is as good as none",
    arguments: [
      "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
      "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
      "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
    ])
  func malformed(text: String) {
    #expect(TraceContext(traceparent: text.utf8) == nil)
  }

  @Test("R-042 a later version may say more")
  func laterVersion() {
    let later = "01" + Self.valid.dropFirst(2)
    #expect(TraceContext(traceparent: (later + "-more").utf8)?.traceparent == Self.valid)
    #expect(TraceContext(traceparent: (later + "more").utf8) == nil)
  }

  @Test("R-042 a tracestate over 512 bytes or with other than ASCII is dropped, the trace stays")
  func states() throws {
    for state in [String(repeating: "a", count: 513), "ü=1", "", "a=1\u{7F}"] {
      let trace = try #require(TraceContext(traceparent: Self.valid.utf8, states: [state]))
      #expect(trace.state == nil)
    }
  }

  @Test("R-042 a new trace is valid and not sampled")
  func root() throws {
    let root = TraceContext.root()
    #expect(!root.isSampled)
    #expect(root.parentSpanID == nil)
    #expect(TraceContext(traceparent: root.traceparent.utf8)?.traceID == root.traceID)
  }

  @Test("R-042 the call's span is a child of what the client sent, the same each time it is asked")
  func call() throws {
    var metadata = Metadata()
    try metadata.append("traceparent", Self.valid)
    try metadata.append("tracestate", "a=1")
    let call = Call(method: Methods.Streams.unary, metadata: metadata)
    let trace = call.trace
    #expect(trace.traceID.description == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(trace.parentSpanID == 0x00f0_67aa_0ba9_02b7)
    #expect(trace.state == "a=1")
    #expect(call.trace == trace)
    try metadata.append("traceparent", Self.valid)
    let doubled = Call(method: Methods.Streams.unary, metadata: metadata)
    #expect(doubled.trace.parentSpanID == nil)
  }
}
