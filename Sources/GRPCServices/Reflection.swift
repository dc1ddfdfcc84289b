import PorticoAPI
import RPC
import WellKnown

/// grpc.reflection.v1 and v1alpha for one server. It tells everybody what can be called; whether a server
/// offers it is its operator's decision.
public enum Reflection {
  /// Both versions, over `services` and themselves.
  public static func services(for services: [any RPCService]) -> [any RPCService] {
    let names = services.map { type(of: $0).name }
    let index = ReflectionIndex(
      services: names + [ReflectionV1.name, ReflectionV1alpha.name])
    return [ReflectionV1(index: index), ReflectionV1alpha(index: index)]
  }
}

struct ReflectionV1: ServerReflectionService {
  let index: ReflectionIndex

  func serverReflectionInfo(
    _ requests: RequestStream<GrpcReflection.ServerReflectionRequest>, _ call: Call,
    _ responses: ResponseWriter<GrpcReflection.ServerReflectionResponse>
  ) async throws {
    var answers = ReflectionAnswers(index)
    for try await request in requests { try await responses.write(answers.answer(request)) }
  }
}

/// The version on trial differs in its package alone, so that a message of one is a message of the other.
struct ReflectionV1alpha: ServerReflectionV1alphaService {
  let index: ReflectionIndex

  func serverReflectionInfo(
    _ requests: RequestStream<GrpcReflectionV1alpha.ServerReflectionRequest>, _ call: Call,
    _ responses: ResponseWriter<GrpcReflectionV1alpha.ServerReflectionResponse>
  ) async throws {
    var answers = ReflectionAnswers(index)
    for try await request in requests {
      let answer = answers.answer(try .init(serialized: request.serialized()))
      try await responses.write(.init(serialized: answer.serialized()))
    }
  }
}
