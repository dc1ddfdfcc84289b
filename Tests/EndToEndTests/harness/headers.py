"""The headers that keep a browser from doing more with an answer than is meant (R-178)."""

from collections.abc import Mapping

NEVER = ("unsafe-inline", "unsafe-eval", "nonce-", "sha256-", "strict-dynamic", "data:", "blob:", "http:", "https:", "*")
"""What a policy of ours never lets in."""
PAGE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
DATA = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}


def policy(headers: Mapping[str, str]) -> dict[str, list[str]]:
    """The directives of the one Content-Security-Policy."""
    parts = [part.split() for part in headers["content-security-policy"].split(";")]
    return {part[0]: part[1:] for part in parts if part}


def assert_page(headers: Mapping[str, str], where: str) -> None:
    """The answer is a page, and nothing runs in it but our own files."""
    for name, value in PAGE.items():
        assert headers.get(name) == value, f"{where}: {name} is {headers.get(name)}"
    directives = policy(headers)
    assert directives["default-src"] == ["'none'"], where
    assert directives["script-src"] == directives["style-src"] == ["'self'"], where
    for name in ("object-src", "base-uri", "frame-ancestors", "script-src-attr", "style-src-attr", "font-src"):
        assert directives[name] == ["'none'"], f"{where}: {name} is {directives[name]}"
    assert directives["form-action"] == ["'self'"], where
    assert directives["require-trusted-types-for"] == ["'script'"], where
    for values in directives.values():
        assert not [value for value in values if any(value.startswith(bad) or value == f"'{bad}'" for bad in NEVER)], where
    permissions = headers.get("permissions-policy", "")
    assert all(f"{feature}=()" in permissions for feature in ("camera", "microphone", "geolocation", "payment")), where
    assert "server" not in headers and "x-powered-by" not in headers, where


def assert_data(headers: Mapping[str, str], where: str) -> None:
    """The answer is no page and cannot become one."""
    for name, value in DATA.items():
        assert headers.get(name) == value, f"{where}: {name} is {headers.get(name)}"
    assert headers.get("cache-control"), f"{where} leaves caching to chance"
    directives = policy(headers)
    assert directives["default-src"] == ["'none'"] and "sandbox" in directives, where
