import NIOHTTP1
import Protobuf
import RPC

/// `GET /events`: one stream of what changes, for the pages of one session (F-40). Server-sent events: `change` with the
/// type and the name of what changed, `resync` when the past is gone, `beat`, `stale` and `fresh` with a service's name,
/// `renew`, `replaced` and `signed-out` before it ends.
struct LiveSurface: Surface {
  let hub: LiveHub
  let types: TypeRegistry

  static let path = "/events"

  func errand(_ request: Request) throws(Problem) -> Errand? {
    guard request.path == Self.path else { return nil }
    guard request.method == .GET else {
      var problem = Problem(
        .methodNotAllowed, .unimplemented, "the stream of events is read with GET")
      problem.allow = ["GET"]
      throw problem
    }
    let site = request.headers["sec-fetch-site"].first
    guard site == nil || site == "same-origin" || site == "none" else {
      throw Problem(.forbidden, .permissionDenied, "the stream of events is for our own pages")
    }
    return Errand(route: Self.path, kind: .stream) { guest in try open(guest) }
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    problem.response(requestID: request.id, types: types)
  }

  private func open(_ guest: Guest) throws -> Response {
    guard let principal = guest.visitor.session?.principal else {
      throw Problem(.unauthorized, .unauthenticated, "sign in first")
    }
    do throws(LiveHub.Refusal) { try hub.admit(principal.tenant) } catch {
      var problem = Problem(.serviceUnavailable, .unavailable, "too many streams are open")
      problem.retryAfter = 30
      throw problem
    }
    let past =
      guest.request.headers["last-event-id"].first ?? guest.request.query["after"]
    return Response(
      headers: [
        "content-type": "text/event-stream", "cache-control": "no-store",
        // A proxy that gathers answers would hold back what is live.
        "x-accel-buffering": "no",
      ],
      body: .push { [hub, stream = guest.stream] push in
        hub.listen(push, as: principal, after: past, stream: stream)
      })
  }
}

extension Request {
  /// Asked by a page that lies open, not by a person: it must not keep an idle session alive (7.3.1).
  var isInBackground: Bool {
    path == LiveSurface.path || headers.contains(name: "x-portico-background")
  }
}
