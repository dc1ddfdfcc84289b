"""Files that pretend (X-19): whatever is uploaded under whatever name comes back as a download of inert bytes."""

import re
import urllib.parse

import people
import pytest
from harness import files
from test_bad_input import SAME_ORIGIN, form_fields

GIF = b"GIF89a/*" + b"\0" * 8 + b"*/=1;alert(document.domain)//"
POLYGLOTS = {
    "script.gif": GIF,
    "page.pdf": files.pdf() + b"<html><script>alert(1)</script>",
    "page.png": b"<!doctype html><script>alert(1)</script>",
    "shell.jpg": b"\xff\xd8\xff\xe0" + b"<?php system($_GET['c']); ?>",
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>",
    "module.js": b"alert(document.domain)",
    "sheet.css": b"body { background: url(//probe.example) }",
    "data.xml": b"<?xml version='1.0'?><?xml-stylesheet href='javascript:alert(1)'?><x/>",
    "feed.json": b"{\"a\": \"</script><script>alert(1)</script>\"}",
    "flash.swf": b"CWS\x0a" + b"\0" * 40,
    "archive.zip": b"PK\x03\x04" + b"\0" * 40 + b"<script>alert(1)</script>",
    "cache.appcache": b"CACHE MANIFEST\n/",
}
NAMES = [
    "invoice.pdf.html", "photo.png.exe", "../../../../etc/passwd.png", "..\\..\\windows\\system.ini.png", "/etc/shadow.png",
    "gnp.\u202etxt.png", "zero\u200bwidth.png", "long-" + "x" * 400 + ".png", "ünïcödé-😀.png", ".htaccess", "con.png",
    "semi;colon=\"quote\".png".replace('"', "%22"), "percent%0d%0aX-Evil%3a1.png", "<img src=x onerror=alert(1)>.png", "-rf.png",
]
INERT = {"content-disposition", "content-security-policy", "x-content-type-options", "cache-control"}
ACTIVE = re.compile(r"html|svg|xml|javascript|ecmascript|css|flash|json", re.I)


def upload(client, name: str, content: bytes, title: str):
    """Sends the form of a new ticket with one file, as a browser would, or as none would."""
    fields = form_fields(client.get("/tickets/new").text, "/tickets/new") | {"ticket.title": title}
    parts = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()
    )
    head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    body = parts + head.encode() + content + b"\r\n--x--\r\n"
    return client.send("POST", "/tickets/new", body, {"Content-Type": "multipart/form-data; boundary=x", **SAME_ORIGIN})


def downloads(client, location: str) -> list[str]:
    """The links to the ticket's files."""
    page = client.get(location)
    assert page.status == 200
    return re.findall(r'href="(/accounts/[^"]+/attachments/[^"]+)"', page.text)


def assert_inert(answer, content: bytes, where: str) -> None:
    assert answer.status == 200 and answer.body == content, where
    assert answer.headers["content-disposition"].startswith("attachment;"), where
    assert answer.headers["x-content-type-options"] == "nosniff", where
    assert "sandbox" in answer.headers["content-security-policy"], where
    assert "default-src 'none'" in answer.headers["content-security-policy"], where
    assert not ACTIVE.search(answer.headers["content-type"]), f"{where} is served as {answer.headers['content-type']}"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin", where
    assert "no-store" in answer.headers["cache-control"], where
    assert "x-evil" not in answer.headers, where


@pytest.mark.parametrize("name", POLYGLOTS)
def test_a_file_of_two_kinds_comes_back_as_bytes(name, patient):
    client = patient(people.EXTERNAL_USER)
    answer = upload(client, name, POLYGLOTS[name], f"Polyglot {name}")
    if answer.status == 422:
        assert "aria-invalid" in answer.text, "refused, and not said why"
        return
    assert answer.status == 303, answer.text[:300]
    links = downloads(client, answer.headers["location"])
    assert len(links) == 1
    assert_inert(client.get(links[0]), POLYGLOTS[name], name)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:40])
def test_a_name_that_pretends_is_stored_under_an_id_of_our_own(name, patient):
    client = patient(people.EXTERNAL_USER)
    content = files.png()
    answer = upload(client, name, content, "A name that pretends")
    if answer.status in (400, 422):
        return
    assert answer.status == 303
    for link in downloads(client, answer.headers["location"]):
        given = urllib.parse.unquote(link.rpartition("/")[2])
        assert re.fullmatch(r"[a-z0-9-]+", given), f"the name is in the address: {link}"
        file = client.get(link)
        assert_inert(file, content, name)
        disposition = file.headers["content-disposition"]
        shown = urllib.parse.unquote(disposition.rpartition("''")[2])
        assert not re.search(r"[/\\\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", shown), ascii(disposition)
        assert len(shown.encode()) <= 255, ascii(disposition)


@pytest.mark.parametrize("name", ["a\0.png", "a\r\nX-Evil: 1\r\n\r\n.png", "a\rb.png"], ids=ascii)
def test_a_name_with_controls_is_refused_or_loses_them(name, patient):
    client = patient(people.EXTERNAL_USER)
    answer = upload(client, name, files.png(), "A name with controls")
    assert answer.status in (303, 400, 422)
    assert "x-evil" not in answer.headers
    if answer.status == 303:
        for link in downloads(client, answer.headers["location"]):
            file = client.get(link)
            assert "x-evil" not in file.headers
            assert not re.search(r"[\x00-\x1f]", urllib.parse.unquote(file.headers["content-disposition"]))


def test_nobody_else_gets_a_file_by_its_address(patient):
    owner = patient(people.EXTERNAL_USER)
    answer = upload(owner, "mine.png", files.png(), "Mine alone")
    link = downloads(owner, answer.headers["location"])[0]
    for other in (people.OTHER_ACCOUNT_MANAGER, people.OTHER_TENANT_MANAGER):
        assert patient(other).get(link).status == 404
    assert patient(None).get(link).status == 303, "to the login page"
