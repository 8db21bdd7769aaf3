"""Serving the desk: a socket of its own, uvicorn, and an end without loose ends."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from detector.errors import InputError

MOST_REQUESTS = 400
"""Requests served at once, streams of progress included; more are told to come again."""
GRACE_SECONDS = 4


def bind(host: str, port: int) -> tuple[socket.socket, bool]:
    """A listening socket, and whether it is on another port because the wanted one is taken.

    Raises InputError: the address is not one of this machine, or may not be used.
    """
    try:
        return _bound(host, port), False
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise InputError(f"--host {host} --port {port}: {error.strerror or error}; give another") from error
    try:
        return _bound(host, 0), True
    except OSError as error:
        raise InputError(f"--host {host}: {error.strerror or error}; give another") from error


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except BaseException:
        made.close()
        raise
    return made


def serve(
    application: Any,
    sock: socket.socket,
    *,
    on_start: Callable[[], None],
    certificate: Path | None = None,
    key: Path | None = None,
    behind_proxy: bool = False,
) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            on_start()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            application.state.stopping.set()  # streams end at once and do not hold up the others
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        application,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1",
        limit_concurrency=MOST_REQUESTS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ws="none",
    )
    with suppress(KeyboardInterrupt):
        Server(config).run(sockets=[sock])
