import EchoService
import Foundation
import NIOPosix
import RPC
import WellKnown

/// Unary echoes over one channel.
struct EchoLoad {
  struct Latencies {
    let p50: Double
    let p99: Double
    let count: Int

    init(_ microseconds: [Double]) {
      let sorted = microseconds.sorted()
      count = sorted.count
      p50 = sorted[count / 2]
      p99 = sorted[count * 99 / 100]
    }
  }

  struct WrongAnswer: Error {}

  private let channel: Channel
  private let request: GoogleProtobuf.BytesValue
  private let metadata: Metadata

  init(port: Int, size: Int) throws {
    channel = try Channel(
      "127.0.0.1:\(port)", group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    request = GoogleProtobuf.BytesValue(
      value: [UInt8](repeating: UInt8(ascii: "x"), count: size))
    var metadata = Metadata()
    try metadata.append("x-bench", "portal-of-the-benchmark")
    self.metadata = metadata
  }

  func run(calls: Int, inFlight: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<inFlight {
        group.addTask {
          for _ in stride(from: index, to: calls, by: inFlight) { try await call() }
        }
      }
      try await group.waitForAll()
    }
  }

  private func call() async throws {
    let options = CallOptions(metadata: metadata).timeout(.seconds(10))
    let answer: GoogleProtobuf.BytesValue = try await channel.unary(
      EchoService.echo, request, options)
    guard answer.value.count == request.value.count else { throw WrongAnswer() }
  }

  /// One call after the other.
  func latencies(calls: Int) async throws -> Latencies {
    var took: [Double] = []
    for _ in 0..<calls { took.append(try await timedCall()) }
    return Latencies(took)
  }

  private func timedCall() async throws -> Double {
    let start = ContinuousClock.now
    try await call()
    return (ContinuousClock.now - start) / .microseconds(1)
  }

  /// One call after the other while streams of `messages` of 64 KiB follow each other on the same connection, until there
  /// were `calls` calls; and how many messages of the streams arrived while one of the calls was under way.
  func latencies(calls: Int, beside messages: Int64) async throws -> (Latencies, Latencies) {
    let isOver = Flag()
    let arrived = Count()
    async let streams: Void = {
      while !isOver.isSet { try await stream(messages, arrived) }
    }()
    // The first one opens the windows.
    while arrived.value < Int(messages) { _ = try await timedCall() }
    var took: [Double] = []
    var passed: [Double] = []
    for _ in 0..<calls {
      let before = arrived.value
      took.append(try await timedCall())
      passed.append(Double(arrived.value - before))
    }
    isOver.set()
    try await streams
    return (Latencies(took), Latencies(passed))
  }

  private func stream(_ messages: Int64, _ arrived: Count) async throws {
    let count = try await channel.serverStreaming(
      EchoService.bulk, GoogleProtobuf.Int64Value(value: messages), CallOptions()
    ) { (responses: ResponseStream<GoogleProtobuf.BytesValue>) in
      var count: Int64 = 0
      for try await response in responses where response.value.count == 64 * 1024 {
        count += 1
        arrived.add()
      }
      return count
    }
    guard count == messages else { throw WrongAnswer() }
  }
}
