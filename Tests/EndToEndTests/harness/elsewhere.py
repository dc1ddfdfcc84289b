"""Pages of other sites: two origins besides the portal's, of which a portal may allow one."""

import http.server
import threading


class _Nothing(http.server.BaseHTTPRequestHandler):
    """A page without anything on it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title><link rel=icon href=data:,>")

    def log_message(self, *_):
        """Nothing on the screen."""


class Sites:
    """Two servers. Use it as a context manager."""

    def __init__(self) -> None:
        self._servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Nothing) for _ in range(2)]
        self.allowed, self.other = (f"http://localhost:{server.server_port}" for server in self._servers)

    def __enter__(self) -> "Sites":
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
