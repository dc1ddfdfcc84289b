"""`interop call` runs the standard cases against Python's gRPC server, and against ours."""

import pytest
from peers import interop

CASES = interop.cases()
NEEDS_COMPRESSED_FLAG = {"client_compressed_unary", "client_compressed_streaming"}
"""Cases whose server must see whether a message came compressed, which grpcio does not tell."""

ENDINGS = {
    "status_code_and_message": "UNKNOWN test status message",
    "special_status_message":
        "UNKNOWN \\t\\ntest with whitespace\\r\\nand Unicode BMP \u263a and non-BMP \U0001f608\\t\\n",
    "unimplemented_method": "UNIMPLEMENTED",
    "unimplemented_service": "UNIMPLEMENTED",
    "cancel_after_begin": "CANCELLED",
    "cancel_after_first_response": "CANCELLED",
    "timeout_on_sleeping_server": "DEADLINE_EXCEEDED",
}
"""The beginnings of the lines of cases that do not end with OK."""

FLAGS = {"concurrent_large_unary": ["--soak-iterations", "3"]}
"""A thousand at once say no more than three hundred do, and these tests are run often."""

STANDARD = {
    "empty_unary", "cacheable_unary", "large_unary", "client_compressed_unary", "server_compressed_unary",
    "client_streaming", "client_compressed_streaming", "server_streaming", "server_compressed_streaming", "ping_pong",
    "empty_stream", "custom_metadata", "status_code_and_message", "special_status_message", "unimplemented_method",
    "unimplemented_service", "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
    "rpc_soak", "channel_soak",
}
"""gRPC's cases that need no credentials of a cloud."""


def test_every_standard_case_is_there():
    assert STANDARD - set(CASES) == set()


@pytest.mark.parametrize("case", [case for case in CASES if case not in NEEDS_COMPRESSED_FLAG])
def test_against_python(python_server, case):
    outcome = interop.call(python_server, case, *FLAGS.get(case, []))
    assert outcome.held, outcome
    assert outcome.line.startswith(ENDINGS.get(case, "OK")), outcome


@pytest.mark.parametrize("case", CASES)
def test_against_ours(served, case):
    outcome = interop.call(served.address, case, *FLAGS.get(case, []))
    assert outcome.held, outcome
    assert outcome.line.startswith(ENDINGS.get(case, "OK")), outcome


@pytest.mark.parametrize("case", sorted(NEEDS_COMPRESSED_FLAG & set(CASES)))
def test_a_server_that_does_not_look_at_compression_is_found_out(python_server, case):
    outcome = interop.call(python_server, case)
    assert not outcome.held and outcome.line == "OK" and "INVALID_ARGUMENT" in outcome.errors


def test_a_case_that_does_not_hold_says_so(failing_server):
    """A server that answers every call with one status fails every case that wants another."""
    outcome = interop.call(failing_server, "large_unary")
    assert not outcome.held
    assert outcome.line == "RESOURCE_EXHAUSTED come back later"
    assert "large_unary" in outcome.errors
    outcome = interop.call(failing_server, "status_code_and_message")
    assert not outcome.held and "RESOURCE_EXHAUSTED instead of UNKNOWN" in outcome.errors


def test_nobody_listens():
    outcome = interop.call("127.0.0.1:1", "empty_unary")
    assert not outcome.held and outcome.line.startswith("UNAVAILABLE ")


def test_the_deadline_is_kept(silent_port):
    outcome = interop.call(f"127.0.0.1:{silent_port}", "empty_unary", "--deadline", "0.2")
    assert not outcome.held and outcome.line.startswith("DEADLINE_EXCEEDED")
