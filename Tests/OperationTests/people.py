"""Requests to the demo's portal, by address, with its name in `Host`: not every resolver knows what is below `localhost`."""

import requests


def base(portico) -> str:
    return "http://127.0.0.1:" + portico.url.rpartition(":")[2]


def host(portico) -> dict[str, str]:
    """What every request has: the portal's name, and that it comes from a page of the portal."""
    return {"host": portico.url.removeprefix("http://"), "sec-fetch-site": "same-origin"}


def sign_in(portico, user: str) -> requests.Session:
    """A session of this person."""
    session = requests.Session()
    login = next(login for login in portico.logins if login.user == user)
    body = {"tenant": login.tenant, "userName": user, "password": login.password}
    answer = session.post(f"{base(portico)}/v1/sessions", json=body, headers=host(portico), timeout=60)
    assert answer.status_code == 200, answer.text
    session.headers["cookie"] = f"portico={answer.json()['token']}"
    return session
