import Foundation
import HTTP2
import NIOCore
import PorticoAPI
import Testing

@testable import RPC

/// The table of limits in Sources/RPC/README.md against the code.
@Suite(.timeLimit(.minutes(2))) struct LimitsTests {
  private struct Row {
    let limit: String
    let value: String
    let type: String
    let setting: String
    let file: String
    let test: String
  }

  private static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func rows() throws -> [Row] {
    let readme = Self.project.appending(path: "Sources/RPC/README.md")
    let lines = try String(contentsOf: readme, encoding: .utf8).split(separator: "\n")
    return lines.drop { !$0.hasPrefix("| limit |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
      .compactMap { line in
        let cells = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
          .map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count >= 5, !cells[1].isEmpty else { return nil }
        let setting = cells[2].filter { $0 != "`" }.split(separator: ".")
        let proof = cells[4].split(separator: "`")
        guard setting.count == 2, proof.count == 2 else { return nil }
        return Row(
          limit: cells[0], value: cells[1], type: String(setting[0]), setting: String(setting[1]),
          file: String(proof[0]), test: proof[1].trimmingCharacters(in: .whitespaces))
      }
  }

  /// Bytes, seconds or a count; nil for "none".
  private func number(_ text: String) throws -> Double? {
    if text == "none" { return nil }
    let parts = text.split(separator: " ")
    let units = [
      "": 1, "KiB": 1024, "MiB": 1_048_576, "s": 1, "ms": 0.001,
    ]
    let unit = try #require(units[parts.count > 1 ? String(parts[1]) : ""], "\(text)")
    return try #require(Double(parts[0]), "\(text)") * unit
  }

  private func number(_ value: Any) throws -> Double? {
    switch value {
    case let value as any BinaryInteger: return Double(value)
    case let value as TimeAmount: return Double(value.nanoseconds) / 1e9
    case let value as Duration: return Double(Int64(clampedNanoseconds: value)) / 1e9
    case let value as BufferBudget: return Double(value.limit)
    default:
      let mirror = Mirror(reflecting: value)
      try #require(mirror.displayStyle == .optional, "\(value)")
      return try mirror.children.first.flatMap { try number($0.value) }
    }
  }

  private static var configurations: [String: Mirror] {
    [
      "ServerConfiguration": Mirror(reflecting: ServerConfiguration()),
      "ChannelConfiguration": Mirror(reflecting: ChannelConfiguration()),
      "HTTP2Configuration": Mirror(reflecting: HTTP2Configuration()),
      "Listener": Mirror(reflecting: Listener(.unix(path: ""))),
    ]
  }

  @Test("R-224 the defaults are those of the table")
  func defaults() throws {
    let rows = try rows()
    #expect(rows.count > 40)
    for row in rows {
      let configuration = try #require(Self.configurations[row.type], "\(row.limit)")
      let field = configuration.children.first { $0.label == row.setting }
      let value = try #require(field, "\(row.type).\(row.setting)").value
      #expect(try number(value) == number(row.value), "\(row.limit)")
    }
  }

  @Test("R-224 the tests of the table exist")
  func proofs() throws {
    for row in try rows() {
      let file = Self.project.appending(path: "Tests/\(row.file)")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains("\"\(row.test)\""), "\(row.file): \(row.test)")
    }
  }

  @Test("R-224 no limit of a server or an HTTP/2 connection is missing in the table")
  func complete() throws {
    let known = Set(try rows().map { "\($0.type).\($0.setting)" })
    // What is no limit.
    let others: Set = [
      "ServerConfiguration.compressesResponses", "ServerConfiguration.peerRules",
      "HTTP2Configuration.keepaliveWithoutCalls", "HTTP2Configuration.permitsPingsWithoutCalls",
      "HTTP2Configuration.answersForgiveResets",
      "HTTP2Configuration.counters", "HTTP2Configuration.tooLargeHeadersAnswer", "Listener.address",
      "Listener.tls", "Listener.http2",
    ]
    for (type, mirror) in Self.configurations where type != "ChannelConfiguration" {
      for case (let label?, _) in mirror.children where !others.contains("\(type).\(label)") {
        #expect(known.contains("\(type).\(label)"))
      }
    }
  }

  @Test("R-013 a request over the channel's limit is not sent")
  func requestLimit() async throws {
    let server = Server(services: [EchoStreams()])
    var configuration = ChannelConfiguration()
    configuration.maximumRequestBytes = 10
    let channel = try Channel("127.0.0.1:\(try await port(of: server))", configuration)
    let streams = StreamsClient(channel)
    #expect(try await streams.unary(Node(text: "12345678")).text == "12345678")
    let unary = await status { _ = try await streams.unary(Node(text: "123456789")) }
    #expect(unary.code == .resourceExhausted)
    let stream = await status {
      _ = try await streams.collect { try await $0.write(Node(text: "123456789")) }
    }
    #expect(stream.code == .resourceExhausted)
    #expect(server.metrics.snapshot.first { $0.label.name == "Unary" }?.started == 1)
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }
}
