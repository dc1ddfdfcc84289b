// A unary echo on Portico's runtime as a service uses it: an async handler, a message decoded and
// encoded. One event loop, no TLS, as for the peers.

import NIOPosix
import RPC
import WellKnown

struct Echo: RPCService {
  static let name = "portico.bench.v1.Echo"

  var handlers: [MethodHandler] {
    let method = Method(
      service: Self.name, name: "Echo", input: GoogleProtobuf.BytesValue.descriptor,
      output: GoogleProtobuf.BytesValue.descriptor, access: AccessRule(.anyone))
    return [
      .unary(method) { (request: GoogleProtobuf.BytesValue, _) in
        GoogleProtobuf.BytesValue(value: request.value)
      }
    ]
  }
}

guard let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) else {
  fatalError("usage: portico-echo PORT")
}
let server = Server(
  services: [Echo()], group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
try await server.listen(Listener(.tcp(host: "127.0.0.1", port: port)))
try await Task.sleep(for: .seconds(24 * 3600))
