// A unary client on grpc-swift-2. Prints the CPU of this process for one call, microseconds.

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

struct WrongAnswer: Error {}

func run<Transport: ClientTransport>(
  _ client: GRPCClient<Transport>, calls: Int, inFlight: Int, message: [UInt8]
) async throws {
  let method = MethodDescriptor(fullyQualifiedService: "portico.bench.v1.Echo", method: "Echo")
  var options = CallOptions.defaults
  options.timeout = .seconds(10)
  let metadata: Metadata = ["x-bench": "portal-of-the-benchmark"]
  try await withThrowingTaskGroup(of: Void.self) { [options] group in
    for index in 0..<inFlight {
      group.addTask {
        for _ in stride(from: index, to: calls, by: inFlight) {
          let answer = try await client.unary(
            request: ClientRequest(message: message, metadata: metadata), descriptor: method,
            serializer: RawBytes(), deserializer: RawBytes(), options: options
          ) { try $0.message }
          guard answer.count == message.count else { throw WrongAnswer() }
        }
      }
    }
    try await group.waitForAll()
  }
}

func cpuSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let numbers = CommandLine.arguments.dropFirst().compactMap(Int.init)
guard numbers.count == 4, (3...127).contains(numbers[3]) else {
  FileHandle.standardError.write(Data("usage: grpc-swift-client PORT CALLS IN-FLIGHT SIZE\n".utf8))
  exit(64)
}
let message = [0x0A, UInt8(numbers[3])] + [UInt8](repeating: UInt8(ascii: "x"), count: numbers[3])
try await withGRPCClient(
  transport: try .http2NIOPosix(
    target: .ipv4(address: "127.0.0.1", port: numbers[0]), transportSecurity: .plaintext,
    eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1))
) { client in
  try await run(client, calls: numbers[1] / 10, inFlight: numbers[2], message: message)
  let before = cpuSeconds()
  try await run(client, calls: numbers[1], inFlight: numbers[2], message: message)
  print((cpuSeconds() - before) * 1e6 / Double(numbers[1]))
}
