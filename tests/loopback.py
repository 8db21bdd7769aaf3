"""A web server on the loopback address that counts what it is asked for."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]
Reply = tuple[int, Headers, bytes]


@dataclass
class Site:
    """What stands under which path. Pages with an etag answer 304 to a request that knows it."""

    address: str = ""
    replies: dict[str, Reply | Callable[[BaseHTTPRequestHandler], Reply | None]] = field(default_factory=dict)
    asked: list[tuple[str, Headers, int]] = field(default_factory=list)

    def put(
        self,
        path: str,
        content: str | bytes,
        *,
        kind: str = "text/html; charset=utf-8",
        etag: str | None = None,
        status: int = 200,
        **headers: str,
    ) -> str:
        """Serve content under a path; its address."""
        body = content.encode() if isinstance(content, str) else content
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        known = {"ETag": etag} if etag else {}
        self.replies[path] = (status, {"Content-Type": kind, **known, **more}, body)
        return self.address + path

    def requests(self, path: str | None = None) -> int:
        """How often a path was asked for; without one, everything but robots.txt."""
        return sum(asked == path if path else asked != "/robots.txt" for asked, _, _ in self.asked)

    def statuses(self) -> Counter[int]:
        """Answers by status, robots.txt left out."""
        return Counter(status for path, _, status in self.asked if path != "/robots.txt")

    def forget(self) -> None:
        self.asked.clear()


@contextmanager
def served(*, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.casefold(): value for name, value in self.headers.items()}
            reply = site.replies.get(self.path, (404, {"Content-Type": "text/plain"}, b"nothing here"))
            if callable(reply):
                reply = reply(self)
                if reply is None:
                    site.asked.append((self.path, headers, 0))
                    return
            status, sent, body = reply
            if sent.get("ETag") and headers.get("if-none-match") == sent["ETag"]:
                status, body = 304, b""
            site.asked.append((self.path, headers, status))
            self.send_response(status)
            for name, value in sent.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, form: str, *parts: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
