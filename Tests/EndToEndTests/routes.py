"""Every page of the portal: the routes as the gateway's table has them (`pages.txt`, which a unit test compares), and for
each an address that exists in the demo.
"""

import collections
import dataclasses
import html
import pathlib
import re

import people
from harness.wire import Wire

LIST = pathlib.Path(__file__).parent / "pages.txt"


@dataclasses.dataclass(frozen=True)
class Route:
    pattern: str
    is_open: bool
    """Shown to anybody."""

    @property
    def regex(self) -> re.Pattern[str]:
        """The paths of this pattern: `*` and `{x}` are one segment."""
        inner = re.sub(r"\{\w+=([^}]*)\}", r"\1", self.pattern)
        return re.compile(re.sub(r"\\\*|\\\{\w+\\\}", "[^/]+", re.escape(inner)))

    def matches(self, path: str) -> bool:
        return self.regex.fullmatch(path.partition("?")[0]) is not None

    @property
    def weight(self) -> tuple[int, int]:
        """The gateway's order: literals before variables."""
        return (self.pattern.count("*") + len(re.findall(r"\{\w+\}", self.pattern)), -len(self.pattern))


ROUTES = [
    Route(pattern, access == "anyone")
    for access, pattern in (line.split(" ", 1) for line in LIST.read_text(encoding="utf-8").splitlines())
]
GUIDES = [people.ADMINISTRATOR, people.EXTERNAL_MANAGER, people.TECHNICIAN, people.CONTENT_EDITOR, None]
"""Whose links lead to every page."""
STARTS = [
    "/", "/my-profile", "/contacts/bulk", "/step-up", "/inbox?folder=all", "/welcome?token=none", "/confirm-email?token=none", "/styleguide",
    "/login",
]
"""Where nothing links to, or what is a page of its own only with a query."""
ENOUGH = 30
"""Pages of one route that are searched for links: not every ticket has a file, not every role can be deleted."""


def route_of(path: str) -> Route | None:
    """The route that the gateway takes for a path."""
    found = [route for route in ROUTES if route.matches(path)]
    return min(found, key=lambda route: route.weight) if found else None


def addresses(wire) -> dict[Route, str]:
    """One address for each route, found by following links as somebody; `wire(person)` makes requests."""
    found: dict[Route, str] = {}
    for guide in GUIDES:
        client: Wire = wire(guide)
        waiting, seen = list(STARTS), collections.Counter()
        asked: set[str] = set()
        while waiting:
            path = waiting.pop(0)
            route = route_of(path)
            if route is None or path in asked or seen[route] >= ENOUGH:
                continue
            asked.add(path)
            seen[route] += 1
            answer = client.get(path)
            if answer.status == 303:
                waiting.append(answer.headers["location"])
            if answer.status in (200, 303) or path in STARTS:
                found.setdefault(route, path)
            if answer.status == 200 and answer.headers["content-type"].startswith("text/html"):
                waiting += [html.unescape(link) for link in re.findall(r'href="(/[^"#]*)', answer.text)]
    return found
