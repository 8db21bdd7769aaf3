"""The outermost layer of the desk: which hosts it answers to, how much it takes, what every answer carries."""

from __future__ import annotations

import asyncio
import json
import math
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from fastapi import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from detector.review.security import (
    COOKIE,
    REVIEWER_HEADER,
    SAFE_METHODS,
    SESSION_SECONDS,
    Doorkeeper,
    new_session,
    seal,
    unseal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 256 * 1024
"""Bytes of a request: the longest introduction and the longest list of conflicts fit four times."""
MAX_ADDRESS = 6 * 1024
"""Bytes of a path with its query."""
BODY_SECONDS = 30.0
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with no-referrer, browsers send "Origin: null" with the pages' own forms
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STATIC = "/static/"


class Refused(Exception):
    """A request that is answered before any route sees it."""

    def __init__(self, status: int, line: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(line)
        self.status, self.line, self.headers = status, line, headers or {}


class _AskAgain(Refused):
    """A link on another site led here: the page is asked for again from here, and the cookie then comes along."""

    def __init__(self, scope: Scope) -> None:
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        self.address = quote(scope["path"], safe="/") + quote(query, safe="?&=%+-._~:,")
        super().__init__(200, "opening the desk")


class Guard:
    """ASGI middleware. Every request that passes it has a session in `request.state.session`."""

    def __init__(
        self, app: ASGIApp, *, doorkeeper: Doorkeeper, on_mistake: Callable[[Request, Exception], Response]
    ) -> None:
        self._app = app
        self._doorkeeper = doorkeeper
        self._on_mistake = on_mistake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        dressed = _Dressed(send, scope)
        try:
            headers = Headers(scope=scope)
            self._check_address(scope, headers)
            await self._find_session(scope, headers, dressed)
            bounded = await _bounded(receive, scope, headers)
        except Refused as refused:
            await _answer(dressed, refused)
            return
        try:
            await self._app(scope, bounded, dressed)
        except Exception as error:
            response = self._on_mistake(Request(scope), error)
            if not dressed.started:
                await response(scope, receive, dressed)

    def _check_address(self, scope: Scope, headers: Headers) -> None:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_ADDRESS:
            raise Refused(414, f"the address is longer than {MAX_ADDRESS} bytes; narrow the filters")
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._doorkeeper.access.knows_host(hosts[0]):
            raise Refused(
                421,
                "the desk does not answer to this host name; open the address that it printed at its start, "
                "or start it with --host-name",
            )
        if scope["method"] not in SAFE_METHODS and "authorization" not in headers:
            _check_origin(headers, hosts[0])

    async def _find_session(self, scope: Scope, headers: Headers, dressed: _Dressed) -> None:
        if scope["path"].startswith(STATIC):
            return
        access = self._doorkeeper.access
        state = scope.setdefault("state", {})
        if authorization := headers.get("authorization"):
            client = scope["client"][0] if scope.get("client") else "unknown"
            try:
                state["session"] = await run_in_threadpool(
                    self._doorkeeper.bearer, authorization, _name(headers), client=client
                )
            except HTTPException as error:
                raise Refused(error.status_code, str(error.detail), dict(error.headers or {})) from error
            return
        found = unseal(access, _cookie(headers))
        if found is None and headers.get("sec-fetch-site") == "cross-site":
            # A strict cookie does not come along from a link on another site: nothing may replace it.
            if scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate":
                raise _AskAgain(scope)
            state["session"] = new_session(access)
            return
        session, age = found or (new_session(access), math.inf)
        if age > SESSION_SECONDS / 4:
            dressed.cookie = (seal(access, session), SESSION_SECONDS)
        state["session"] = session


def remember(scope: Scope, sealed: str) -> None:
    """Have the answer to this request carry the cookie of a new session."""
    scope["state"]["cookie"] = (sealed, SESSION_SECONDS)


def forget(scope: Scope) -> None:
    """Have the answer to this request take the cookie away."""
    scope["state"]["cookie"] = ("", 0)


def _check_origin(headers: Headers, host: str) -> None:
    """Browsers say which page a change comes from; programs say nothing and need the token alone."""
    origin = headers.get("origin")
    if origin is not None:
        parts = urlsplit(origin) if len(origin) < 400 else None
        same = parts is not None and parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
        if not same:
            raise Refused(403, "the request came from a page of another site; use the pages of the desk")
    elif headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "the request came from a page of another site; use the pages of the desk")


def _name(headers: Headers) -> str | None:
    """The name that a program gives, which may be of any script: programs send UTF-8, a server reads Latin-1."""
    given = headers.get(REVIEWER_HEADER)
    if given is None:
        return None
    try:
        return given.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return given


def _cookie(headers: Headers) -> str | None:
    for line in headers.getlist("cookie"):
        try:
            found = SimpleCookie(line).get(COOKIE)
        except CookieError:
            continue
        if found is not None:
            return found.value
    return None


async def _bounded(receive: Receive, scope: Scope, headers: Headers) -> Receive:
    """The body read whole and given again. Raises Refused: it is too long, or does not come."""
    if scope["method"] in SAFE_METHODS:
        return receive
    told = headers.get("content-length", "0")
    if not told.isdecimal() or int(told) > MAX_BODY:
        raise Refused(413, f"the request is larger than {MAX_BODY // 1024} KiB; send less at once")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "the request ended too early; send it again")
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > MAX_BODY:
                    raise Refused(413, f"the request is larger than {MAX_BODY // 1024} KiB; send less at once")
    except TimeoutError as error:
        raise Refused(408, "the request did not arrive in time; send it again") from error
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return again


class _Dressed:
    """Sends answers with the headers that every one carries, and the session's cookie where it is new."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._scope = scope
        self.cookie: tuple[str, int] | None = None
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if "cache-control" not in headers:
                kept = self._scope["path"].startswith(STATIC)
                headers["cache-control"] = "no-cache" if kept else "no-store"
            cookie = self._scope.get("state", {}).get("cookie") or self.cookie
            if cookie is not None:
                headers.append("set-cookie", _set_cookie(*cookie, secure=self._scope["scheme"] == "https"))
        await self._send(message)


def _set_cookie(value: str, seconds: int, *, secure: bool) -> str:
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")


async def _answer(send: _Dressed, refused: Refused) -> None:
    kind, body = b"application/json", json.dumps({"error": refused.line}).encode()
    if isinstance(refused, _AskAgain):
        kind = b"text/html; charset=utf-8"
        address = escape("/" + refused.address.lstrip("/"))
        body = (
            f'<!doctype html><title>Review desk</title><meta http-equiv="refresh" content="0;url={address}">'.encode()
        )
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in refused.headers.items()),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
