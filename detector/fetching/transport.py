"""The way to the network: names are resolved and every address is checked here, at the moment of connecting.

The connection is then made to the address that was checked, so a name that resolves differently a moment later (DNS
rebinding) changes nothing. All ways of writing an address (decimal, octal, mapped into IPv6) end in the same check.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from detector.fetching.addresses import is_public
from detector.fetching.failures import FetchFailed

Resolve = Callable[[str, int], list[str]]
_INNER_REMEDY = "give an address of the open internet, or set sources.allow_private = true for your own servers"


def resolved(host: str, port: int) -> list[str]:
    """The IP addresses of a name, in the order in which the system would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(host: str, port: int, *, allow_private: bool, resolve: Resolve = resolved) -> list[str]:
    """The addresses of a host, all of them allowed.

    Raises FetchFailed: the name is unknown, or one of its addresses is an inner one.
    """
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise FetchFailed(f"the name {host[:100]!r} is not known", "check the address", transient=True) from error
    if not allow_private and (inner := [address for address in found if not is_public(address)]):
        what = inner[0] if inner[0] == host else f"{host[:100]} is {inner[0]}, which"
        raise FetchFailed(f"{what} is a private, loopback or otherwise inner address", _INNER_REMEDY)
    return found


class _Stream(httpcore.NetworkStream):
    """A connection on which no single wait goes past the end of the request's time."""

    def __init__(self, inner: httpcore.NetworkStream, backend: GuardedBackend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._backend.left(timeout)), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only; `deadline` is when the request under way must end."""

    def __init__(self, *, allow_private: bool, resolve: Resolve = resolved) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()
        self.deadline = float("inf")

    def left(self, timeout: float | None) -> float:
        """Seconds that a wait may take. Raises httpcore.ReadTimeout: the request's time is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole request took too long")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = checked_addresses(host, port, allow_private=self._allow_private, resolve=self._resolve)
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:4]:
            try:
                options = list(socket_options or ())
                return _Stream(self._inner.connect_tcp(address, port, self.left(timeout), local_address, options), self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class GuardedTransport(httpx.BaseTransport):
    """httpx on connections of a GuardedBackend; through the proxy of the environment only when that is asked for."""

    def __init__(self, backend: GuardedBackend, *, environment_proxy: bool, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._context = httpx.create_ssl_context(trust_env=True)
        self._direct = httpcore.ConnectionPool(
            ssl_context=self._context, network_backend=backend, max_connections=10, keepalive_expiry=15.0
        )
        self._proxied: dict[str, httpcore.HTTPProxy] = {}
        self._environment_proxy = environment_proxy

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        pool = self._pool_for(url)
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx():
            answer = pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def _pool_for(self, url: httpx.URL) -> httpcore.ConnectionPool:
        """The direct way, or the proxy; what a proxy is asked for is checked as far as this machine knows the name."""
        proxy = getproxies().get(url.scheme) if self._environment_proxy and not proxy_bypass(url.host) else None
        if not proxy:
            return self._direct
        try:
            checked_addresses(url.host, url.port or 443, allow_private=self._allow_private)
        except FetchFailed as failure:
            if not failure.transient:
                raise
        if proxy not in self._proxied:
            self._proxied[proxy] = httpcore.HTTPProxy(proxy_url=proxy, ssl_context=self._context)
        return self._proxied[proxy]

    def close(self) -> None:
        for pool in (self._direct, *self._proxied.values()):
            pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        with _as_httpx():
            self._answer.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Errors of the connection as those of httpx."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.ReadTimeout(str(error)) from error
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
        ssl.SSLError,
    ) as error:
        raise httpx.NetworkError(str(error) or type(error).__name__) from error
