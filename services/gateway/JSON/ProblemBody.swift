import NIOHTTP1
import Protobuf
import RPC

/// `application/problem+json` (RFC 9457), the one shape of every error of the API (R-161):
///
///     {"type":"about:blank","title":"Bad Request","status":400,"detail":"ticket.title is required",
///      "code":"INVALID_ARGUMENT","requestId":"…",
///      "instance":"urn:portico:request:…","violations":[{"field":"ticket.title","description":"is required"}],
///      "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo", …}]}
extension Problem {
  func json(requestID: String, types: TypeRegistry) -> [UInt8] {
    var out = Array("{\"type\":\"about:blank\",\"title\":".utf8)
    out += JSONString.quoted(status.reasonPhrase)
    out += Array(",\"status\":\(status.code),\"detail\":".utf8)
    out += JSONString.quoted(detail)
    out += Array(",\"code\":\"\(code.wireName)\",\"requestId\":".utf8)
    out += JSONString.quoted(requestID)
    out += Array(",\"instance\":".utf8)
    out += JSONString.quoted("urn:portico:request:\(requestID)")
    if !violations.isEmpty {
      out += Array(",\"violations\":[".utf8)
      for (index, violation) in violations.enumerated() {
        out += Array("\(index == 0 ? "" : ","){\"field\":".utf8)
        out += JSONString.quoted(violation.field)
        out += Array(",\"description\":".utf8)
        out += JSONString.quoted(violation.description)
        out.append(UInt8(ascii: "}"))
      }
      out.append(UInt8(ascii: "]"))
    }
    out += Self.detailsJSON(details, types)
    out.append(UInt8(ascii: "}"))
    return out
  }

  private static func detailsJSON(
    _ details: [Status.Detail], _ types: TypeRegistry
  ) -> [UInt8] {
    var list: [[UInt8]] = []
    for detail in details {
      guard let type = types.type(detail.typeName) else { continue }
      do {
        let body = try type.json(fromSerialized: detail.value, options: JSONOptions(types: types))
        var entry = Array("{\"@type\":".utf8)
        entry += JSONString.quoted("type.googleapis.com/\(type.name)")
        if body.count > 2 { entry.append(UInt8(ascii: ",")) }
        list.append(entry + body.dropFirst())
      } catch { continue }  // a detail that cannot be read must not hide the error that it explains
    }
    guard !list.isEmpty else { return [] }
    return Array(",\"details\":[".utf8) + Array(list.joined(separator: [UInt8(ascii: ",")]))
      + [UInt8(ascii: "]")]
  }

  /// google.rpc.Status as JSON, for clients that ask for it: `{"code":3,"message":"…","details":[…]}`.
  func statusJSON(types: TypeRegistry) -> [UInt8] {
    let status = rpcStatus
    var out = Array("{\"code\":\(status.code.rawValue),\"message\":".utf8)
    out += JSONString.quoted(status.message)
    out += Self.detailsJSON(status.details, types)
    out.append(UInt8(ascii: "}"))
    return out
  }

  /// In the form that a client asked for.
  func body(requestID: String, _ format: APIFormat) -> [UInt8] {
    format.errorsAsStatus
      ? statusJSON(types: format.json.types) : json(requestID: requestID, types: format.json.types)
  }

  /// The answer to an API request.
  func response(requestID: String, _ format: APIFormat) -> Response {
    guard format.errorsAsStatus else {
      return response(requestID: requestID, types: format.json.types)
    }
    var response = Response.bytes(
      body(requestID: requestID, format), type: "application/json", status: status)
    addHeaders(to: &response)
    return response
  }

  /// The same where nothing is known of what the client wants.
  func response(requestID: String, types: TypeRegistry) -> Response {
    var response = Response.bytes(
      json(requestID: requestID, types: types), type: "application/problem+json", status: status)
    addHeaders(to: &response)
    return response
  }

  /// What an error says in headers, in whatever form its body is.
  func addHeaders(to response: inout Response) {
    if let retryAfter {
      response.headers.replaceOrAdd(name: "retry-after", value: String(retryAfter))
    } else if status == .serviceUnavailable {
      response.headers.replaceOrAdd(name: "retry-after", value: "1")
    }
    for header in headers { response.headers.replaceOrAdd(name: header.name, value: header.value) }
    if !allow.isEmpty {
      response.headers.replaceOrAdd(name: "allow", value: allow.joined(separator: ", "))
    }
    if status == .unauthorized {
      response.headers.remove(name: "www-authenticate")
      for challenge in challenges {
        response.headers.add(name: "www-authenticate", value: challenge)
      }
    }
  }
}
