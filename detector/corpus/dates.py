"""Publication dates from fields, headers, file names and addresses; always UTC, never relative to today."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

_MONTH_NAMES = (
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may",),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20|21)\d{2})"
_WRITTEN = (
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+{_DAY}(?:,\s*|\s+){_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.]{_DAY}(?=\D|$)", re.IGNORECASE),
)
_DAY_OF_YEAR_UNKNOWN = (
    re.compile(rf"\b{_MONTH}\s+{_DAY}\b(?!,?\s*\d)", re.IGNORECASE),
    re.compile(rf"\b{_DAY}\s+{_MONTH}(?!\w)(?!,?\s*\d{{4}})", re.IGNORECASE),
)
_CLOCK = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?::[0-5]\d)?\s*(?P<half>[ap]\.?m\.?)?"
    r"(?:\s*\(?(?P<zone>UTC|GMT|BST|CEST|CET|EST|EDT|CST|CDT|MST|MDT|PST|PDT|ET)\b)?",
    re.IGNORECASE,
)
_ZONES = {"bst": 1, "cest": 2, "cet": 1, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6}
_ZONES |= {"pst": -8, "pdt": -7, "utc": 0, "gmt": 0}
_IN_NAME = re.compile(r"(?<!\d)(?P<year>(?:19|20|21)\d{2})(?P<gap>[-_./]?)(?P<month>\d{2})(?P=gap)(?P<day>\d{2})(?!\d)")
_NUMERIC = re.compile(r"^\s*(?P<first>\d{1,2})(?P<gap>[/.-])(?P<second>\d{1,2})(?P=gap)(?P<year>\d{4})\b")
_LONGEST = 100
_LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "sv", "da", "tr")


def read_date(value: object) -> datetime | None:
    """A moment in UTC from a date, a number of seconds or a text; None when it cannot be read for certain.

    Without a time of day it is midnight, without a zone UTC. "03/04/2031" stays unread: it is March or April.
    """
    try:
        return _checked(_read(value))
    except (ValueError, OverflowError, OSError, ArithmeticError):
        return None


def _checked(found: datetime | None) -> datetime | None:
    if found is None:
        return None
    plain = datetime(*found.timetuple()[:6], found.microsecond, found.tzinfo)
    found = plain.astimezone(UTC) if plain.tzinfo else plain.replace(tzinfo=UTC)
    return found if found.year >= 1900 else None


def _read(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_epoch(float(value))
    return _from_text(value.strip()[: _LONGEST * 2]) if isinstance(value, str) else None


def _from_epoch(seconds: float) -> datetime | None:
    """Seconds since 1970 or thousandths of them, down to nanoseconds; small numbers are no dates."""
    for unit in (1, 1e3, 1e6, 1e9):
        if 1e8 <= seconds / unit < 1e11:
            return datetime.fromtimestamp(seconds / unit, UTC)
    return None


def _from_text(text: str) -> datetime | None:
    if not text or len(text) > _LONGEST:
        return None
    if re.fullmatch(r"\d{9,16}(?:\.\d+)?", text):
        return _from_epoch(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    if found := find_date(text):
        return found
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        if any(pattern.search(text) for pattern in _WRITTEN):
            return None
        return _numeric(text) if _NUMERIC.match(text) else _in_other_words(text)


def _numeric(text: str) -> datetime | None:
    """Day first with dots ("24.07.2031"); with other marks only when one of the two cannot be a month."""
    match = _NUMERIC.match(text)
    if match is None:
        return None
    first, second = match["first"], match["second"]
    if match["gap"] == "." or int(first) > 12:
        return _day(match["year"], second, first)
    return _day(match["year"], first, second) if int(second) > 12 else None


@lru_cache(maxsize=4096)
def _in_other_words(text: str) -> datetime | None:
    """Dates written in other languages; day, month and year must all be there."""
    if not re.search(r"\d", text) or len(re.findall(r"\w+", text)) < 3:
        return None
    import dateparser

    strict = {"STRICT_PARSING": True, "PARSERS": ["absolute-time"], "RETURN_AS_TIMEZONE_AWARE": False}
    found = dateparser.parse(text, languages=list(_LANGUAGES), settings=strict)
    return found if isinstance(found, datetime) else None


def find_date(text: str) -> datetime | None:
    """The first full date written in `text` ("Friday 25 July 2031", "May 6, 2031, 6:30 pm EST")."""
    matches = [match for pattern in _WRITTEN if (match := pattern.search(text))]
    for match in sorted(matches, key=lambda match: match.start()):
        day = _day(match["year"], match["month"], match["day"])
        if day is not None:
            return day + _time_of_day(text[match.end() : match.end() + 40])
    return None


def _time_of_day(text: str) -> timedelta:
    match = _CLOCK.search(text)
    if not match:
        return timedelta()
    hour = int(match["hour"])
    if match["half"] and hour <= 12:
        hour = hour % 12 + (12 if match["half"].casefold().startswith("p") else 0)
    return timedelta(hours=hour - _ZONES.get((match["zone"] or "utc").casefold(), 0), minutes=int(match["minute"]))


def _day(year: str, month: str, day: str) -> datetime | None:
    number = int(month) if month.isdigit() else _MONTHS[month.casefold()]
    try:
        return datetime(int(year), number, int(day), tzinfo=UTC)
    except ValueError:
        return None


def date_in_name(name: str) -> datetime | None:
    """The day in a file name or a web address ("daily-lantern-2031-03-08.txt", "/2031/03/08/")."""
    for match in _IN_NAME.finditer(name):
        if found := _day(match["year"], match["month"], match["day"]):
            return found
    return None


def day_in_year(text: str, year: int) -> datetime | None:
    """The first day written without a year ("March 7"), in the year given."""
    for pattern in _DAY_OF_YEAR_UNKNOWN:
        if match := pattern.search(text):
            return _day(str(year), match["month"], match["day"])
    return None
