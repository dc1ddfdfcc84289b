import PorticoAPI
import Protobuf
import RPC
import Values
import WellKnown

/// Keeps what is meant for staff from customers, on the wire bytes of every message (N-02). In what they are sent, marked
/// fields are taken out and hidden messages leave their lists. In what they send, a marked field is refused, or ignored
/// where nobody may set it. Worked out once for each method; where nothing is marked there is nothing to do.
public struct AudienceFilter: Sendable {
  public let request: WireFilter?
  public let response: WireFilter?

  /// - Parameters:
  ///   - rules: what the options of fields say.
  ///   - held: the types that an Any may hold.
  public init(
    _ method: Method, rules: FieldRules = .portico, anyOf held: [MessageDescriptor] = Self.types
  ) {
    response = WireFilter(of: method.output, anyOf: held) { rules.markInResponse($1, of: $0) }
    request = WireFilter(of: method.input, anyOf: held) { rules.markInRequest($1, of: $0) }
  }

  /// What the calls of a method pass when they come from somebody who is not staff; nil where nothing is marked.
  static func messages(of method: Method) -> MessageFilter? {
    guard let filter = known[method.path] else { return nil }
    var messages = MessageFilter()
    if let wire = filter.request {
      messages.request = { bytes in try received(bytes, wire, method) }
    }
    if let wire = filter.response {
      messages.response = { bytes in try answer(bytes, wire, method) }
    }
    return messages
  }

  /// Of the methods that have anything marked, by path.
  private static let known: [String: AudienceFilter] = Dictionary(
    uniqueKeysWithValues: Methods.all.compactMap { method in
      let filter = AudienceFilter(method)
      return filter.request == nil && filter.response == nil ? nil : (method.path, filter)
    })

  /// All that methods take and give.
  public static let types: [MessageDescriptor] = Methods.all.flatMap { [$0.input, $0.output] }

  private static func received(
    _ bytes: [UInt8], _ wire: WireFilter, _ method: Method
  ) throws -> [UInt8] {
    do throws(WireFilter.Failure) {
      return try wire.filtered(bytes) ?? bytes
    } catch {
      // What cannot be taken apart is refused by the decoder, in its own words.
      guard case .refused(let field) = error else { return bytes }
      let violation = GoogleRpc.BadRequest.FieldViolation(
        field: field, description: "is for staff only")
      throw Status(
        .permissionDenied, "\(field) is for staff only",
        details: [
          .packing(GoogleRpc.BadRequest(fieldViolations: [violation])),
          .reason("STAFF_ONLY_FIELD", domain: "access", metadata: ["field": field]),
        ], because: "\(method.path): \(field) came from a customer")
    }
  }

  private static func answer(
    _ bytes: [UInt8], _ wire: WireFilter, _ method: Method
  ) throws -> [UInt8]? {
    do throws(WireFilter.Failure) {
      if let shown = try wire.filtered(bytes) { return shown }
      // What was done is done; "not found" would say otherwise.
      return method.streaming == .unary && !method.isReadOnly ? [] : nil
    } catch {
      throw Status(
        .internal, "internal error", because: "\(method.path): the answer is broken: \(error)")
    }
  }
}

extension FieldRules {
  /// What is done about a field in an answer to a customer.
  public func markInResponse(
    _ field: FieldDescriptor, of message: MessageDescriptor
  ) -> WireFilter.Mark? {
    switch rule(of: field.number, in: message.name).audience {
    case .staff: return .removed
    case .published: return .hidesUnlessTrue
    case .everybody: break
    }
    guard case .enumeration(let type) = field.kind else { return nil }
    return staffValues[type.name].map { .hides($0) }
  }

  /// What is done about a field in a request of a customer.
  public func markInRequest(
    _ field: FieldDescriptor, of message: MessageDescriptor
  ) -> WireFilter.Mark? {
    let rule = rule(of: field.number, in: message.name)
    let isIgnored = rule.behavior.contains(.outputOnly)
    if rule.audience == .staff { return isIgnored ? .removed : .refused }
    guard case .enumeration(let type) = field.kind, let values = staffValues[type.name] else {
      return nil
    }
    return isIgnored ? .removed : .refuses(values)
  }
}
