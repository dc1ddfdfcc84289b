"""X-27: what is secret stays so. Marked secrets go everywhere that a secret goes, and are looked for everywhere that tells.

X-29: nobody forges a line of the log.
"""

import json
import pathlib
import subprocess
import time

import requests
from people import base, host, sign_in

MARKER = "mRk7Zq-planted"


def everywhere(portico) -> dict[str, str]:
    """All that a running installation tells of itself."""
    pid = portico.process.pid
    arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    listed = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, timeout=60).stdout
    own = [line for line in listed.splitlines() if "portico up" in line]
    return {
        "log": portico.log_path.read_text(errors="replace"),
        "metrics": portico.inside.get("/metrics")[1],
        "readiness": portico.inside.get("/readyz")[1],
        "arguments": arguments,
        "process list": "\n".join(own),
    }


def test_planted_secrets_are_told_nowhere(portico):
    session = requests.Session()
    answers = []
    for headers in [
        {"authorization": f"Bearer ptk_{MARKER}"},
        {"cookie": f"session={MARKER}; __Host-session={MARKER}"},
        {"portico-principal-bin": MARKER, "x-api-key": MARKER},
        {"traceparent": MARKER, "tracestate": f"a={MARKER}"},
    ]:
        answers.append(session.get(f"{base(portico)}/v1/accounts", headers=host(portico) | headers, timeout=60))
    answers.append(session.get(f"{base(portico)}/reset?token={MARKER}", headers=host(portico), timeout=60))
    answers.append(
        session.post(
            f"{base(portico)}/v1/sessions",
            json={"userName": "aoife", "password": MARKER},
            headers=host(portico),
            timeout=60,
        )
    )
    answers.append(
        session.post(f"{base(portico)}/v1/sessions", data=f"{{{MARKER}", headers=host(portico), timeout=60)
    )
    for answer in answers[:4] + answers[5:6]:
        assert MARKER not in answer.text, answer.request.url
    for place, text in everywhere(portico).items():
        assert MARKER not in text, place


def test_log_lines_are_one_object_each_and_nobody_forges_one(portico):
    path = "/%0d%0a%7b%22level%22:%22info%22%7d%1b[2J\u202e"
    requests.get(f"{base(portico)}{path}", headers=host(portico) | {"user-agent": "\x1b[31m"}, timeout=60)
    lines = [line for line in portico.log_path.read_text().splitlines() if line.startswith("{")]
    assert lines
    for line in lines:
        record = json.loads(line)
        if "url" in record:
            continue
        assert {"time", "level", "service", "message"} <= set(record)
        assert not any(ord(letter) < 32 or letter in "\u202e\x7f" for letter in line)


def test_every_call_has_a_line_with_who_what_and_how_long(portico):
    records = [json.loads(line) for line in portico.log_path.read_text().splitlines() if line.startswith('{"time"')]
    calls = [record for record in records if record["message"] == "call"]
    assert calls
    for record in calls:
        assert {"service", "request_id", "trace_id", "method", "code", "ms", "peer"} <= set(record)
        assert isinstance(record["ms"], float)
    named = [record for record in calls if "tenant" in record]
    assert named and all("user" in record for record in named)


def test_no_core_file_is_written(portico):
    limits = pathlib.Path(f"/proc/{portico.process.pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_a_refusal_of_something_sensitive_is_logged_with_who_and_what(portico):
    """X-29: a technician asks for the roles and makes one; tenant, user, object and outcome are told."""
    session = sign_in(portico, "tomas")
    for method, body in (("GET", None), ("POST", {"displayName": "Mine"})):
        answer = session.request(method, f"{base(portico)}/v1/roles", json=body, headers=host(portico), timeout=60)
        assert answer.status_code == 403, answer.text
        told = line_of_request(portico, answer.headers["x-request-id"])
        assert told["tenant"] == "brightwater" and told["user"] == "users/tomas"
        assert (told["method"], told["path"], told["status"]) == (method, "/v1/roles", 403)


def line_of_request(portico, request_id: str) -> dict:
    """The gateway's line of a request, which is written after its answer."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for line in portico.log_path.read_text().splitlines():
            if f'"{request_id}"' in line and '"message":"request"' in line:
                return json.loads(line)
        time.sleep(0.05)
    raise AssertionError(f"no line of request {request_id}")
