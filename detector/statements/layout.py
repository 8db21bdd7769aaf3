"""Where the statements of an article can lie: title, headings, bullets, paragraphs, transcript turns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from detector.records import Article
from detector.statements.normal import normalise
from detector.statements.words import word_set

BlockKind = Literal["title", "heading", "bullet", "paragraph"]

MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_BULLET = re.compile(r"\s*(?:[•‣▪●◦·∙*]|[-–](?=\s)|\d{1,2}[.)](?=\s)|\(?[a-z]\)(?=\s))\s*(?=\S)")
_DATELINE = re.compile(
    r"(?:\([A-Z][a-z]+ edition\)\s+)?"
    r"(?:[A-Z][A-Z.'’\-]+(?:[ /][A-Z][A-Z.'’\-]*){0,4}"
    rf"(?:,\s+(?:(?!{MONTH}\b)[A-Z][\w.'’]*\s?){{1,3}})?"
    rf"(?:,?\s+(?:{MONTH}\s+\d{{1,2}}|\d{{1,2}}\s+{MONTH})(?:,?\s+\d{{4}})?)?"
    r"\s*(?P<agency>\([^()]{2,40}\))?\s*(?:—|–|--?)\s+"
    r"|(?P<agency2>\((?:Reuters|AP|AFP|CNN|UPI|Bloomberg|dpa|PA|BBC)\))\s*(?:(?:—|–|--?)\s*)?)"
)
_TAG = re.compile(
    r"(?:EXCLUSIVE|BREAKING(?: NEWS)?|UPDATED?|DEVELOPING|LIVE|CORRECTED|EXPLAINER|ANALYSIS)\s*[:|–-]\s+(?=\S)"
)
_EDITION = re.compile(r"\([A-Z][a-z]+ edition\)\s+")
_LABEL = re.compile(r"(?P<label>[A-Z][A-Z.'’\- ]{0,30}?[A-Z])(?:\s*\((?P<whole>[^)]{1,60})\))?\s*:\s+(?=\S)")
_NOT_A_TURN = word_set(
    "EXCLUSIVE UPDATE UPDATED BREAKING WATCH READ NOTE SOURCE SOURCES DATE HEADLINE TITLE OUTLET OPINION ANALYSIS "
    "EXPLAINER FACTBOX CORRECTION DEVELOPING PHOTO PHOTOS IMAGE VIDEO CREDIT LIVE RELATED ALSO TIMELINE WARNING "
    "EDITOR PS FAQ ADVERTISEMENT"
)
ROLE_LABELS = word_set(
    "PRESENTER HOST ANCHOR REPORTER CORRESPONDENT MODERATOR INTERVIEWER NARRATOR VOICEOVER ANNOUNCER NEWSREADER"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of article text that holds statements: `start:end` without bullet marker, label and dateline."""

    kind: BlockKind
    start: int
    end: int
    paragraph: int
    heading: str = ""
    label: str = ""
    agency: str = ""


def blocks_of(article: Article) -> list[Block]:
    """The article's blocks in reading order."""
    text = article.text
    turns = _turn_labels(text)
    blocks: list[Block] = []
    heading = ""
    label = ""
    for paragraph, (first, last) in enumerate(_paragraphs(text)):
        lines = _lines(text, first, last)
        for start, end in lines:
            block = _block(article, start, end, paragraph, heading, turns, alone=len(lines) == 1)
            if block is None:
                continue
            if turns and block.kind == "paragraph":
                label = block.label or label
                block = _replace(block, label)
            if block.kind == "heading" or (block.kind == "paragraph" and text[start:end].rstrip().endswith(":")):
                heading = _heading_text(text[block.start : block.end], heading)
            elif block.kind == "paragraph":
                heading = ""
            blocks.append(block)
    return blocks


def _replace(block: Block, label: str) -> Block:
    return Block(block.kind, block.start, block.end, block.paragraph, block.heading, label, block.agency)


def _heading_text(line: str, before: str) -> str:
    """What a bullet may be prefixed with: an impersonal heading; a personal lead-in leaves the heading above standing."""
    plain = normalise(line).text.rstrip(" :")
    if plain.endswith(("?", ".", "!")) or len(plain.split()) > 9:
        return before
    personal = re.search(r"\b(?:I|I've|I'm|we|we've|you|your|my|our|us)\b", plain, re.IGNORECASE)
    return before if personal else re.sub(r"^(?:>+|#+|\d+[.)])\s*", "", plain)


def _paragraphs(text: str) -> list[tuple[int, int]]:
    spans = []
    start = 0
    for gap in re.finditer(r"\n[ \t\r\f\v]*\n\s*", text):
        spans.append((start, gap.start()))
        start = gap.end()
    spans.append((start, len(text)))
    return [(a, b) for a, b in spans if text[a:b].strip()]


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Lines of a paragraph; a hard-wrapped paragraph, or the wrapped lines of a bullet, is one line."""
    raw = [(m.start() + start, m.end() + start) for m in re.finditer(r"[^\n]+", text[start:end])]
    raw = [(a, b) for a, b in raw if text[a:b].strip()]
    if len(raw) < 2:
        return raw
    lengths = [b - a for a, b in raw]
    wrapped = min(lengths[:-1]) >= 40 and max(lengths) <= 120 and min(lengths[:-1]) >= 0.7 * max(lengths)
    lines = [raw[0]]
    for a, b in raw[1:]:
        follows = text[a:b].lstrip()
        continued = wrapped or follows[:1].islower()
        if continued and not _BULLET.match(text, a, b):
            lines[-1] = (lines[-1][0], b)
        else:
            lines.append((a, b))
    return lines


def _block(
    article: Article, start: int, end: int, paragraph: int, heading: str, turns: frozenset[str], *, alone: bool
) -> Block | None:
    text = article.text
    start, end = _trim(text, start, end)
    if start >= end or not any(char.isalnum() for char in text[start:end]):
        return None
    if start == _first(text) and article.title and text[start:end] == article.title.strip():
        return Block("title", start, end, paragraph)
    marker = _BULLET.match(text, start, end)
    if marker and marker.end() < end and not re.match(r"[-–—*]\s*$", text[start:end]):
        inner = text[marker.end() : end]
        numbered_heading = text[start].isdigit() and inner == inner.upper() and len(inner.split()) <= 6
        kind: BlockKind = "heading" if numbered_heading else "bullet"
        return Block(kind, marker.end(), end, paragraph, heading)
    turn = _LABEL.match(text, start, end)
    if turn and turn.group("label") in turns:
        return Block("paragraph", turn.end(), end, paragraph, label=turn.group("label"))
    if looks_like_heading(text[start:end]):
        return Block("heading", start, end, paragraph, heading)
    tag = _TAG.match(text, start, end)
    if tag and tag.end() < end:
        start = tag.end()
    dateline = _DATELINE.match(text, start, end) or _EDITION.match(text, start, end)
    if dateline and dateline.end() < end:
        named = dateline.groupdict()
        agency = (named.get("agency") or named.get("agency2") or "").strip("()")
        return Block("paragraph", dateline.end(), end, paragraph, agency=agency)
    return Block("paragraph", start, end, paragraph)


def _first(text: str) -> int:
    return len(text) - len(text.lstrip())


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in ">#"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def looks_like_heading(line: str) -> bool:
    """A short line of its own without a full stop: "THE DEAL AT A GLANCE", "What next?"."""
    words = line.split()
    if not words or len(words) > 14 or line[-1] in '.,;!"”’…)':
        return False
    if line[0] in "\"“‘'(" or line[-1] == ":":
        return False
    if line == line.upper():
        return True
    if line[-1] == "?":
        return len(words) <= 10
    return len(words) <= 12 and line[0].isupper() | line[0].isdigit()


def _turn_labels(text: str) -> frozenset[str]:
    """Labels that open paragraphs of a transcript; a text with fewer than two such paragraphs is none."""
    found: list[str] = []
    for match in re.finditer(r"(?:\A|\n)[ \t]*(?=[A-Z])", text):
        turn = _LABEL.match(text, match.end())
        if turn and not set(turn.group("label").split()) & _NOT_A_TURN:
            found.append(turn.group("label"))
    return frozenset(found) if len(found) >= 2 and len(set(found)) >= 2 else frozenset()


def turn_speakers(article: Article, blocks: list[Block]) -> dict[str, str | None]:
    """Who speaks under each transcript label: a full name, or None for the outlet's own people.

    PRESENTER, HOST and their like are the outlet. So is a name that the article introduces as its
    reporter ("our reporter Sam Druecker", "Pavel Iresh is at Palazzo Saura") or that signs it.
    """
    speakers: dict[str, str | None] = {}
    labels = {block.label for block in blocks if block.label}
    text = normalise(article.text).text if labels else ""
    for label in labels:
        words = label.replace("’", "'").split()
        if ROLE_LABELS & set(words):
            speakers[label] = None
            continue
        last = re.escape(words[-1].capitalize() if len(words) == 1 else " ".join(words).title())
        full = re.search(rf"\b((?:[A-Z][\w'-]+ ){{1,2}}{last})\b", text)
        name = full.group(1) if full else " ".join(words).title()
        speakers[label] = None if _is_journalist(name, article.author or "", text) else name
    return speakers


def _is_journalist(name: str, author: str, text: str) -> bool:
    if name.casefold() in author.casefold():
        return True
    escaped = re.escape(name)
    before = rf"\b(?:reporter|correspondent|editor|journalist|colleague)\W+(?:\w+\W+){{0,3}}?{escaped}"
    after = rf"{escaped},?\s+(?:our|the|a)\s+(?:[\w']+\s+){{0,3}}(?:reporter|correspondent|editor)"
    placed = rf"{escaped}\s+(?:is|joins us|reports|has been)\s+(?:live\s+)?(?:at|in|from|outside|there|on)\b"
    return any(re.search(pattern, text) for pattern in (before, after, placed))
