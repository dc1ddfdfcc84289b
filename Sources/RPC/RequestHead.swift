import HTTP2

/// Where the fields are that a server looks at in every request, found in one pass.
struct RequestHead {
  private(set) var method: Int?
  private(set) var path: Int?
  private(set) var contentType: Int?
  private(set) var timeout: Int?
  private(set) var encoding: Int?

  init(_ headers: HeaderFields) {
    var found = RequestHead()
    headers.forEachName { index, name in found.note(name, at: index) }
    self = found
  }

  private init() {}

  /// Of fields with one name the first counts.
  private mutating func note(_ name: UnsafeRawBufferPointer, at index: Int) {
    switch name.count {
    case 5 where path == nil && name.isSame(as: ":path"): path = index
    case 7 where method == nil && name.isSame(as: ":method"): method = index
    case 12 where contentType == nil && name.isSame(as: "content-type"): contentType = index
    case 12 where timeout == nil && name.isSame(as: "grpc-timeout"): timeout = index
    case 13 where encoding == nil && name.isSame(as: "grpc-encoding"): encoding = index
    default: break
    }
  }
}
