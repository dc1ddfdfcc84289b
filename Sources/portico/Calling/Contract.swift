import Foundation
import GRPCServices
import PorticoAPI
import Protobuf
import RPC

/// What a server offers, and the descriptors of it: from a file, from the server itself, or from this program.
struct Contract {
  /// Full names, sorted.
  let services: [String]
  /// The descriptors that declare a full name. Throws `Status` when there is no such name.
  let pool: (_ symbol: String) async throws -> DescriptorPool

  /// From a FileDescriptorSet, `protoc --include_imports --descriptor_set_out`.
  static func file(_ path: String) throws -> Contract {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let pool = try DescriptorPool(fileDescriptorSet: bytes)
    return Contract(services: pool.services.map(\.name).sorted()) { _ in pool }
  }

  /// From the server; from this program where the server tells nothing.
  static func reflected(_ client: ReflectionClient) async throws -> Contract {
    do {
      return Contract(services: try await client.services()) { symbol in
        try DescriptorPool(files: try await client.files(declaring: symbol))
      }
    } catch let status as Status where status.code == .unimplemented {
      return try builtIn()
    }
  }

  /// Portico's own.
  static func builtIn() throws -> Contract {
    let pool = try DescriptorPool(files: ReflectionIndex.generated)
    return Contract(services: pool.services.map(\.name).sorted()) { _ in pool }
  }

  /// As `pool`, for a server too that knows its services and messages by name and not what is in them.
  func pool(declaring name: String) async throws -> DescriptorPool {
    do { return try await pool(name) } catch let status as Status where status.code == .notFound {
      guard let dot = name.lastIndex(of: ".") else { throw status }
      do { return try await pool(String(name[..<dot])) } catch is Status { throw status }
    }
  }

  /// `SERVICE/METHOD`, or the end of it that is unique: `Accounts/ListAccounts`.
  func method(_ text: String) async throws -> (method: MethodDescriptor, pool: DescriptorPool) {
    guard let cut = text.lastIndex(of: "/") ?? text.lastIndex(of: "."), cut > text.startIndex else {
      throw CallMistake("\(text) is not SERVICE/METHOD")
    }
    let service = try service(String(text[..<cut]))
    let name = String(text[text.index(after: cut)...])
    let pool = try await pool(service)
    guard let method = pool.service(named: service)?.method(named: name) else {
      throw CallMistake("\(service) has no method \(name)")
    }
    return (method, pool)
  }

  /// The full name of the one service that `text` is or is the end of; `text` itself otherwise.
  func fullName(_ text: String) -> String {
    let found = candidates(text)
    return found.count == 1 ? found[0] : text
  }

  private func candidates(_ text: String) -> [String] {
    services.contains(text) ? [text] : services.filter { $0.hasSuffix("." + text) }
  }

  /// The full name that `text` means.
  func service(_ text: String) throws -> String {
    let found = candidates(text)
    guard let only = found.first, found.count == 1 else {
      throw CallMistake(
        found.isEmpty
          ? "there is no service \(text)"
          : "\(text) is not unique: \(found.joined(separator: ", "))")
    }
    return only
  }
}

extension RPC.Method {
  /// A method that was not compiled in. Only the server knows who may call it.
  init(_ method: MethodDescriptor) {
    let streaming: Streaming =
      switch (method.streamsRequests, method.streamsResponses) {
      case (false, false): .unary
      case (true, false): .clientStreaming
      case (false, true): .serverStreaming
      case (true, true): .bidirectional
      }
    self.init(
      service: method.service, name: method.name, input: method.input, output: method.output,
      streaming: streaming, access: AccessRule(.anyone), isDeprecated: method.isDeprecated)
  }
}
