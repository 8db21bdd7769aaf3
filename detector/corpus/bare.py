"""What a bare text says of itself: header lines, masthead, byline, dateline, copyright line, file name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from detector.corpus.dates import date_in_name, day_in_year, find_date, read_date
from detector.corpus.drafts import author_names, domain_of, one_line, outlet_name, printable, web_address
from detector.corpus.paragraphs import BULLET, ends_sentence, paragraphs_of
from detector.corpus.wires import dateline_of

_HEADERS = {
    "outlet": "outlet publication publisher newspaper source paper station channel broadcaster site website",
    "title": "title headline",
    "published": "date published publishedat publicationdate airdate posted aired datepublished pubdate broadcast",
    "url": "url link address",
    "author": "author authors by byline reporter writer correspondent journalist",
    "programme": "program programme show",
    "": "updated section language edition category page topic desk wordcount words copyright dateline tags accessed "
    "retrieved",
}
_HEADER_FIELDS = {name: field for field, names in _HEADERS.items() for name in names.split()}
_HEADER_LINE = re.compile(
    r"^\s*[*_]{0,2}(?P<name>[A-Za-z][A-Za-z /_-]{1,18}?)[*_]{0,2}\s*:[*_]{0,2}\s*(?P<value>\S.{0,400})$"
)
_MOST_HEADERS = 15
_YEAR = r"(?:19|20|21)\d{2}"
_COPYRIGHT = re.compile(
    rf"(?:©|\(c\)|\bcopyright\b)[\s©:]*(?:\(c\)\s*)?(?:(?P<year>{_YEAR})(?:\s*[-–]\s*{_YEAR})?)?[\s,]*(?:by\s+)?"
    rf"(?P<name>[^\W\d_][^|•©\n;:()]{{1,80}}?)"
    rf"(?=\s*(?:,?\s*(?P<after>{_YEAR})\b|\.\s|\.?$|[|•;()]|,?\s+(?:inc|llc|ltd|limited|plc|corp|gmbh|all\s+rights)\b))",
    re.IGNORECASE,
)
_LONGEST_FOOTER = 400
_EDITION = re.compile(r"\s*(?:,\s*|\()(?:\w+\s+){0,2}(?:edition|service)\)?\s*$", re.IGNORECASE)
_PART_OF = re.compile(
    r"(?P<outlet>(?:The\s)?[A-Z][\w&]*(?:\s[A-Z&][\w&]*){0,4})['’]s\s(?:\w+\s)?"
    r"(?:minute-by-minute|live\s(?:blog|coverage|page)|rolling\scoverage|newsletter|briefing|blog)\b"
)
_ANY_PAPER = frozenset(
    "the daily weekly morning evening sunday news newspaper paper times post online live ticker blog edition english "
    "international national local sport sports business politics world opinion magazine radio video".split()
)
_NO_OUTLET = re.compile(
    r"\b(?:getty|photos?|image|all rights|rights reserved|shutterstock|notice|policy|law|claim|infring|20\d\d)\b", re.I
)
_GENERIC_STEM = re.compile(
    r"\b(?:articles?|story|stories|text|document|untitled|copy|final|draft|clean(?:ed)?|raw|html?|utf-?8)\b",
    re.IGNORECASE,
)
_STEM_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20|21)\d{2}(?:[-_. ]?\d{2}){0,2}|\d{1,2}[-_.]\d{1,2}[-_.](?:19|20|21)?\d{2})(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Says:
    """What was found, and the text without the lines that held it."""

    text: str
    outlet: str | None = None
    title: str | None = None
    url: str | None = None
    author: str | None = None
    published: datetime | None = None


def read_headers(text: str) -> Says:
    """The header lines a text begins with ("Outlet: …", "Title: …", "Date: …")."""
    lines = printable(text).split("\n")
    fields: dict[str, str] = {}
    taken = seen = 0
    for number, line in enumerate(lines[: _MOST_HEADERS * 2]):
        if not line.strip():
            continue
        match = _HEADER_LINE.match(line)
        name = re.sub(r"[^a-z]", "", match["name"].casefold()) if match else ""
        if not match or name not in _HEADER_FIELDS or not _fits(_HEADER_FIELDS[name], match["value"]):
            break
        fields.setdefault(_HEADER_FIELDS[name], match["value"].strip(" *_"))
        taken, seen = number + 1, seen + 1
        if seen == _MOST_HEADERS:
            break
    return Says(
        text="\n".join(lines[taken:]),
        outlet=outlet_name(fields.get("outlet")),
        title=one_line(fields.get("title") or fields.get("programme")),
        url=web_address(fields.get("url")),
        author=author_names(fields.get("author")),
        published=read_date(fields.get("published")),
    )


def _fits(field: str, value: str) -> bool:
    """A header's value is a name, a day or a headline, not the beginning of a paragraph."""
    words = len(value.split())
    if field == "published":
        return read_date(value) is not None or words <= 5
    return words <= (40 if field == "title" else 14)


def split_masthead(text: str, file_name: str) -> Says:
    """The outlet's name as first line, known by its likeness to the file name, with what stands beside it."""
    found = paragraphs_of(text[:20_000])
    first = found[0] if found else ""
    parts = re.split(r"\s*(?:::|[|–—•:])\s*|\s+[-*]\s+", first, maxsplit=1)
    name = _masthead_name(parts[0], stem_of(file_name))
    if not name or len(found) < 2:
        return Says(text=text)
    beside = parts[1] if len(parts) > 1 else ""
    lines = [line for line in printable(text).split("\n") if line.strip()]
    rest = "\n".join(printable(text).split("\n")[printable(text).split("\n").index(lines[0]) + 1 :])
    house = _PART_OF.match(lines[1].strip()) if len(lines) > 1 else None
    if len(lines) > 1 and not beside and (house or _is_tagline(lines[1].strip())):
        rest = rest.replace(lines[1], "", 1)
    outlet = house["outlet"] if house else _cased(name)
    return Says(text=rest, outlet=outlet, title=_title_beside(first, beside, rest), published=find_date(beside))


def _masthead_name(line: str, stem: str) -> str | None:
    """The name at the head of a masthead without its edition, if the file is named after it.

    A file may be named after one word of it and the section or the sort of text: "ruckus_sport", "ticker-east24".
    """
    name = _EDITION.sub("", line).strip()
    if len(_letters(stem)) >= 4 and _letters(name) == _letters(stem):
        return name
    of_file = [word.casefold() for word in stem.split()]
    named = {word.casefold() for word in re.findall(r"\w+", name)}
    others = [word for word in of_file if word not in named]
    titled = all(word[:1].isupper() or len(word) <= 3 for word in name.split())
    told_apart = name != line.strip() or (name.isupper() and len(others) > 0) or (titled and len(of_file) > 1)
    known = any(len(word) >= 4 and word in named and word not in _ANY_PAPER for word in of_file)
    if told_apart and known and len(name.split()) <= 5 and _ANY_PAPER.issuperset(others):
        return re.sub(r"\s+(?:live|ticker|blog)$", "", name, flags=re.IGNORECASE)
    return None


def _title_beside(line: str, beside: str, rest: str) -> str | None:
    if not beside:
        return None
    if not day_in_year(beside, 2000) and not find_date(beside):
        return beside
    return None if split_title(rest)[0] else line


def _is_tagline(line: str) -> bool:
    return line[:1].islower() and len(line.split()) <= 14 and not ends_sentence(line)


def _letters(name: str) -> str:
    name = re.sub(r"^the\s+", "", name.casefold().strip()).replace("&", "and")
    return "".join(char for char in name if char.isalnum())


def _cased(name: str) -> str:
    return name.title() if name.isupper() and len(name) > 5 else name


def split_title(text: str) -> tuple[str | None, str]:
    """The headline a bare text begins with, and the text after it."""
    lines = printable(text).split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None, text
    title = " ".join(lines[first].split())
    alone = first + 1 < len(lines) and not lines[first + 1].strip()
    rest = "\n".join(lines[first + 1 :])
    words = len(title.split())
    if not rest.strip() or not 2 <= words <= 30 or len(title) > 200 or BULLET.match(title):
        return None, text
    if re.search(r"[.,:;][\"”’)]*$", title) or dateline_of(title) or (_HEADER_LINE.match(title) and words < 4):
        return None, text
    return (title, rest) if alone or (words <= 16 and len(rest.split()) > 40) else (None, text)


def copyright_of(text: str) -> tuple[str | None, int | None]:
    """The outlet and the year of a copyright line at the end of a text."""
    for line in reversed(paragraphs_of(text[-3_000:])[-8:]):
        for match in _COPYRIGHT.finditer(line[-_LONGEST_FOOTER:]):
            year = match["year"] or match["after"]
            name = re.sub(r"^(?:by|the\s+copyright\s+of)\s+", "", match["name"].strip(" .,–—-"), flags=re.IGNORECASE)
            if 1 <= len(name.split()) <= 7 and name[0].isupper() and not _NO_OUTLET.search(name):
                return name, int(year) if year else None
            if year:
                return None, int(year)
    return None, None


def wire_of(text: str) -> str | None:
    """The agency a text's dateline credits ("LONDON, July 24 (Reuters) - …")."""
    found = (dateline_of(paragraph) for paragraph in paragraphs_of(text[:4_000])[:4])
    return next((dateline[1] for dateline in found if dateline), None)


def date_of(text: str, file_name: str, url: str | None, year: int | None) -> datetime | None:
    """The day a text, its address or its file name gives: stamps and datelines before names."""
    head = paragraphs_of(text[:4_000])[:6]
    for line in head:
        if len(line) <= 120 and not ends_sentence(line) and (found := find_date(line)):
            return found
    datelines = [dateline[0] for line in head if (dateline := dateline_of(line))]
    for line in datelines:
        if found := find_date(line):
            return found
    if found := date_in_name(url or "") or date_in_name(file_name):
        return found
    return next((found for line in datelines if year and (found := day_in_year(line, year))), None)


def stem_of(file_name: str) -> str:
    """A file name without date, extension and filler words ("daily-lantern-2031-03-08.txt": "daily lantern")."""
    stem = re.sub(r"(?:\.[A-Za-z]{1,8}){1,2}$", "", file_name.split("#")[0])
    bare = " ".join(re.sub(r"[-_.+\s]+", " ", _STEM_DATE.sub(" ", stem)).split())
    shorter = " ".join(_GENERIC_STEM.sub(" ", bare).split())
    return shorter if re.search(r"[^\W\d]{2}", shorter) else bare or stem


def outlet_from_name(file_name: str) -> str:
    """An outlet's name from a file name: a domain as it is, else its words with capitals."""
    plain = file_name.split("#")[0]
    if domain := domain_of(re.sub(r"\.(?:txt|md|html?|json|text|markdown)$", "", plain.casefold())):
        return domain
    words = stem_of(file_name).split()
    return " ".join(word if any(char.isupper() for char in word) else word.capitalize() for word in words) or "Unknown"
