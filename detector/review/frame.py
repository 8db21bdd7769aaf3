"""The frame of every page: templates and their words, what is carried from page to page, what was just done."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError

from detector.records import RejectReason
from detector.report import wording
from detector.review.queue import DECISION_WORDS
from detector.review.security import any_visitor, cookie_name
from detector.review.values import ID_PATTERN, QueueFilters, Visitor

Word = Literal[
    "queue", "ask", "report", "statistics", "runs", "article", "conflict", "help", "account", "login", "error"
]

OPEN_WORDINGS = 3
"""Statements of a side shown at once; the rest are one click away."""
CONTEXT = 420
"""Characters of the paragraph shown on each side of a statement; the whole article is one click away."""
LONG = 1_500
"""Characters of a statement that scrolls in a box of its own, lest it push the other side away."""
PAIRS = 6
CHANGES = 12
ASKED = 3
SAID, LAST, THEME, KEYS = "desk_said", "desk_last", "desk_theme", "desk_keys"
"""Cookies: what was just done, what can be taken back, the look, single keys. None of them is trusted with anything."""
YEAR = 365 * 24 * 3600

REASON_WORDS: dict[RejectReason, str] = {
    "not-same-matter": "Not the same matter",
    "update": "An update, not a difference",
    "quote": "A quote: the speaker differs, not the outlet",
    "numbers-compatible": "The numbers fit together",
    "model-error": "The program misread it",
    "other": "Another reason",
}
SECTIONS = (
    ("queue", "Queue", "/"),
    ("ask", "Ask", "/ask"),
    ("report", "Report", "/report"),
    ("statistics", "Figures", "/statistics"),
    ("runs", "Runs", "/runs"),
)
KEY_WORDS = (
    (
        "Everywhere",
        (("?", "these keys"), ("/", "search, or the claim"), ("z", "undo what you did last"), ("b", "back")),
    ),
    ("Queue", (("j k", "next and previous line"), ("Enter", "open it"))),
    (
        "A conflict",
        (
            ("c", "confirm: the outlets differ"),
            ("r 1–6", "reject, and why"),
            ("u", "unclear"),
            ("d", "the same as another: its duplicate"),
            ("g", "the same as another: merge the two"),
            ("n", "note"),
            ("→ ←", "next and previous conflict"),
        ),
    ),
    (
        "A statement",
        (
            ("j k", "next and previous statement"),
            ("o", "the whole article"),
            ("s", "split it off: another matter"),
            ("m", "move it to another side"),
        ),
    ),
)
COUNTS = ("articles", "outlets", "statements", "pairs", "entries", "agreements")
"""Counts of a run that say how much it read and found; the others are one click away."""
ORDERS = (("rank", "As ranked"), ("newest", "Newest first"), ("changed", "Changed last first"))
FORMATS = (
    ("html", "HTML"),
    ("docx", "Word"),
    ("md", "Markdown"),
    ("csv", "CSV"),
    ("json", "JSON"),
    ("claimreview", "ClaimReview draft"),
)


@dataclass(frozen=True, slots=True)
class Flash:
    """What was just done; with a review it can be taken back."""

    words: str
    conflict_id: str = ""
    review_id: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page needs around its own matter. `query` is the queue's filters, carried from page to page."""

    name: Word
    address: str
    query: str
    csrf: str
    reviewer: str | None
    inside: bool
    theme: str
    keys: bool
    flash: Flash | None
    last: Flash | None


@cache
def environment() -> Environment:
    """The templates with the words and shapes they use; everything printed is escaped."""
    made = Environment(
        loader=PackageLoader("detector.review", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "clip": wording.clipped,
        "link": wording.web_link,
        "iso": wording.iso,
        "moment": wording.moment_words,
        "counted": wording.count_words,
        "listed": wording.listed,
        "quoted": wording.quoted,
    }
    made.globals |= {
        "asset": _asset_address,
        "link": query_of,
        "DECISION": DECISION_WORDS,
        "REASONS": tuple(REASON_WORDS.items()),
        "SECTIONS": SECTIONS,
        "KEYS": KEY_WORDS,
        "COUNTS": COUNTS,
        "ORDERS": ORDERS,
        "FORMATS": FORMATS,
        "OPEN_WORDINGS": OPEN_WORDINGS,
        "CONTEXT": CONTEXT,
        "LONG": LONG,
        "PAIRS": PAIRS,
        "CHANGES": CHANGES,
        "ASKED": ASKED,
    }
    return made


@cache
def _asset_address(name: str) -> str:
    """Where a file of `static/` is, with a mark that changes with its content."""
    content = files("detector.review").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:8]}"


def query_of(filters: QueueFilters, **changes: object) -> str:
    """The filters as a query without a question mark, only what differs from the queue as it opens."""
    if changes and "page" not in changes:
        changes["page"] = 1
    narrowed = filters.model_copy(update=changes).model_dump(mode="json", exclude_defaults=True)
    return urlencode({name: "true" if value is True else value for name, value in narrowed.items()})


def filters_of(query: Mapping[str, str]) -> QueueFilters:
    """The filters of a query; empty fields of a form are none. Raises HTTPException 422: a value is unknown."""
    given = {name: query[name] for name in QueueFilters.model_fields if query.get(name)}
    try:
        return QueueFilters.model_validate(given)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        line = f"the filter {name} is {given.get(name, '')[:60]!r}; choose one of those offered"
        raise HTTPException(422, line) from error


def page(
    request: Request, visitor: Visitor | None, template: str, *, name: Word, status: int = 200, **values: Any
) -> Response:
    """A page. What was just done is told on it and then forgotten."""
    flash = values.pop("flash", None) or _read(request, SAID)
    last = _read(request, LAST)
    frame = Frame(
        name=name,
        address=_address_of(request),
        query=values.pop("query", ""),
        csrf=visitor.csrf if visitor else "",
        reviewer=visitor.reviewer if visitor else None,
        inside=bool(visitor and visitor.allowed),
        theme=request.cookies.get(THEME, "") if request.cookies.get(THEME) in ("light", "dark") else "",
        keys=request.cookies.get(KEYS) != "off",
        flash=flash,
        last=last if visitor and visitor.reviewer and not (flash and flash.review_id) else None,
    )
    body = environment().get_template(template).render(page=frame, **values)
    answer = HTMLResponse(body.encode("utf-8", "replace"), status_code=status)
    if (said := cookie_name(request.scope, SAID)) in request.cookies:
        answer.delete_cookie(said, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


def error_page(request: Request, status: int, line: str) -> Response:
    """One line of what went wrong, in the desk's frame."""
    visitor = any_visitor(request) if hasattr(request.state, "session") else None
    heading = _HEADINGS.get(status, "That did not work" if status < 500 else "The desk stumbled")
    return page(request, visitor, "error.html.j2", name="error", status=status, heading=heading, message=line)


_HEADINGS = {
    403: "Not from here",
    404: "Not found",
    405: "Not like this",
    409: "Somebody was quicker",
    413: "Too much at once",
    429: "Too many tries",
}


def _address_of(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def local_path(back: str) -> str:
    """The address when it is a page of this desk, else the queue."""
    sound = re.fullmatch(r"/(?![/\\])[^\x00-\x20\\]{0,2000}", back)
    return back if sound and not urlsplit(back).netloc else "/"


def _read(request: Request, cookie: str) -> Flash | None:
    """What a cookie tells; None where it tells nothing that can be read."""
    try:
        known = json.loads(base64.urlsafe_b64decode(request.cookies[cookie_name(request.scope, cookie)][:4000]))
        flash = Flash(**{name: known[name] for name in ("words", "conflict_id", "review_id")}, bad=known["bad"] is True)
    except (KeyError, ValueError, TypeError):
        return None
    texts = (flash.words, flash.conflict_id, flash.review_id)
    ids = (one for one in (flash.conflict_id, flash.review_id) if one)
    sound = all(isinstance(one, str) for one in texts) and all(re.fullmatch(ID_PATTERN, one) for one in ids)
    return flash if sound else None


def go_on(
    request: Request, address: str, flash: Flash | None = None, *, last: Flash | Literal["keep", "forget"] = "keep"
) -> Response:
    """On to another page, where `flash` will be told; `last` is what can be taken back from now on."""
    answer = RedirectResponse(address, 303)
    secure = request.url.scheme == "https"
    for name, told in ((SAID, flash), (LAST, last)):
        if isinstance(told, Flash):
            kept = base64.urlsafe_b64encode(json.dumps(asdict(told)).encode()).decode()
            own = cookie_name(request.scope, name)
            answer.set_cookie(own, kept, httponly=True, samesite="strict", secure=secure)
    if last == "forget":
        answer.delete_cookie(cookie_name(request.scope, LAST), httponly=True, samesite="strict", secure=secure)
    return answer


def conflict_address(conflict_id: str, query: str) -> str:
    """The page of a conflict under the queue's filters; what is no filter is dropped."""
    known = [(name, value) for name, value in parse_qsl(query[:2000]) if name in QueueFilters.model_fields]
    return f"/conflicts/{conflict_id}" + (f"?{urlencode(known)}" if known else "")


def checked(make: type[Any], **fields: object) -> Any:
    """A request of the desk from a form. Raises HTTPException 422 with the first thing that does not fit."""
    try:
        return make(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        line = f"{where}: {first['msg']}" if where else str(first["msg"]).removeprefix("Value error, ")
        raise HTTPException(422, line) from error
