import PorticoAPI
import RPC
import WellKnown

extension InteropCase {
  static let unary = [
    InteropCase("empty_unary", "messages of zero bytes") { stage in
      let response = try await stage.client.emptyCall(.init(), stage.options)
      try require(response == .init(), "the response is not empty")
      return .success
    },
    InteropCase("cacheable_unary", "two calls whose answer a proxy between may keep") { stage in
      var options = stage.options
      try options.metadata.append("x-user-ip", "1.2.3.4")
      let request = GrpcTesting.SimpleRequest(payload: .init(body: Array("0".utf8)))
      let first = try await stage.client.cacheableUnaryCall(request, options)
      let second = try await stage.client.cacheableUnaryCall(request, options)
      // The same twice only where a proxy keeps answers to GET, which gRPC has given up.
      try require(first.payload?.body.isEmpty == false, "the first answer has no payload")
      try require(second.payload?.body.isEmpty == false, "the second answer has no payload")
      return .success
    },
    InteropCase("large_unary", "a message larger than a flow control window, each way") { stage in
      try Wanted.check(try await stage.client.unaryCall(Wanted.large, stage.options))
      return .success
    },
  ]

  static let soak = [
    InteropCase("rpc_soak", "many large_unary, one after the other, on one channel") { stage in
      for _ in 0..<stage.iterations {
        try Wanted.check(try await stage.client.unaryCall(Wanted.large, stage.options))
      }
      return .success
    },
    InteropCase("channel_soak", "many large_unary, each on a channel of its own") { stage in
      for _ in 0..<stage.iterations {
        let channel = try stage.open()
        let response = try await TestClient(channel).unaryCall(Wanted.large, stage.options)
        await channel.shutDown(grace: .seconds(1))
        try Wanted.check(response)
      }
      return .success
    },
    InteropCase("long_lived_channel", "large_unary with pauses on one channel") { stage in
      for _ in 0..<stage.iterations {
        try Wanted.check(try await stage.client.unaryCall(Wanted.large, stage.options))
        try await Task.sleep(for: .milliseconds(20))
      }
      return .success
    },
    InteropCase("concurrent_large_unary", "100 times --soak-iterations large_unary at once") {
      stage in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<(100 * stage.iterations) {
          group.addTask {
            try Wanted.check(try await stage.client.unaryCall(Wanted.large, stage.options))
          }
        }
        try await group.waitForAll()
      }
      return .success
    },
    InteropCase("pick_first_unary", "100 calls meet one server") { stage in
      var servers: Set<String> = []
      for _ in 0..<100 {
        let response = try await stage.client.unaryCall(.init(fillServerID: true), stage.options)
        servers.insert(response.serverID)
      }
      try require(servers != [""], "the server does not tell its id")
      try require(servers.count == 1, "the calls met \(servers.count) servers")
      return .success
    },
  ]
}
