"""V-13: schemathesis over the whole API, as everybody who can be there; all its checks.

How many requests: about 60 an operation that cover every rule of the document once, and FUZZ_CASES more that are
invented (5 here, 1,000 with `make test-api-long`).
"""

import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import roles
from harness import places
from harness.portico import Portico

CASES = int(os.environ.get("FUZZ_CASES", "5"))
LIMIT = 600 + 60 * CASES
"""Seconds after which a run is taken for one that hangs."""
SEED = os.environ.get("FUZZ_SEED", "20261122")

NOT_TRIED = {
    "events:watch$": "never ends by itself: test_served.py reads how it begins, GatewayTests and WatchTests the rest",
}
"""Operations that are left out, by a pattern of their path."""

REPLACED_CHECKS = {
    "negative_data_rejection": "bad_requests_are_refused knows what protobuf's JSON reads generously",
    "positive_data_acceptance": "refusals_of_good_requests_say_why lets rules be that no schema can say",
}


class Try:
    """One run of schemathesis as one role against a server of its own; several run beside each other."""

    def __init__(self, role: roles.Role, portico: Portico, document: dict, folder: pathlib.Path):
        self.portico = portico
        self.report = places.ARTIFACTS / f"schemathesis-{role}.txt"
        known = roles.names(roles.API(portico, roles.ADMINISTRATOR))
        api = roles.API(portico, role)
        # As served, but for the cookie's name, which has no prefix without TLS.
        described = folder / "openapi.json"
        described.write_text(json.dumps(document).replace("__Host-portico", "portico"))
        hooks = pathlib.Path(__file__).with_name("fuzzing")
        command = [
            str(pathlib.Path(sys.executable).with_name("schemathesis")),
            "--config-file", str(hooks / "schemathesis.toml"),
            "run", str(described), "--url", api.base, "--no-color",
            "--max-examples", str(CASES), "--seed", SEED,
            "--exclude-checks", ",".join(REPLACED_CHECKS),
        ]  # fmt: skip
        for name, value in api.headers.items():
            command += ["--header", f"{name}: {value}"]
        for pattern in NOT_TRIED:
            command += ["--exclude-path-regex", pattern]
        environment = os.environ | {
            "PORTICO_NAMES": json.dumps(known),
            "PORTICO_SCHEMAS": json.dumps(document["components"]["schemas"]),
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": str(hooks),
        }
        if api.session is not None:
            environment["PORTICO_SESSION"] = api.session
        if api.token is not None:
            environment["PORTICO_TOKEN"] = api.token
        with self.report.open("w") as out:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def tries(request, document, start, tmp_path_factory) -> Iterator[dict[roles.Role, Try]]:
    """A run for each role that is asked for, all begun at once."""
    wanted = [item.callspec.params["role"] for item in request.session.items if item.path == request.path]
    running: dict[roles.Role, Try] = {}
    try:
        for role in wanted:
            running[role] = Try(role, start(str(role)), document, tmp_path_factory.mktemp(str(role)))
        yield running
    finally:
        for one in running.values():
            one.end()


@pytest.mark.timeout(LIMIT)
@pytest.mark.parametrize("role", roles.ALL, ids=str)
def test_every_operation_keeps_to_the_document(role, tries):
    code = tries[role].process.wait()
    text = tries[role].report.read_text(errors="replace")
    assert code == 0, f"{tries[role].report}:\n" + text[-20_000:]
    assert tries[role].portico.process.poll() is None, "the server ended"
    generated = re.search(r"(\d+) generated", text)
    assert generated and int(generated[1]) > 4_000, text[-2_000:]
