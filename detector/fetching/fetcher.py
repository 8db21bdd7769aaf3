"""One polite client for all addresses: a pace for each host, bounds on time and size, redirects, retries, robots.txt."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from urllib.parse import urljoin

import httpx

from detector.fetching.addresses import host_of, require_web
from detector.fetching.failures import FetchFailed
from detector.fetching.robots import Robots
from detector.fetching.transport import GuardedBackend, GuardedTransport, Resolve, resolved
from detector.settings import SourceSettings

_MOST_HOPS = 5
_LONGEST_WAIT = 60.0
"""Seconds that a Retry-After is waited for within one round; a longer one means: not in this round."""
_FIRST_WAIT = 1.0
_TRY_LATER = "nothing to do: it is tried again"
_NOT_MODIFIED = 304
_REMEDIES = {
    401: "the address wants a log-in: save the page and give the file",
    403: "the site refuses programs: save the page and give the file",
    404: "check the address",
    410: "it was taken away: leave the address out",
    451: "the site may not show it here",
}
_REDIRECTS = (301, 302, 303, 307, 308)
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524)
Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered with; `address` is where the redirects led. Unchanged answers have no content."""

    asked: str
    address: str
    status: int
    content_type: str
    content: bytes
    etag: str | None = None
    last_modified: str | None = None

    @property
    def unchanged(self) -> bool:
        return self.status == _NOT_MODIFIED


class Fetcher:
    """Asks for addresses, one at a time. `pause` waits between requests and may raise to stop everything."""

    def __init__(
        self,
        settings: SourceSettings,
        *,
        max_bytes: int,
        pause: Pause = time.sleep,
        resolve: Resolve = resolved,
    ) -> None:
        self._settings = settings
        self._max_bytes = max_bytes
        self._pause = pause
        self._free_at: dict[str, float] = {}
        self._robots = Robots(settings.user_agent, lambda address: self._through_redirects(address, {}).content)
        self._backend = GuardedBackend(allow_private=settings.allow_private, resolve=resolve)
        transport = GuardedTransport(
            self._backend, environment_proxy=settings.environment_proxy, allow_private=settings.allow_private
        )
        headers = {"User-Agent": settings.user_agent, "Accept-Encoding": "gzip", "Accept": "*/*"}
        self._client = httpx.Client(
            transport=transport, headers=headers, timeout=settings.timeout_seconds, trust_env=False
        )

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def get(self, address: str, *, etag: str | None = None, last_modified: str | None = None) -> Answer:
        """The answer of an address; with the validators of an earlier answer, perhaps only that nothing changed.

        Raises FetchFailed: it gave none, gave too much, may not be asked, or is forbidden by the site.
        """
        import tenacity

        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._settings.retries + 1),
            wait=_wait_before_retry,
            retry=tenacity.retry_if_exception(_is_worth_retrying),
            sleep=self._pause,
            reraise=True,
        )
        answer: Answer = retrying(self._allowed, address, headers)
        return answer

    def _allowed(self, address: str, headers: dict[str, str]) -> Answer:
        self._client.cookies.clear()  # what a site sets on the way counts for this way only
        return self._through_redirects(address, headers, robots=self._settings.robots)

    def _through_redirects(self, asked: str, headers: dict[str, str], *, robots: bool = False) -> Answer:
        address = asked
        for _ in range(_MOST_HOPS + 1):
            require_web(address)
            if robots:
                self._robots.require_allowed(address)
            found = self._once(asked, address, headers)
            if isinstance(found, Answer):
                return found
            address = found
        raise FetchFailed(f"more than {_MOST_HOPS} redirects", "open it in a browser and give the address it ends at")

    def _once(self, asked: str, address: str, headers: dict[str, str]) -> Answer | str:
        """The answer, or the address it leads on to."""
        self._await_turn(address)
        self._backend.deadline = time.monotonic() + self._settings.total_seconds
        try:
            with self._client.stream("GET", address, headers=headers) as response:
                if response.status_code in _REDIRECTS and "location" in response.headers:
                    return urljoin(address, response.headers["location"])
                return self._answer(asked, address, response)
        except httpx.TimeoutException as error:
            raise FetchFailed("it did not answer in time", _TRY_LATER, transient=True) from error
        except httpx.HTTPError as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise FetchFailed(f"no connection ({reason})", _TRY_LATER, transient=True) from error
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchFailed("not an address", "check the address") from error

    def _await_turn(self, address: str) -> None:
        """One request at a time to a host, with the pause that we or the site set."""
        host, now = host_of(address), time.monotonic()
        self._pause(max(0.0, self._free_at.get(host, now) - now))
        pace = max(self._settings.per_host_seconds, self._robots.delay_of(address))
        self._free_at[host] = time.monotonic() + pace

    def _answer(self, asked: str, address: str, response: httpx.Response) -> Answer:
        status = response.status_code
        if status != _NOT_MODIFIED and not 200 <= status < 300:
            raise _refusal(response)
        content = b"" if status == _NOT_MODIFIED else self._content(response)
        return Answer(
            asked=asked,
            address=address,
            status=status,
            content_type=response.headers.get("content-type", "")[:200],
            content=content,
            etag=_short(response.headers.get("etag")),
            last_modified=_short(response.headers.get("last-modified")),
        )

    def _content(self, response: httpx.Response) -> bytes:
        """The body, counted while it comes in and again while it is unpacked."""
        encoding = response.headers.get("content-encoding", "identity").strip().casefold()
        if encoding not in ("identity", "gzip", "x-gzip", ""):
            raise FetchFailed(
                f"packed as {encoding[:20]!r}, which was not asked for", "save the page and give the file"
            )
        packed = encoding.endswith("gzip")
        unpacker = Unpacker(self._max_bytes)
        parts: list[bytes] = []
        received = 0
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > self._max_bytes:
                raise too_much(self._max_bytes)
            parts.append(unpacker.unpack(chunk) if packed else chunk)
        if packed and not unpacker.finished:
            raise FetchFailed("the answer was cut off", _TRY_LATER, transient=True)
        return b"".join(parts)


class Unpacker:
    """gzip that never yields more than the limit, however little came in."""

    def __init__(self, limit: int) -> None:
        self._left = self._limit = limit
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def finished(self) -> bool:
        return self._inner.eof

    def unpack(self, chunk: bytes) -> bytes:
        try:
            parts = []
            while chunk:
                unpacked = self._inner.decompress(chunk, self._left + 1)
                parts.append(unpacked)
                self._left -= len(unpacked)
                if self._left < 0:
                    raise too_much(self._limit)
                chunk = self._inner.unconsumed_tail
                if self._inner.eof and (chunk := self._inner.unused_data):
                    self._inner = zlib.decompressobj(wbits=31)
        except zlib.error as error:
            raise FetchFailed("the packed answer is broken", _TRY_LATER, transient=True) from error
        return b"".join(parts)


def unpacked(content: bytes, *, limit: int) -> bytes:
    """A file packed with gzip, whole. Raises FetchFailed: broken, or more than the limit."""
    unpacker = Unpacker(limit)
    whole = unpacker.unpack(content)
    if not unpacker.finished:
        raise FetchFailed("the gzip file is cut off", _TRY_LATER, transient=True)
    return whole


def too_much(limit: int) -> FetchFailed:
    return FetchFailed(f"more than {limit:,} bytes", "raise reading.max_bytes, or leave the address out")


def _short(value: str | None) -> str | None:
    return value if value and len(value) <= 500 else None


def _refusal(response: httpx.Response) -> FetchFailed:
    status = response.status_code
    known = status in [one.value for one in HTTPStatus]
    phrase = f"{status} {HTTPStatus(status).phrase}" if known else str(status)
    transient = status in _TRANSIENT
    remedy = _TRY_LATER if transient else _REMEDIES.get(status, "open it in a browser and check the address")
    asked_to_wait = _seconds_of(response.headers.get("retry-after"))
    return FetchFailed(
        f"the server answered {phrase}", remedy, status=status, transient=transient, retry_after=asked_to_wait
    )


def _seconds_of(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After, which is a number or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after.strip()[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _is_worth_retrying(error: BaseException) -> bool:
    return isinstance(error, FetchFailed) and error.transient and (error.retry_after or 0.0) <= _LONGEST_WAIT


def _wait_before_retry(state: object) -> float:
    """As long as the server asks, else twice as long each time, spread so that many clients do not come at once."""
    import random

    outcome = getattr(state, "outcome", None)
    error = outcome.exception() if outcome is not None else None
    if isinstance(error, FetchFailed) and error.retry_after is not None:
        return error.retry_after
    attempt = int(getattr(state, "attempt_number", 1))
    return float(min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0))
