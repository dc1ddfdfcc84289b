/// A service of a `DescriptorPool`.
public struct ServiceDescriptor: Sendable, Hashable {
  /// The full name, `acme.v1.Shop`.
  public let name: String
  /// The file that declares it.
  public let file: String
  public let methods: [MethodDescriptor]
  public let isDeprecated: Bool

  public func method(named name: String) -> MethodDescriptor? { methods.first { $0.name == name } }
}

/// A method of a `DescriptorPool`: what a client needs in order to call it.
public struct MethodDescriptor: Sendable, Hashable {
  public enum Idempotency: Sendable, Hashable { case unknown, noSideEffects, idempotent }

  /// Full name of the service, `acme.v1.Shop`.
  public let service: String
  /// `PlaceOrder`.
  public let name: String
  public let input: MessageDescriptor
  public let output: MessageDescriptor
  public let streamsRequests: Bool
  public let streamsResponses: Bool
  public let idempotency: Idempotency
  public let isDeprecated: Bool
}

/// A service whose types are resolved and not yet built.
struct PlannedService {
  let name: String
  let file: String
  let isDeprecated: Bool
  /// With the places of input and output among the plan's messages.
  let methods: [(proto: MethodProto, input: Int, output: Int)]

  func descriptor(_ messages: [MessageDescriptor]) -> ServiceDescriptor {
    ServiceDescriptor(
      name: name, file: file,
      methods: methods.map { method in
        MethodDescriptor(
          service: name, name: method.proto.name, input: messages[method.input],
          output: messages[method.output], streamsRequests: method.proto.streamsRequests,
          streamsResponses: method.proto.streamsResponses,
          idempotency: Self.idempotency(method.proto.idempotency),
          isDeprecated: method.proto.isDeprecated)
      },
      isDeprecated: isDeprecated)
  }

  private static func idempotency(_ number: Int32) -> MethodDescriptor.Idempotency {
    switch number {
    case 1: .noSideEffects
    case 2: .idempotent
    default: .unknown
    }
  }
}

extension DescriptorPool {
  static func services(_ plan: DescriptorPlan) throws(DescriptorError) -> [PlannedService] {
    var result: [PlannedService] = []
    for file in plan.files {
      for proto in file.services {
        let name = file.package.dot(proto.name)
        var seen: Set<String> = []
        var methods: [(proto: MethodProto, input: Int, output: Int)] = []
        for method in proto.methods {
          let element = "\(name).\(method.name)"
          guard method.name.isIdentifier, seen.insert(method.name).inserted else {
            throw DescriptorError(file: file.name, element: element, "has no name of its own")
          }
          guard case .message(let input)? = plan.find(method.input, in: name),
            case .message(let output)? = plan.find(method.output, in: name)
          else {
            throw DescriptorError(
              file: file.name, element: element, "has a message that is not in the set")
          }
          methods.append((method, input, output))
        }
        result.append(
          PlannedService(
            name: name, file: file.name, isDeprecated: proto.isDeprecated, methods: methods))
      }
    }
    return result
  }
}
