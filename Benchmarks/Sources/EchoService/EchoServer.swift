import Foundation
import HTTP2
import NIOPosix
import RPC

/// What a benchmark server does: one event loop, as the peers have, and TLS when it is given a certificate.
public enum EchoServer {
  /// Serves until the process ends. Arguments: PORT [CERTIFICATE KEY]. The main thread waits as a thread: valgrind, which
  /// counts instructions, does not survive the way Dispatch parks it.
  public static func run(_ services: [any RPCService]) -> Never {
    Task.detached {
      do { try await listen(services) } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(1)
      }
    }
    while true { sleep(3600) }
  }

  private static func listen(_ services: [any RPCService]) async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let port = arguments.first.flatMap(Int.init), [1, 3].contains(arguments.count) else {
      FileHandle.standardError.write(Data("arguments: PORT [CERTIFICATE KEY]\n".utf8))
      exit(64)
    }
    let tls =
      arguments.count == 1
      ? nil
      : TLSConfiguration.server(
        certificateChainFile: arguments[1], privateKeyFile: arguments[2])
    let server = Server(
      services: services, group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    try await server.listen(Listener(.tcp(host: "127.0.0.1", port: port), tls: tls))
    try await Task.sleep(for: .seconds(24 * 3600))
  }
}
