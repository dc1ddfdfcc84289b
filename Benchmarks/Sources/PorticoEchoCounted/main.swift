// The echo server with a counter in front of malloc. A program of its own, so that the one whose time is measured
// has none.

import AllocationCount
import EchoService
import RPC
import WellKnown

/// Says how many blocks of memory this process has asked for since it began.
struct Allocations: RPCService {
  static let name = "portico.bench.v1.Allocations"

  var handlers: [MethodHandler] {
    let method = Method(
      service: Self.name, name: "Count", input: GoogleProtobuf.Empty.descriptor,
      output: GoogleProtobuf.UInt64Value.descriptor, access: AccessRule(.anyone))
    return [
      .unary(method) { (_: GoogleProtobuf.Empty, _) in
        GoogleProtobuf.UInt64Value(value: allocation_count())
      }
    ]
  }
}

EchoServer.run([EchoService(), Allocations()])
