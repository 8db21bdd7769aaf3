"""Who may ask: sessions in signed cookies, CSRF, logins and their rate, as FastAPI dependencies and plain functions."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from fastapi import HTTPException, Request

from detector.errors import InputError
from detector.review.values import LoginRequest, Visitor

if TYPE_CHECKING:
    from detector.store import Store

LoginKind = Literal["none", "token", "account"]
COOKIE = "detector_desk"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
REVIEWER_HEADER = "x-reviewer"
SESSION_SECONDS = 12 * 3600
"""How long a login lasts without a request: a long shift."""
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
FAILURES = 5
"""Failed logins of one address within `FAILURE_SECONDS` before it has to wait."""
FAILURES_OF_NAME = 20
"""The same for one account from anywhere: more, so that a stranger cannot easily lock a colleague out."""
FAILURE_SECONDS = 300.0
MOST_WATCHED = 10_000
LEAST_PASSWORD = 10
_NAME = re.compile(r"[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]{1,80}")


class NotAllowed(HTTPException):
    """Nobody has logged in, or no name was given yet."""

    def __init__(self, line: str) -> None:
        super().__init__(401, line)


@dataclass(frozen=True, slots=True)
class Access:
    """What the desk asks of visitors. `hosts` are the names, without ports, by which it may be called."""

    login: LoginKind = "none"
    token: str | None = field(default=None, repr=False)
    hosts: frozenset[str] = frozenset(("127.0.0.1", "localhost", "::1"))
    any_address: bool = False
    reviewer: str | None = None
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def __post_init__(self) -> None:
        if (self.login == "token") != bool(self.token):
            raise ValueError("a token belongs to a login by token")

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this desk; with `any_address` every literal address does.

        A page of another site can point its own name at this machine, but a browser then sends that name.
        """
        host = host_of(header)
        return host in self.hosts or (self.any_address and _is_address(host))


def host_of(header: str) -> str:
    """The host of a Host header or of an origin without its scheme, lower case, without port and brackets."""
    bare = header.strip().lower()
    match = re.fullmatch(r"\[([0-9a-f:.]+)\](?::\d{1,5})?|([^:\[\]/@\\\s]+)(?::\d{1,5})?", bare)
    return (match[1] or match[2].rstrip(".")) if match else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_local(host: str) -> bool:
    """Whether an address to bind to is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. `name` is None until it is known; `mark` ties it to the password that opened it."""

    sid: str
    name: str | None = None
    mark: str = ""
    bearer: bool = False


def new_session(access: Access) -> Session:
    return Session(secrets.token_urlsafe(18), access.reviewer if access.login == "none" else None)


def seal(access: Access, session: Session) -> str:
    """The session as a cookie value that only this desk can have made."""
    return _signer(access.secret).dumps([session.sid, session.name, session.mark])  # type: ignore[no-any-return]


def unseal(access: Access, cookie: str | None) -> tuple[Session, float] | None:
    """The session of a cookie and its age in seconds; None for none, a forged or an old one."""
    from itsdangerous import BadData

    if not cookie or len(cookie) > 2000:
        return None
    try:
        (sid, name, mark), made = _signer(access.secret).loads(cookie, max_age=SESSION_SECONDS, return_timestamp=True)
    except (BadData, ValueError, TypeError):
        return None
    return Session(sid, name, mark), (datetime.now(UTC) - made).total_seconds()


@cache
def _signer(secret: str) -> Any:
    from itsdangerous import URLSafeTimedSerializer

    return URLSafeTimedSerializer(secret, salt="detector-desk-session", signer_kwargs={"digest_method": hashlib.sha256})


def csrf_of(access: Access, session: Session) -> str:
    """The token that a page of this session sends with every change; other sites cannot read it."""
    return hmac.new(access.secret.encode(), f"csrf:{session.sid}:{session.name}".encode(), hashlib.sha256).hexdigest()


class Doorkeeper:
    """Checks logins: what the desk asks for, the accounts of the store, how often someone failed."""

    def __init__(self, access: Access, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.access = access
        self._accounts = store.accounts
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._hashing = threading.BoundedSemaphore(2)

    def visitor(self, session: Session) -> Visitor:
        known = self.is_known(session)
        return Visitor(
            reviewer=session.name if known else None,
            csrf=csrf_of(self.access, session),
            login=self.access.login,
            allowed=self.access.login == "none" or known,
        )

    def is_known(self, session: Session) -> bool:
        """Whether the session's name may be believed: not logged out, and its account still has that password."""
        if session.name is None or session.sid in self._ended:
            return False
        if self.access.login != "account":
            return True
        kept = self._accounts.password_hash(session.name)
        return kept is not None and hmac.compare_digest(_mark(kept), session.mark)

    def login(self, session: Session, asked: LoginRequest, *, client: str) -> Session:
        """The session with its name. Raises HTTPException: 401 wrong, 429 too often."""
        name = reviewer_name(asked.name)
        fresh = replace(session, sid=secrets.token_urlsafe(18), name=name)
        if self.access.login == "none":
            return fresh
        keys = [f"client:{client}"]
        if self.access.login == "account":
            keys.append(f"name:{name.casefold()}")
        self._refuse_if_tired(keys)
        mark = self._proof(name, asked.secret)
        if mark is None:
            self._note_failure(keys)
            what = "the token" if self.access.login == "token" else "the name or the password"
            raise HTTPException(401, f"{what} is wrong; try again")
        return replace(fresh, mark=mark)

    def bearer(self, header: str, name: str | None, *, client: str) -> Session:
        """A session for one request with an Authorization header. Raises HTTPException: 401 wrong, 429 too often."""
        kind, _, given = header.partition(" ")
        keys = [f"client:{client}"]
        self._refuse_if_tired(keys)
        token = self.access.token
        right = token is not None and kind.lower() == "bearer" and _same(given.strip(), token)
        if not right:
            self._note_failure(keys)
            raise HTTPException(401, "the bearer token is wrong; expected the one that the desk printed at its start")
        return Session(f"bearer-{secrets.token_hex(4)}", reviewer_name(name) if name else None, bearer=True)

    def logout(self, session: Session) -> None:
        with self._lock:
            self._ended[session.sid] = None
            while len(self._ended) > MOST_WATCHED:
                self._ended.popitem(last=False)

    def _proof(self, name: str, secret: str) -> str | None:
        """The mark of a right secret, None for a wrong one."""
        if self.access.login == "token":
            return "" if _same(secret, self.access.token or "") else None
        kept = self._accounts.password_hash(name)
        with self._hashing:
            right = password_fits(kept, secret)
        return _mark(kept) if right and kept is not None else None

    def _refuse_if_tired(self, keys: Iterable[str]) -> None:
        now = self._clock()
        with self._lock:
            for key in keys:
                most = FAILURES_OF_NAME if key.startswith("name:") else FAILURES
                failed = self._failures.get(key, deque())
                while failed and now - failed[0] > FAILURE_SECONDS:
                    failed.popleft()
                if len(failed) >= most:
                    wait = max(1, round(FAILURE_SECONDS - (now - failed[0])))
                    line = f"too many failed logins; try again in {wait} seconds"
                    raise HTTPException(429, line, headers={"Retry-After": str(wait)})

    def _note_failure(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                self._failures.setdefault(key, deque(maxlen=FAILURES_OF_NAME)).append(self._clock())
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_WATCHED:
                self._failures.popitem(last=False)


def reviewer_name(name: str) -> str:
    """The name as it is recorded: spaces folded. Raises HTTPException 422: empty, too long or not printable."""
    folded = " ".join(name.split())
    if not _NAME.fullmatch(folded):
        raise HTTPException(422, "the name is empty or holds what cannot be printed; expected 1 to 80 characters")
    return folded


def _same(given: str, kept: str) -> bool:
    return bool(kept) and hmac.compare_digest(given.encode("utf-8", "replace"), kept.encode("utf-8"))


def _mark(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]


# Accounts


def add_account(store: Store, name: str, password: str) -> str:
    """Add an account, or give it a new password: its open sessions end. Returns the name as it is kept.

    Raises InputError: the name cannot be shown, or the password is too short.
    """
    try:
        name = reviewer_name(name)
    except HTTPException as error:
        raise InputError(str(error.detail)) from error
    if len(password) < LEAST_PASSWORD:
        raise InputError(f"the password has {len(password)} characters; expected {LEAST_PASSWORD} or more")
    store.accounts.put(name, _hasher().hash(password), now=datetime.now(UTC))
    return name


def password_fits(kept: str | None, password: str) -> bool:
    """Whether the password is the one of the hash; without a hash it takes as long to say no."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return bool(_hasher().verify(kept or _nobodys_hash(), password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return str(_hasher().hash(secrets.token_urlsafe(16)))


# Dependencies of routes


def session_of(request: Request) -> Session:
    """The session that the guard found or made for this request."""
    session: Session = request.state.session
    return session


def doorkeeper_of(request: Request) -> Doorkeeper:
    keeper: Doorkeeper = request.app.state.doorkeeper
    return keeper


def client_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def any_visitor(request: Request) -> Visitor:
    """Whoever asks, logged in or not."""
    return doorkeeper_of(request).visitor(session_of(request))


def require_visitor(request: Request) -> Visitor:
    """Someone who may see the desk. Raises NotAllowed."""
    visitor = any_visitor(request)
    if not visitor.allowed:
        raise NotAllowed("log in first; nothing is shown without it")
    return visitor


async def require_csrf(request: Request) -> None:
    """A page of this desk made this request, not one of another site. Raises HTTPException 403."""
    session = session_of(request)
    if session.bearer:
        return
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        field_value = (await request.form(max_files=0, max_fields=100)).get(CSRF_FIELD)
        given = field_value if isinstance(field_value, str) else None
    expected = csrf_of(doorkeeper_of(request).access, session)
    if not given or not _same(given, expected):
        raise HTTPException(
            403, "the page is too old or the request came from elsewhere (no valid CSRF token); load the page again"
        )


async def require_change(request: Request) -> Visitor:
    """Someone with a name who may change something, from a page of this desk. Raises NotAllowed, HTTPException 403."""
    from starlette.concurrency import run_in_threadpool

    visitor = await run_in_threadpool(require_visitor, request)
    await require_csrf(request)
    if visitor.reviewer is None:
        raise NotAllowed("give your name first; decisions are recorded under it")
    return visitor
