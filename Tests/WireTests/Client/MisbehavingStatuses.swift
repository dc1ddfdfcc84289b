import RPC

extension Misbehaviour {
  private static func http(_ status: String, _ expected: Status.Code) -> Misbehaviour {
    answer("HTTP status \(status)", expected) { id in
      [
        .headers(id, [":status": status, "content-type": "text/html"]),
        .data(id, Array("<html>".utf8), end: true),
      ]
    }
  }

  /// HTTP's word where there is no gRPC status.
  static let httpStatuses: [Misbehaviour] = [
    http("204", .unknown), http("302", .unknown), http("400", .internal),
    http("401", .unauthenticated), http("403", .permissionDenied), http("404", .unimplemented),
    http("418", .unknown), http("429", .unavailable), http("500", .unknown),
    http("502", .unavailable), http("503", .unavailable), http("504", .unavailable),
    .answer("HTTP 503 with a grpc-status", .notFound) {
      [.headers($0, [":status": "503", "grpc-status": "5"], end: true)]
    },
    .answer("HTTP 404 without END_STREAM, then nothing", .unimplemented) {
      [.headers($0, [":status": "404"])]
    },
    .answer("100, 103 and then the answer", .ok) { id in
      [
        .headers(id, [":status": "100"]), .headers(id, [":status": "103", "link": "</x>"]),
        .headers(id, RawPeer.ok), .data(id, request), .headers(id, RawPeer.success, end: true),
      ]
    },
    .answer("a hundred times 103", .ok) { id in
      [RawFrame](repeating: .headers(id, [":status": "103"]), count: 100) + [
        .headers(id, RawPeer.ok), .data(id, request), .headers(id, RawPeer.success, end: true),
      ]
    },
    .answer("1xx that ends the stream", .internal, .unknown) {
      [.headers($0, [":status": "103"], end: true)]
    },
    .answer("no :status", .internal, .unknown) {
      [.headers($0, ["content-type": "application/grpc"], end: true)]
    },
    .answer(":status is a word", .internal, .unknown) {
      [.headers($0, [":status": "abc", "content-type": "application/grpc"], end: true)]
    },
    .answer(":status twice", .internal, .unknown) {
      [.headers($0, [":status": "200"] + RawPeer.ok, end: true)]
    },
    .answer("text/html with 200", .unknown) { id in
      [
        .headers(id, [":status": "200", "content-type": "text/html"]),
        .data(id, Array("<html>".utf8), end: true),
      ]
    },
    .answer("application/grpcx", .unknown) { id in
      [
        .headers(id, [":status": "200", "content-type": "application/grpcx"]),
        .data(id, request), .headers(id, RawPeer.success, end: true),
      ]
    },
    .answer("no content-type", .unknown) { id in
      [
        .headers(id, [":status": "200"]), .data(id, request),
        .headers(id, RawPeer.success, end: true),
      ]
    },
    .answer("application/grpc+proto", .ok) { id in
      [
        .headers(id, [":status": "200", "content-type": "application/grpc+proto"]),
        .data(id, request), .headers(id, RawPeer.success, end: true),
      ]
    },
    .answer("application/grpc; charset=utf-8", .ok) { id in
      [
        .headers(id, [":status": "200", "content-type": "application/grpc; charset=utf-8"]),
        .data(id, request), .headers(id, RawPeer.success, end: true),
      ]
    },
  ]

  private static func status(_ text: String, _ expected: Status.Code) -> Misbehaviour {
    answer("grpc-status '\(text)'", expected) { id in
      [
        .headers(id, RawPeer.ok), .data(id, request),
        .headers(id, ["grpc-status": text], end: true),
      ]
    }
  }

  /// a status that cannot be understood is UNKNOWN.
  static let statuses: [Misbehaviour] = [
    status("", .unknown), status("abc", .unknown), status("17", .unknown), status("99", .unknown),
    status("-1", .unknown), status("+0", .unknown), status("00", .unknown), status("0x0", .unknown),
    status("0,0", .unknown), status("0;x", .unknown), status("4294967296", .unknown),
    status("18446744073709551616", .unknown), status("0.0", .unknown),
    status("16", .unauthenticated), status("1", .cancelled),
    .answer("grpc-status 0 and 13", .unknown, .internal) { id in
      [
        .headers(id, RawPeer.ok), .data(id, request),
        .headers(id, ["grpc-status": "0", "grpc-status": "13"], end: true),
      ]
    },
    .answer("grpc-status is bytes", .unknown, .internal) { id in
      [
        .headers(id, RawPeer.ok), .data(id, request),
        .headers(
          id, RawFields([RawField(name: Array("grpc-status".utf8), value: [0xFF])]), end: true),
      ]
    },
    .answer("grpc-message with broken percents", .notFound) { id in
      [.headers(id, RawPeer.ok + ["grpc-status": "5", "grpc-message": "%zz%4%"], end: true)]
    },
    .answer("grpc-message that is no UTF-8", .notFound) { id in
      [.headers(id, RawPeer.ok + ["grpc-status": "5", "grpc-message": "%FF%C0%80"], end: true)]
    },
    .answer("grpc-message in raw UTF-8", .notFound) { id in
      [.headers(id, RawPeer.ok + ["grpc-status": "5", "grpc-message": "nicht da: ü"], end: true)]
    },
    .answer("details that are no base64", .notFound) { id in
      [
        .headers(
          id, RawPeer.ok + ["grpc-status": "5", "grpc-status-details-bin": "!!!"], end: true)
      ]
    },
    .answer("details that are no google.rpc.Status", .notFound) { id in
      [
        .headers(
          id, RawPeer.ok + ["grpc-status": "5", "grpc-status-details-bin": "/////w"], end: true)
      ]
    },
    .answer("details that say OK", .notFound) { id in
      [
        .headers(
          id, RawPeer.ok + ["grpc-status": "5", "grpc-status-details-bin": "CAA"], end: true)
      ]
    },
  ]

  /// ends that are not what they should be.
  static let trailers: [Misbehaviour] = [
    .answer("Trailers-Only, an error", .permissionDenied) {
      [.headers($0, RawPeer.ok + ["grpc-status": "7"], end: true)]
    },
    .answer("Trailers-Only, OK", .internal, .unimplemented, streaming: [.ok]) {
      [.headers($0, RawPeer.ok + ["grpc-status": "0"], end: true)]
    },
    .answer("Trailers-Only in two frames", .permissionDenied, .internal) {
      [.headers($0, RawPeer.ok + ["grpc-status": "7"]), .data($0, [], end: true)]
    },
    .answer("END_STREAM on headers without a status", .internal, .unknown) {
      [.headers($0, RawPeer.ok, end: true)]
    },
    .answer("END_STREAM on data", .internal, .unknown) {
      [.headers($0, RawPeer.ok), .data($0, request, end: true)]
    },
    .answer("END_STREAM on an empty frame", .internal, .unknown) {
      [.headers($0, RawPeer.ok), .data($0, request), .data($0, [], end: true)]
    },
    .answer("trailers without a status", .internal, .unknown) {
      [.headers($0, RawPeer.ok), .data($0, request), .headers($0, ["x": "y"], end: true)]
    },
    .answer("empty trailers", .internal, .unknown) {
      [.headers($0, RawPeer.ok), .data($0, request), .headers($0, [:], end: true)]
    },
    .answer("trailers without END_STREAM", .internal, .unknown) {
      [
        .headers($0, RawPeer.ok), .data($0, request), .headers($0, RawPeer.success),
        .data($0, [], end: true),
      ]
    },
    .answer("a pseudo-header in the trailers", .internal, .unknown) {
      [
        .headers($0, RawPeer.ok), .data($0, request),
        .headers($0, [":status": "200", "grpc-status": "0"], end: true),
      ]
    },
    .answer("everything twice", .ok) {
      [
        .headers($0, RawPeer.ok), .data($0, request), .headers($0, RawPeer.success, end: true),
        .headers($0, RawPeer.ok), .data($0, request), .headers($0, RawPeer.success, end: true),
      ]
    },
    .answer("no headers, only trailers with a status", .permissionDenied, .unknown) {
      [.headers($0, [":status": "200", "grpc-status": "7"], end: true)]
    },
    .answer("RST_STREAM(NO_ERROR) after a whole answer", .ok) {
      [
        .headers($0, RawPeer.ok), .data($0, request), .headers($0, RawPeer.success, end: true),
        .reset($0, RawError.none),
      ]
    },
  ]
}
