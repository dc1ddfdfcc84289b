"""Scripts in a real browser that call the services by Connect and gRPC-Web (R-166, R-167), with nothing but `fetch`."""

import people

PROFILE = "/portico.identity.v1.Profiles/GetProfile"
TICKET = "/portico.ticketing.v1.Tickets/GetTicket"
WATCH = "/portico.ticketing.v1.TicketingEvents/WatchEvents"

CONNECT = """async ([path, body]) => {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    body,
  })
  return [answer.status, await answer.json()]
}"""

GET = """async (path) => {
  const answer = await fetch(path + "?connect=v1&encoding=json&message=%7B%7D")
  return [answer.status, await answer.json()]
}"""

# The frames of an answer in base64, as flags and text; a status in the headers comes first.
GRPC_WEB_TEXT = """async ([path, body]) => {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/grpc-web-text+json", "x-grpc-web": "1" },
    body,
  })
  const text = await answer.text()
  const groups = text.match(/.{4}/g) ?? []
  const bytes = Uint8Array.from(groups.flatMap((group) => [...atob(group)].map((letter) => letter.charCodeAt(0))))
  const frames = []
  for (let at = 0; at < bytes.length; ) {
    const count = new DataView(bytes.buffer).getUint32(at + 1)
    frames.push([bytes[at], new TextDecoder().decode(bytes.slice(at + 5, at + 5 + count))])
    at += 5 + count
  }
  return [answer.status, answer.headers.get("grpc-status"), frames]
}"""

# The first message of a stream, which is then left.
STREAM = """async (path) => {
  const control = new AbortController()
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/connect+json" },
    body: new Uint8Array([0, 0, 0, 0, 2, 0x7b, 0x7d]),
    signal: control.signal,
  })
  const reader = answer.body.getReader()
  let bytes = new Uint8Array()
  while (bytes.length < 5 || bytes.length < 5 + new DataView(bytes.buffer).getUint32(1)) {
    const { value, done } = await reader.read()
    if (done) throw new Error("the stream ended")
    bytes = Uint8Array.from([...bytes, ...value])
  }
  const count = new DataView(bytes.buffer).getUint32(1)
  control.abort()
  return [bytes[0], JSON.parse(new TextDecoder().decode(bytes.slice(5, 5 + count)))]
}"""


def test_a_page_of_the_portal_calls_by_connect(signed_in):
    session = signed_in(people.TECHNICIAN)
    page = session.page("/")
    status, profile = page.evaluate(CONNECT, [PROFILE, "{}"])
    assert status == 200 and profile["displayName"] == people.TECHNICIAN_NAME
    assert page.evaluate(GET, PROFILE) == [200, profile]
    with session.tripwire.expecting("404"):
        status, error = page.evaluate(CONNECT, [TICKET, '{"name":"accounts/larkspur/tickets/999999"}'])
    assert status == 404 and error["code"] == "not_found"


def test_a_page_of_the_portal_calls_by_grpc_web_in_text(signed_in):
    page = signed_in(people.TECHNICIAN).page("/")
    status, early, frames = page.evaluate(GRPC_WEB_TEXT, [PROFILE, "AAAAAAJ7fQ=="])
    assert (status, early) == (200, None) and [flags for flags, _ in frames] == [0, 0x80]
    assert people.TECHNICIAN_NAME in frames[0][1] and frames[1][1] == "grpc-status: 0\r\n"
    status, early, frames = page.evaluate(GRPC_WEB_TEXT, [TICKET, "AAAAAAJ7fQ=="])
    assert (status, early, frames) == (200, "3", [])


def test_a_page_of_the_portal_follows_a_stream_and_leaves_it(signed_in):
    page = signed_in(people.TECHNICIAN).page("/")
    for _ in range(3):
        flags, event = page.evaluate(STREAM, WATCH)
        assert flags == 0 and event["type"] == "bookmark"
