"""Dates and times of a statement, resolved against the publication time.

Days are those of the publication time's own zone (UTC in the records): a text names no zone of its own.
"By Friday", "since Friday" and "until Friday" all give Friday: the anchor; the little word stays in `text`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from detector.records import TimeMention
from detector.statements.layout import MONTH

_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_PART = r"(?:morning|afternoon|evening|night|noon|lunchtime|midnight|dawn|dusk|teatime)"
_NUMBER = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|"
    r"thirty|several|a few|a couple of)"
)
_UNIT = r"(?:minute|hour|day|week|month|year|decade)s?"
_CLOCK = (
    r"(?:\d{1,2}(?:[:.]\d{2})?\s?(?:a\.m\.|p\.m\.|am\b|pm\b|a\.m\b|p\.m\b|o'clock)|(?<![\d.:])\d{1,2}:\d{2}(?![\d:])|"
    r"(?:[a-z]+|\d{1,2}) o'clock|midnight|noon|midday|"
    r"(?:half past|(?:a )?quarter (?:to|past))\s+[a-z]+|"
    r"(?:(?<=before )|(?<=after )|(?<=at ))(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?=[,.;]|\s+(?:in the|on|that|last|this|at)\b)|"
    r"\d{1,2}\.\d{2}(?=,?\s+(?:last night|yesterday|tonight|this (?:morning|afternoon|evening)|on [A-Z])))"
)
_SMALL = (
    r"(?:by|since|until|till|before|after|on|from|in|at|around|about|just after|just before|shortly before|"
    r"shortly after|as of|through|during)\s+"
)
_DATE = (
    rf"(?:(?:{_WEEKDAY},?\s+)?(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH}(?:,?\s+\d{{4}})?(?!\w)"
    rf"|(?:{_WEEKDAY},?\s+)?{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\s+\d{{4}})?(?![\w%])"
    r"|\d{4}-\d{2}-\d{2}(?!\d))"
)
_RELATIVE = (
    rf"(?:the\s+)?(?:day\s+(?:before|after)\s+)?(?:yesterday|today|tomorrow|tonight|overnight)"
    rf"(?:\s+{_PART})?|this\s+(?:past\s+)?{_PART}|last\s+night"
    rf"|(?:earlier|later)\s+(?:this|that|in\s+the)\s+(?:week|month|year|day)"
    rf"|(?:this|last|next|the\s+past|the\s+previous|the\s+coming)\s+(?:week|weekend|month|year|decade|spring|summer|autumn|fall|"
    rf"winter|quarter|{MONTH})(?![\w-])"
    rf"|{_NUMBER}\s+{_UNIT}\s+(?:ago|earlier|later|from\s+now)"
    rf"|(?:the\s+)?(?:end|start|beginning|middle)\s+of\s+(?:the\s+)?(?:(?:this|next|last)\s+)?(?:week|month|year|{MONTH})(?:\s+\d{{4}})?"
)
_MONTHS = rf"(?:(?:early|late|mid)[-\s])?{MONTH}(?:,?\s+(?:of\s+)?(?:19|20)\d\d)(?!\d)|(?<=\b[Ii]n )(?:(?:early|late|mid)[-\s])?{MONTH}(?!\w)(?!\s+\d)"
_MONTHS_AFTER = rf"(?<=\b(?:by|of) ){MONTH}(?!\w)(?!\s+\d)|(?<=\bsince ){MONTH}(?!\w)(?!\s+\d)|(?<=\b(?:until|after|early) ){MONTH}(?!\w)(?!\s+\d)|(?<=\bbefore ){MONTH}(?!\w)(?!\s+\d)"
_YEARS = r"(?:(?:early|late|mid)[-\s])?(?<![\w$£€.,-])(?:1[89]\d\d|20\d\d)(?![\w%]|[.,]\d|-\d)(?!\s+(?:people|names|dollars|jobs|points|men|women|troops))"
_DAYS = rf"(?:(?:late|early|last|next|this)\s+(?:on\s+)?)?{_WEEKDAY}(?!')(?:\s+{_PART})?(?!-)|{_WEEKDAY}(?='s)"
_TIME = re.compile(
    rf"\b(?P<small>{_SMALL})?(?:(?P<clock>{_CLOCK})(?:\s+in\s+the\s+(?P<half>morning|afternoon|evening))?(?:,?\s+(?:local time\s+)?(?:on\s+)?"
    rf"(?P<clockday>{_DATE}|{_DAYS}|{_RELATIVE}))?"
    rf"|(?P<day>{_DATE}|{_RELATIVE}|{_DAYS}|{_MONTHS}|{_MONTHS_AFTER}|{_YEARS})"
    rf"(?:,?\s+(?:at\s+)?(?:about\s+)?(?P<dayclock>{_CLOCK}))?)"
)
_PARTS = {
    "morning": (0, 12),
    "dawn": (4, 8),
    "noon": (11, 13),
    "lunchtime": (11, 14),
    "afternoon": (12, 18),
    "teatime": (15, 18),
    "dusk": (16, 21),
    "evening": (17, 24),
    "night": (18, 30),
    "midnight": (24, 24),
}
_HINT = re.compile(
    r"\d|day\b|night|week|month|year|noon|o'clock|overnight|ago\b|earlier|later|tomorrow|January|February|March|April|"
    r"(?:before|after|at|past|to) (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b|May|June|July|August|September|October|November|December|summer|spring|autumn|winter|dawn|dusk",
)
_AHEAD = re.compile(
    r"(?:\b(?:will|won't|going to|expected to|due|scheduled|until|set to|plans? to|to be)|'ll)\b[^.;]*$", re.IGNORECASE
)
_AHEAD_SMALL = re.compile(r"(?:until|till)\b", re.IGNORECASE)
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = frozenset(
    f"{name}{part}" for name in _DAY_NAMES for part in ("", " morning", " afternoon", " evening", " night")
)
_SPELLED = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
    )
} | {"a": 1, "an": 1, "twenty": 20, "thirty": 30, "several": 4, "a few": 3, "a couple of": 2}


@dataclass(frozen=True, slots=True)
class Found:
    """A time mention and its characters in the text it was found in."""

    mention: TimeMention
    start: int
    end: int


def times_in(text: str, published: datetime | None, tense: str) -> Iterator[Found]:
    """Times named in a normalised text. `tense` ("past", "future") tells which Friday is meant."""
    if not _HINT.search(text):
        return
    for match in _TIME.finditer(text):
        phrase = match.group()
        day = match.group("clockday") or match.group("day") or ""
        clock = match.group("clock") or match.group("dayclock") or ""
        if match.group("half"):
            clock += " " + match.group("half")
        led = re.search(
            r"\b(?:in|by|since|until|of|after|before|early|late)\s+$", text[: match.start("day")] if day else ""
        )
        if day in ("May", "March") and not led:
            continue
        if re.fullmatch(r"\d{1,2}:\d{2}", clock) and not day and not match.group("small"):
            continue
        ahead = _AHEAD.search(text[: match.start()]) or _AHEAD_SMALL.match(phrase)
        leaning = "future" if ahead and day.lower().replace("late ", "") in _WEEKDAYS else tense
        span = resolve(day, clock, published, leaning) if published else _absolute(day, clock)
        earliest, latest = span if span else (None, None)
        alone = not day and earliest is not None and earliest == latest
        mention = TimeMention(phrase.strip(), earliest, latest, clock_only=alone)
        yield Found(mention, match.start(), match.end())


def _absolute(day: str, clock: str) -> tuple[datetime, datetime] | None:
    """Without a publication time only a date that names its year is resolved, and a time of day, to an arbitrary day."""
    if day and not re.search(r"(?<!\d)\d{4}(?!\d)", day):
        return None
    span = resolve(day, clock, datetime(2000, 1, 1, tzinfo=UTC), "")
    return span if day or (span and span[0] == span[1]) else None


@lru_cache(maxsize=4096)
def resolve(day: str, clock: str, published: datetime, tense: str) -> tuple[datetime, datetime] | None:
    """First and last moment of what the words name, in UTC; None when they cannot be placed."""
    lower = " ".join(day.lower().replace("'s", "").split())
    base = published.replace(hour=0, minute=0, second=0, microsecond=0)
    span = _day_span(lower, base, published, tense) if lower else (base, base + timedelta(days=1))
    if span is None:
        return None
    part = re.search(rf"{_PART}$", lower)
    if part and span[1] - span[0] == timedelta(days=1):
        first, last = _PARTS[part.group()]
        span = (span[0] + timedelta(hours=first), span[0] + timedelta(hours=last))
    if clock and span[1] - span[0] <= timedelta(days=1):
        moment = _clock_time(clock.lower(), part.group() if part else "")
        if moment is not None:
            start = span[0].replace(hour=0, minute=0) + timedelta(minutes=moment)
            if clock.lower() == "midnight" and tense in ("future", "present") and start < published:
                start += timedelta(days=1)
            return start, start
    return span[0], max(span[0], span[1] - timedelta(seconds=1))


def _day_span(lower: str, base: datetime, published: datetime, tense: str) -> tuple[datetime, datetime] | None:
    one = timedelta(days=1)
    shift = {"yesterday": -1, "today": 0, "tomorrow": 1, "tonight": 0, "overnight": 0}
    for word, days in shift.items():
        if word in lower.split():
            extra = (
                (-1 if "before" in lower else 1 if "day after" in lower else 0)
                if lower.startswith(("the ", "day"))
                else 0
            )
            start = base + timedelta(days=days + extra)
            if word == "tonight":
                return start + timedelta(hours=18), start + timedelta(hours=30)
            if word == "overnight":
                return start - timedelta(hours=4), start + timedelta(hours=9)
            return start, start + one
    if lower == "last night":
        return base - timedelta(hours=6), base + timedelta(hours=6)
    if lower.startswith("this ") and lower.split()[-1] in _PARTS:
        return base, base + one
    named = next((number for number, name in enumerate(_DAY_NAMES) if name in lower), None)
    if named is not None and not re.search(r"\d", lower):
        return _weekday(named, lower, base, tense)
    return _period(lower, base) or _ago(lower, base) or _calendar(lower, base, tense)


def _weekday(named: int, lower: str, base: datetime, tense: str) -> tuple[datetime, datetime]:
    """The nearest such day in the tense's direction; today counts both ways."""
    back = (base.weekday() - named) % 7
    if lower.startswith("next"):
        days = 7 - back if back else 7
    elif lower.startswith("last"):
        days = -(back or 7)
    elif tense == "future":
        days = (7 - back) % 7
    elif tense in ("past", ""):
        days = -back
    else:
        days = -back if back <= 3 else 7 - back
    start = base + timedelta(days=days)
    return start, start + timedelta(days=1)


def _period(lower: str, base: datetime) -> tuple[datetime, datetime] | None:
    """This, last or next week, month, year, season; the start or end of one."""
    unit = re.search(r"\b(week|weekend|month|year|decade|quarter|spring|summer|autumn|fall|winter|day)\b", lower)
    if unit is None or "ago" in lower.split() or re.search(r"\d{4}", lower):
        return None
    if lower.split()[-1] in ("earlier", "later", "now"):
        return None
    step = (
        -1 if re.search(r"\b(?:last|past|previous)\b", lower) else 1 if re.search(r"\b(?:next|coming)\b", lower) else 0
    )
    word = unit.group(1)
    if word in ("week", "weekend", "day"):
        monday = base - timedelta(days=base.weekday()) + timedelta(weeks=step)
        first = monday + timedelta(days=5) if word == "weekend" else monday
        span = (first, monday + timedelta(days=7))
    elif word in ("month", "quarter"):
        span = _month(base.year, base.month + step)
    elif word in ("year", "decade"):
        length = 10 if word == "decade" else 1
        first_year = base.year + step * length
        span = (base.replace(year=first_year, month=1, day=1), base.replace(year=first_year + length, month=1, day=1))
    else:
        month = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}[word]
        year = base.year + (step if step else 0)
        if step < 0 and month <= base.month - 3:
            year = base.year
        span = (_month(year, month)[0], _month(year, month + 2)[1])
    return _part_of(lower, span)


def _part_of(lower: str, span: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    third = (span[1] - span[0]) / 3
    if re.search(r"\bend of\b", lower):
        return span[1] - third, span[1]
    if re.search(r"\b(?:start|beginning) of\b", lower):
        return span[0], span[0] + third
    return span


def _month(year: int, month: int) -> tuple[datetime, datetime]:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    first = datetime(year, month, 1, tzinfo=UTC)
    return first, first + timedelta(days=calendar.monthrange(year, month)[1])


def _ago(lower: str, base: datetime) -> tuple[datetime, datetime] | None:
    match = re.fullmatch(
        rf"({_NUMBER})\s+(minute|hour|day|week|month|year|decade)s?\s+(ago|earlier|later|from now)", lower
    )
    if match is None or match.group(3) in ("earlier", "later"):
        return None
    number = int(match.group(1)) if match.group(1).isdigit() else _SPELLED[match.group(1)]
    days = {"minute": 0, "hour": 0, "day": 1, "week": 7, "month": 30.44, "year": 365.25, "decade": 3652.5}[
        match.group(2)
    ]
    sign = -1 if match.group(3) == "ago" else 1
    middle = base + timedelta(days=round(sign * number * days))
    slack = timedelta(days=round(days / 2) if days > 1 else 0)
    return middle - slack, middle + slack + timedelta(days=1)


def _calendar(lower: str, base: datetime, tense: str) -> tuple[datetime, datetime] | None:
    """Calendar dates, months and years; dateparser reads them."""
    core = re.sub(
        r"^(?:the\s+)?(?:early|late|mid|end of|start of|beginning of|middle of|this|last|next)[-\s]+", "", lower
    )
    core = re.sub(rf"^(?:{_WEEKDAY.lower()},?\s+)?(?:the\s+)?", "", core)
    core = re.sub(r"\s+of\s+", " ", core)
    if re.fullmatch(r"\d{4}", core):
        year = int(core)
        return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    parsed = _dateparser(core, base.year)
    if parsed is None:
        return None
    moment, period, has_year = parsed
    if not has_year:
        moment = _nearest_year(moment, base, tense, lower)
    if period == "month":
        return _part_of(lower, _month(moment.year, moment.month))
    start = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def _nearest_year(moment: datetime, base: datetime, tense: str, lower: str) -> datetime:
    def distance(year: int) -> float:
        try:
            days = (moment.replace(year=year, tzinfo=UTC) - base).days
        except ValueError:
            return float("inf")
        wrong = (tense == "past" and days > 1) or (tense == "future" and days < -31)
        wrong = wrong or (lower.startswith("last") and days > -28) or (lower.startswith("next") and days < 0)
        return abs(days) + (400 if wrong else 0)

    return moment.replace(year=min((base.year, base.year - 1, base.year + 1), key=distance))


_PLAIN_DATE = re.compile(
    r"(?:(?P<before>\d{1,2})(?:st|nd|rd|th)?\s+)?(?P<month>[a-z]{3,9})\.?(?:\s+(?P<after>\d{1,2})(?:st|nd|rd|th)?)?(?:,?\s+(?P<year>\d{4}))?"
)
_MONTH_NAMES = "january february march april may june july august september october november december".split()


def _plain_date(core: str, year: int) -> tuple[datetime, str, bool] | None:
    """“June 15, 2022”, “15 June”, “Sept. 2022”: most dates of the news, as dateparser reads them, without loading it."""
    match = _PLAIN_DATE.fullmatch(core)
    if match is None or (match["before"] and match["after"]):
        return None
    word = match["month"]
    numbers = [
        place
        for place, name in enumerate(_MONTH_NAMES, start=1)
        if word in (name, name[:3], name[:4] if name == "september" else name)
    ]
    if not numbers:
        return None
    day = match["before"] or match["after"]
    try:
        moment = datetime(int(match["year"] or year), numbers[0], int(day or 1), tzinfo=UTC)
    except ValueError:
        return None
    return moment, "day" if day else "month", match["year"] is not None


@lru_cache(maxsize=4096)
def _dateparser(core: str, year: int) -> tuple[datetime, str, bool] | None:
    plain = _plain_date(core, year)
    if plain is not None:
        return plain
    parser: Any = _date_parser(year)
    found = parser.get_date_data(core)
    if found.date_obj is None:
        return None
    return found.date_obj.replace(tzinfo=UTC), str(found.period), bool(re.search(r"\d{4}", core))


@lru_cache(maxsize=64)
def _date_parser(year: int) -> Any:
    from dateparser.date import DateDataParser

    settings = {"RELATIVE_BASE": datetime(year, 1, 1), "PREFER_DAY_OF_MONTH": "first", "PARSERS": ["absolute-time"]}
    return DateDataParser(languages=["en"], settings=settings)


def _clock_time(clock: str, part: str) -> int | None:
    """Minutes after midnight."""
    if clock == "midnight":
        return 24 * 60 if part in ("night", "evening") else 0
    if clock in ("noon", "midday"):
        return 12 * 60
    words = clock.split()
    if words[-1] in ("morning", "afternoon", "evening"):
        part = words.pop()
    match = re.match(r"(\d{1,2})(?:[:.](\d{2}))?\s?(a|p|o)?", clock)
    if match is None:
        turn = "to" in words or "past" in words
        word = words[words.index("to" if "to" in words else "past") + 1] if turn else words[0]
        if word not in _SPELLED:
            return None
        hour, minute, half = _SPELLED[word], 0, "o"
        if turn:
            minute = 30 if "half" in words else 15
            hour, minute = (hour - 1, 45) if "to" in words else (hour, minute)
    else:
        hour, minute, half = int(match.group(1)), int(match.group(2) or 0), match.group(3) or ""
    if hour > 24 or minute > 59:
        return None
    late = half == "p" or (half in ("o", "") and part in ("afternoon", "evening", "night"))
    if late and hour < 12:
        hour += 12
    if half == "a" and hour == 12:
        hour = 0
    return hour * 60 + minute
