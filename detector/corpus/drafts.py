"""What a reader found, before it is cleaned and made an Article."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from detector.errors import InputError

_ALIASES = {
    "text": "text maintext body content article articlebody articletext fulltext plaintext bodytext",
    "html": "html rawhtml contenthtml bodyhtml",
    "outlet": "outlet outletname publisher publication newspaper source sourcename sitename site sourcedomain domain",
    "title": "title headline titlepage titlerss",
    "published": "published publishedat publishedon datepublish datepublished publishdate publisheddate "
    "publicationdate pubdate date timestamp",
    "url": "url link href canonicalurl weburl permalink",
    "author": "author authors byline creator reporter",
    "language": "language lang inlanguage",
}
FIELD_NAMES = {field: tuple(names.split()) for field, names in _ALIASES.items()}
"""Accepted names of a field, best first, without case and punctuation ("date_publish" is "datepublish")."""

TEXT_REMEDY = "name the article text one of: text, maintext, body, content, article"

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile("\r\n?|\x85|\u2028|\u2029|\x0b|\x0c")
_TAG = re.compile(r"<[^<>]{1,300}>")
_DOMAIN = re.compile(r"^(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:[/:?#]\S*)?$", re.IGNORECASE)


class Unreadable(InputError):
    """A file or a row that cannot become an article, with the remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Draft:
    """Text and metadata as found; `file_name` carries the record ("feed.jsonl#3") where a file holds several."""

    path: str
    file_name: str
    text: str
    outlet: str | None = None
    title: str | None = None
    url: str | None = None
    author: str | None = None
    published: datetime | None = None
    language: str | None = None
    outlet_guessed: bool = False
    date_guessed: bool = False


def printable(text: str) -> str:
    """`text` with one kind of line break and without control, zero-width and direction-changing characters."""
    text = _INVISIBLE.sub("", _BREAKS.sub("\n", text))
    return _SURROGATE.sub("\ufffd", text)


def one_line(value: object, *, limit: int = 500) -> str | None:
    """A field as one line of visible text; None when nothing is left."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value)
    text = printable(html.unescape(_TAG.sub("", text[: limit * 8])))
    return " ".join(text.split())[:limit].strip() or None


def web_address(value: object) -> str | None:
    """An http(s) address, None for anything else."""
    text = one_line(value, limit=2000)
    if text is None or not re.match(r"https?://[^\s/]", text, re.IGNORECASE):
        return None
    return text.replace(" ", "%20")


def domain_of(address: str | None) -> str | None:
    """The host of a web address or of a bare domain, without "www."; None when it is neither."""
    match = _DOMAIN.match(address.strip()) if address else None
    if not match and address and "://" in address:
        try:
            host = urlsplit(address).hostname
        except ValueError:
            return None
        match = _DOMAIN.match(host) if host else None
    if not match:
        return None
    host = match.group(1).casefold()
    return re.sub(r"^(?:www\d?|m|amp|edition)\.(?=.+\.)", "", host)


def _name_of(value: object) -> object:
    """A plain value, or the name an object carries."""
    return value.get("name") or value.get("title") or value.get("id") if isinstance(value, Mapping) else value


def outlet_name(value: object) -> str | None:
    """An outlet's name from a field: a text, an address, an object with a name, or a list that begins with one."""
    first = next(iter(value), None) if isinstance(value, (list, tuple)) else value
    name = one_line(_name_of(first), limit=120)
    if name is None or not any(char.isalnum() for char in name):
        return None
    return domain_of(name) or name


def author_names(value: object) -> str | None:
    """Authors as one line, from a text, a list, or objects with a name; a leading "By" dropped."""
    listed = value[:20] if isinstance(value, (list, tuple)) else [value]
    if isinstance(value, str) and (match := re.fullmatch(r"\s*\[(.*)\]\s*", value[:2_000], re.DOTALL)):
        listed = [part.strip(" '\"\n") for part in match.group(1).split(",")]
    names = [one_line(_name_of(entry), limit=200) for entry in listed]
    plain = [re.sub(r"^by[:\s]+", "", name, flags=re.IGNORECASE) for name in names if name]
    return ", ".join(dict.fromkeys(name for name in plain if name))[:200] or None


def language_code(value: object) -> str | None:
    """ISO 639-1 code of a declared language ("en-GB", "English"), None when it is neither."""
    text = one_line(value, limit=40)
    if text is None:
        return None
    names = {"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt"}
    if text.casefold() in names:
        return names[text.casefold()]
    match = re.fullmatch(r"([a-z]{2})(?:[-_][a-z0-9]{2,8})*", text, re.IGNORECASE)
    return match.group(1).casefold() if match else None


def _is_missing(value: object) -> bool:
    if value is None or (isinstance(value, (str, list, tuple, dict)) and not value):
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ in {"NAType", "NaTType"}


def pick_fields(record: Mapping[str, object]) -> dict[str, object]:
    """The known fields of a record under their own names, the best alias of each."""
    by_name: dict[str, object] = {}
    for key, value in record.items():
        plain = value.tolist() if hasattr(value, "tolist") and not isinstance(value, (str, date)) else value
        if not _is_missing(plain):
            by_name.setdefault("".join(char for char in str(key).casefold() if char.isalnum()), plain)
    return {
        field: by_name[found]
        for field, names in FIELD_NAMES.items()
        if (found := next((name for name in names if name in by_name), None))
    }


def filled(draft: Draft, fields: Iterable[tuple[str, Any]]) -> Draft:
    """`draft` with the fields it has not got yet."""
    return replace(draft, **{name: value for name, value in fields if value and not getattr(draft, name)})
