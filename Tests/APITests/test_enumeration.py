"""X-04, D-43: whoever asks for a reset, or tries a link, learns nothing of who is known: by no answer, and by no time."""

import json
import os
import re
import statistics
import time

import pytest
from roles import ADMINISTRATOR, API, OTHER_TENANT

SAMPLES = int(os.environ.get("ENUMERATION_SAMPLES", "0"))
"""Requests whose times are compared, for `scripts/soak`; a busy machine cannot be asked for times, only for the same answers."""

KNOWN, UNKNOWN = "ruth@larkspur.example", "nobody@larkspur.example"


@pytest.fixture(scope="module")
def portico(start):
    portico = start("enumeration")
    locked = _contact(API(portico, ADMINISTRATOR), "paul@larkspur.example")
    status, answer = API(portico, ADMINISTRATOR).call("POST", f"/v1/{locked}:updatePortalAccess", {"enabled": False})
    assert status == 200, answer
    return portico


def _contact(api: API, mail: str) -> str:
    contacts = api.call("GET", "/v1/accounts/larkspur/contacts")[1]["contacts"]
    return next(entry["name"] for entry in contacts if entry["email"] == mail)


LOGINS = [KNOWN, KNOWN.upper(), "aoife", "paul@larkspur.example", "mina@penrose.example", "x", "a@b", "x" * 250, "\u00e9\u0301@x"]
"""Known by mail, in other letters and by name; locked; of another tenant; nobody at all."""


def _reset(api: API, login: str, tenant: str = "brightwater"):
    return api.told("POST", "/v1/links:requestPasswordReset", {"tenant": tenant, "login": login})


def test_a_reset_is_answered_the_same_for_everybody(portico):
    api = API(portico)
    expected = _reset(api, UNKNOWN)
    assert expected[0] == 200, expected
    for login in LOGINS:
        assert _reset(api, login) == expected, login
    for tenant in ("nowhere", OTHER_TENANT):
        assert _reset(api, KNOWN, tenant)[0] == expected[0] and _reset(api, KNOWN, tenant) == _reset(api, UNKNOWN, tenant)


def test_the_page_says_the_same_of_everybody(portico):
    def ask(login: str):
        api = API(portico)
        _, headers, page = api.raw("GET", "/forgot")
        token = re.search(rb'name="_csrf" value="([^"]+)"', page).group(1).decode()
        cookie = headers["set-cookie"].split(";")[0]
        form = f"_csrf={token}&login={login}".encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        status, fields, body = api.told("POST", "/forgot", form, sent)
        fields.pop("set-cookie", None)
        fields.pop("content-length", None)
        return status, fields, re.sub(r'(name="_csrf" value=")[^"]+', r"\1", body.replace(login, "LOGIN"))

    expected = ask(UNKNOWN)
    assert expected[0] == 200 and "LOGIN" in expected[2]
    for login in (KNOWN, "aoife", "paul@larkspur.example", "mina@penrose.example"):
        assert ask(login) == expected, login


@pytest.mark.parametrize("way", ["check", "redeem"])
def test_a_link_that_is_not_good_is_not_good_for_one_reason(portico, way):
    """One that never was is like one of another portal, and like what is no token at all."""
    api = API(portico)

    def ask(token: str, tenant: str = "brightwater"):
        body = {"tenant": tenant, "token": token}
        if way == "redeem":
            body |= {"newPassword": "a quiet harbour at dawn", "confirmNewPassword": "a quiet harbour at dawn"}
        return api.told("POST", f"/v1/links:{way}", body)

    never = ask("A" * 43)
    assert never[0] == 404, never
    for token in ("B" * 43, "A" * 42, "A" * 44, "/" * 43, "x"):
        assert ask(token) == never, token
    assert ask("A" * 43, OTHER_TENANT) == ask("A" * 43, "nowhere")


def test_a_reset_is_answered_alike_and_in_the_same_time_for_everybody(portico):
    """Known and unknown by turns; of 4,000 requests also the times: Welch's t under 4.5, medians within a millisecond."""
    api = API(portico)
    times: dict[bool, list[float]] = {True: [], False: []}
    answers = set()
    for number in range(max(SAMPLES, 20)):
        known = number % 2 == 0
        began = time.perf_counter()
        answer = _reset(api, KNOWN if known else UNKNOWN)
        times[known].append(time.perf_counter() - began)
        answers.add(json.dumps(answer, sort_keys=True, default=str))
    assert len(answers) == 1 and answer[0] == 200, answers
    if SAMPLES == 0:
        return
    # The slowest twentieth is the machine's, on both sides.
    kept = [sorted(values)[: int(len(values) * 0.95)] for values in times.values()]
    means, variances = [statistics.fmean(v) for v in kept], [statistics.variance(v) / len(v) for v in kept]
    t = abs(means[0] - means[1]) / sum(variances) ** 0.5
    apart = abs(statistics.median(times[True]) - statistics.median(times[False]))
    print(json.dumps({"t": t, "medians apart, ms": apart * 1000}))
    assert t < 4.5 and apart < 0.001, (t, apart)
