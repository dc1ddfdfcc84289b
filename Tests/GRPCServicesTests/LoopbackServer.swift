import RPC

/// A server of `services` and a channel to it on a loopback port, for the length of `body`.
func withServer<R>(
  _ services: [any RPCService], _ body: (Channel) async throws -> R
) async throws -> R {
  let server = Server(services: services)
  let listener = Listener(.tcp(host: "127.0.0.1", port: 0))
  guard case .tcp(_, let port) = try await server.listen(listener) else {
    throw Status(.internal, "not a TCP listener")
  }
  let channel = try Channel("127.0.0.1:\(port)")
  let result: Result<R, any Error>
  do { result = .success(try await body(channel)) } catch { result = .failure(error) }
  await channel.shutDown(grace: .zero)
  await server.shutDown(grace: .zero)
  return try result.get()
}
