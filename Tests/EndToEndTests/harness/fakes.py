"""What the harness is tested with: a static site, and a program that behaves as `portico up` should or should not."""

import contextlib
import http.server
import threading
from collections.abc import Iterator

SOUND = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sound</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body { color: #111; background: #fff }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #111 } }</style>
<main><h1>Sound</h1><label>Name <input name="name"></label></main></html>"""

PAGES = {
    "/sound": SOUND,
    "/unlabelled": SOUND.replace("<label>Name ", "").replace("</label>", ""),
    "/pale": SOUND.replace("#111; background: #fff", "#ccc; background: #fff"),
    "/wide": SOUND.replace("<h1>", '<div style="width: 2000px" class="broad">wide</div><h1>'),
    "/throws": SOUND.replace("<main>", "<script>throw new Error('a planted error')</script><main>"),
    "/alerts": SOUND.replace("<main>", "<script>alert('a planted dialog')</script><main>"),
    "/logs": SOUND.replace("<main>", "<script>console.error('a planted message')</script><main>"),
}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        # `/strict/…` is the same page under a policy that allows no script, as strict as the product's.
        strict = self.path.startswith("/strict")
        page = PAGES.get(self.path.removeprefix("/strict"))
        # Without an icon of its own a page has the browser ask for one, at a time of its choosing.
        body = (page or '<!doctype html><title>Not found</title><link rel="icon" href="data:,">').encode()
        self.send_response(404 if page is None else 200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        if strict:
            self.send_header(
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; require-trusted-types-for 'script'",
            )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        pass


@contextlib.contextmanager
def static_site() -> Iterator[str]:
    """Serves `PAGES` on a free port of loopback; the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


STANDS = """
import json, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("drained", flush=True), sys.exit(0)))
print("a log line before", flush=True)
print(json.dumps({"an": "object without url"}), flush=True)
print(json.dumps({"url": "http://127.0.0.1:1/", "mail": "http://127.0.0.1:1/mail", "portal": "http://{tenant}.localhost:1",
  "logins": [{"role": "Administrator", "tenant": "demo", "user": "ada", "password": "x"}]}), flush=True)
print("y" * 200000, file=sys.stdout, flush=True)
while True: time.sleep(0.05)
"""

FALLS = "import sys; print('the disk is on fire', file=sys.stderr); sys.exit(3)"

SILENT = "import time; print('starting', flush=True)\nwhile True: time.sleep(0.05)"

FAILS_AT_END = STANDS.replace("sys.exit(0)", "sys.exit(5)")
