// A unary echo on grpc-swift-2: the peer. Its service is written by hand and moves bytes, so that
// what is measured is the transport and the call, in the peer's favour: it decodes no message.

import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOPosix

struct RawBytes: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes {
    Bytes(message)
  }

  func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> [UInt8] {
    serializedMessageBytes.withUnsafeBytes { [UInt8]($0) }
  }
}

struct EchoService: RegistrableRPCService {
  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: MethodDescriptor(
        fullyQualifiedService: "portico.bench.v1.Echo", method: "Echo"),
      deserializer: RawBytes(),
      serializer: RawBytes()
    ) { request, _ in
      let unary = try await ServerRequest(stream: request)
      return StreamingServerResponse(single: ServerResponse(message: unary.message))
    }
  }
}

guard let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) else {
  fatalError("usage: grpc-swift-echo PORT")
}
let server = GRPCServer(
  transport: .http2NIOPosix(
    address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext,
    eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1)),
  services: [EchoService()])
try await server.serve()
