// The echo on grpc-swift-2: the peer. Its service is written by hand and moves bytes, so that
// what is measured is the transport and the call, in the peer's favour: it decodes no message.

import Foundation
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
  private static let service = "portico.bench.v1.Echo"
  /// Field 1 with 64 bytes.
  private static let message: [UInt8] =
    [0x0A, 64] + [UInt8](repeating: UInt8(ascii: "x"), count: 64)

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: "Echo"),
      deserializer: RawBytes(),
      serializer: RawBytes()
    ) { request, _ in
      let unary = try await ServerRequest(stream: request)
      return StreamingServerResponse(single: ServerResponse(message: unary.message))
    }
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: "Stream"),
      deserializer: RawBytes(),
      serializer: RawBytes()
    ) { request, _ in
      let unary = try await ServerRequest(stream: request)
      let count = Self.count(unary.message)
      return StreamingServerResponse { writer in
        try await writer.write(contentsOf: repeatElement(Self.message, count: count))
        return [:]
      }
    }
  }

  /// The number in a google.protobuf.Int64Value: field 1, a varint.
  private static func count(_ message: [UInt8]) -> Int {
    message.dropFirst().enumerated().reduce(0) { $0 | Int($1.element & 0x7F) << (7 * $1.offset) }
  }
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard let port = arguments.first.flatMap(Int.init), [1, 3].contains(arguments.count) else {
  FileHandle.standardError.write(Data("usage: grpc-swift-echo PORT [CERTIFICATE KEY]\n".utf8))
  exit(64)
}
let security: HTTP2ServerTransport.Posix.TransportSecurity =
  arguments.count == 1
  ? .plaintext
  : .tls(
    certificateChain: [.file(path: arguments[1], format: .pem)],
    privateKey: .file(path: arguments[2], format: .pem))
let server = GRPCServer(
  transport: .http2NIOPosix(
    address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: security,
    eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1)),
  services: [EchoService()])
try await server.serve()
