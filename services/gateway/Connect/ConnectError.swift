import Protobuf
import RPC

/// Connect's one form of an error, `{"code":"not_found","message":"…","details":[…]}`.
struct ConnectError {
  let problem: Problem
  let types: TypeRegistry

  var json: [UInt8] {
    let status = problem.rpcStatus
    var out = Array("{\"code\":\"\(problem.code.connectName)\"".utf8)
    if !status.message.isEmpty {
      out += Array(",\"message\":".utf8) + JSONString.quoted(status.message)
    }
    if !status.details.isEmpty {
      out += Array(",\"details\":[".utf8)
      out += status.details.map(detail).joined(separator: [UInt8(ascii: ",")])
      out.append(UInt8(ascii: "]"))
    }
    out.append(UInt8(ascii: "}"))
    return out
  }

  /// The bytes for programs, and the same as JSON for people where the type is known.
  private func detail(_ detail: Status.Detail) -> [UInt8] {
    let name = detail.typeName.split(separator: "/").last.map(String.init) ?? ""
    var out = Array("{\"type\":".utf8) + JSONString.quoted(name)
    out += Array(",\"value\":\"\(Base64.encode(detail.value))\"".utf8)
    if let readable = readable(name, detail.value) { out += Array(",\"debug\":".utf8) + readable }
    out.append(UInt8(ascii: "}"))
    return out
  }

  private func readable(_ name: String, _ value: [UInt8]) -> [UInt8]? {
    guard let type = types.type(name) else { return nil }
    do {
      return try type.json(fromSerialized: value, options: JSONOptions(types: types))
    } catch { return nil }
  }

  /// The last envelope of a stream: `{"error":…,"metadata":{"name":["value"]}}`.
  static func endOfStream(
    _ problem: Problem?, _ trailers: [(name: String, value: String)], _ types: TypeRegistry
  ) -> [UInt8] {
    var members: [[UInt8]] = []
    if let problem {
      members.append(Array("\"error\":".utf8) + ConnectError(problem: problem, types: types).json)
    }
    if !trailers.isEmpty {
      var names: [String] = []
      for (name, _) in trailers where !names.contains(name) { names.append(name) }
      let lists = names.map { name in
        let values = trailers.filter { $0.name == name }.map { JSONString.quoted($0.value) }
        return JSONString.quoted(name) + Array(":[".utf8)
          + Array(values.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")]
      }
      members.append(
        Array("\"metadata\":{".utf8) + Array(lists.joined(separator: [UInt8(ascii: ",")]))
          + [UInt8(ascii: "}")])
    }
    return [UInt8(ascii: "{")] + Array(members.joined(separator: [UInt8(ascii: ",")]))
      + [UInt8(ascii: "}")]
  }
}

extension Status.Code {
  /// `not_found`; Connect writes `canceled` with one l.
  fileprivate var connectName: String { self == .cancelled ? "canceled" : name.lowercased() }
}
