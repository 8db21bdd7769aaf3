"""Leaves out what is not article text, paragraph by paragraph; every removal carries the name of its rule."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from detector.corpus.boilerplate import SECTIONS, is_menu_entry, notice_rule, piece_rule
from detector.corpus.paragraphs import BULLET, ends_sentence, paragraphs_of, sentences_of
from detector.corpus.wires import dateline_of

_LONGEST_TESTED = 3_000
"""Characters of the longest paragraph the rules look at: boilerplate is shorter, and hostile lines are not."""
_DIVIDERS = re.compile(r"\s+[·•]\s+|\s*\|\s*")
_RELATIVE_CLAUSE = re.compile(r",\s+(?:(?:in|of|for|at|on|to|by)\s+)?(?:which|who|whose|where|when)\s.*[.!?]$")
_PROMPT = re.compile(r"^\W*(?:read more|read also|also read|see also|more|related)\s*:\s*", re.IGNORECASE)
_NAME = r"(?:[A-Z][\w.'’-]*|de|van|von|der|la|al|bin|el|di|du|Mc\w+)"
_BYLINE = re.compile(
    r"^\W*(?:(?:(?:EXCLUSIVE|Opinion|Analysis|Commentary|Story|Words|Text|Report|Reported|Written|Posted|Interview|"
    r"Review)\s+)?[Bb][Yy]:?\s+(?!(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day\b|January|February|March|April|June|July)"
    rf"{_NAME}(?:(?:\s*[,|&/·–—]\s*|\s+-\s+|\s+)(?:{_NAME}|and|for|of|the|in|at|with|\S+@\S+|@\w+))*)\W*$"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?"
_STAMP = re.compile(
    r"^\W*(?:last\s+|first\s+)?(?:published|updated|posted|modified|uploaded|aired|recorded)\b"
    r"(?:[.:,\s|·•–—-]|\b(?:on|at|am|pm|a\.m|p\.m|ago|minutes?|hours?|days?|duration|UTC|GMT|[ECMP][SD]?T|B?CE?ST)\b|"
    rf"\d|st\b|nd\b|rd\b|th\b|\b{_WEEKDAY}\b|\b{_MONTH}\b)+"
    r"(?:[|·•,–—-]\s*[^.!?|]{0,60}|\bby\s[^.!?]{0,60})?\W*$",
    re.IGNORECASE,
)
_DATE_LINE = re.compile(
    rf"^\W*(?:[A-Z][\w.'’() -]{{2,40}}\s*[|·•,–—-]\s*)?(?:{_WEEKDAY},?\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?"
    rf"{_MONTH}\.?\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?(?:19|20|21)\d\d"
    r"(?:\s*[|·•–—]\s*[^.!?]{0,80}|[,\s]+(?:at\s+)?\d{1,2}[:.]\d{2}[^!?]{0,40})?\W*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^[-–—\s]*[A-Z][\w'’-]+(?:\s+[A-Z][\w'’.-]*){0,3}$")
_MOST_LISTED = 0.5
"""Share of a text from which a list under "Top stories" is the article itself, as in a news digest."""
_HEAD, _TAIL = 6, 4
"""Paragraphs at the head where a byline may stand, and at the end where a signature may."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A piece left out and the rule that did it."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is left of a text, and what was taken off it."""

    paragraphs: tuple[str, ...]
    removed: tuple[Removed, ...]
    byline: str | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def clean(text: str) -> Cleaned:
    """The article's own paragraphs; headings and bullets stay."""
    removed: list[Removed] = []
    paragraphs = _without_sections(paragraphs_of(text), removed)
    repeated = _repeated(paragraphs)
    kept: list[str] = []
    byline = None
    for place, paragraph in enumerate(paragraphs):
        rule = "repeated line" if paragraph in repeated else line_rule(paragraph)
        if rule is None and place < _HEAD and (rule := _head_rule(paragraph)):
            byline = byline or _author_in(paragraph)
        if rule:
            removed.append(Removed(rule, paragraph))
        else:
            kept += _without_prompts(paragraph, removed)
    return Cleaned(tuple(_without_ends(kept, removed)), tuple(removed), byline)


def line_rule(paragraph: str) -> str | None:
    """Name of the rule by which a whole paragraph is no article text."""
    if _is_picker(paragraph):
        return "picker"
    if len(paragraph) > _LONGEST_TESTED:
        return None
    if rule := notice_rule(paragraph):
        return rule
    parts = [part for part in _DIVIDERS.split(paragraph) if part.strip()]
    if len(parts) > 1 and any(map(is_menu_entry, parts)) and not ends_sentence(_longest(parts)):
        return "navigation"
    return None


def _longest(parts: list[str]) -> str:
    return max(parts, key=len)


def _is_picker(paragraph: str) -> bool:
    """A list of names without a sentence: countries, languages, editions."""
    words = paragraph.split()
    if len(words) < 30 or ends_sentence(paragraph):
        return False
    capitals = sum(word[:1].isupper() for word in words)
    return capitals > 0.75 * len(words) and len(re.findall(r"[.!?]\s", paragraph)) < len(words) / 25


def _head_rule(paragraph: str) -> str | None:
    if len(paragraph) > 200 or BULLET.match(paragraph) or dateline_of(paragraph):
        return None
    if _BYLINE.match(paragraph) and len(paragraph.split()) <= 14:
        return "byline"
    if _STAMP.match(paragraph) or (_DATE_LINE.match(paragraph) and not ends_sentence(paragraph)):
        return "date line"
    return None


def _author_in(paragraph: str) -> str | None:
    match = re.match(r"^\W*(?:\w+\s+)?by:?\s+(.+)$", paragraph, re.IGNORECASE)
    return re.split(r"\s*[|·•]\s*", match.group(1))[0].strip()[:200] if match else None


def _repeated(paragraphs: list[str]) -> frozenset[str]:
    """Short lines printed three times or more, as chart credits are; not speakers' names."""
    counts = Counter(line for line in paragraphs if len(line.split()) <= 6 and not ends_sentence(line))
    for speaker in [line for line in counts if line.endswith(":") or line.isupper()]:
        del counts[speaker]
    return frozenset(line for line, count in counts.items() if count >= 3)


def _without_sections(paragraphs: list[str], removed: list[Removed]) -> list[str]:
    """Without lists of other articles: their heading and the headline-like lines under it."""
    kept: list[str] = []
    listed: list[str] = []
    inside = False
    for paragraph in paragraphs:
        if len(paragraph) <= 120 and SECTIONS.match(paragraph):
            inside = True
        elif inside and not _looks_like_entry(paragraph):
            inside = False
        if inside:
            listed.append(paragraph)
        else:
            kept.append(paragraph)
    if sum(map(_words, listed)) > _MOST_LISTED * sum(map(_words, paragraphs)):
        return paragraphs
    removed.extend(Removed("related stories", paragraph) for paragraph in listed)
    return kept


def _words(paragraph: str) -> int:
    return len(paragraph.split())


def _looks_like_entry(paragraph: str) -> bool:
    words = len(paragraph.split())
    return (words <= 22 and not re.search(r"[.!…][\"”’)]*$", paragraph)) or (words <= 16 and paragraph.endswith("?"))


def _without_prompts(paragraph: str, removed: list[Removed]) -> list[str]:
    """What is left of `paragraph` without the sentences that are prompts; nothing when little else was in it."""
    if len(paragraph) > _LONGEST_TESTED:
        return [paragraph]
    sentences = sentences_of(paragraph)
    rules = [piece_rule(sentence, alone=len(sentences) == 1) for sentence in sentences]
    if not any(rules):
        return [paragraph]
    removed.extend(Removed(rule, sentence) for sentence, rule in zip(sentences, rules, strict=True) if rule)
    left = [piece for sentence, rule in zip(sentences, rules, strict=True) for piece in _left_of(sentence, rule)]
    rest = " ".join(left)
    if rest and len(rest.split()) <= 4 and len(left) <= len(sentences) / 2:
        removed.append(Removed("rest of a prompt", rest))
        return []
    return [rest] if rest else []


def _left_of(sentence: str, rule: str | None) -> list[str]:
    """The sentence, or the claim behind its prompt: "Read more: our report, in which 12 people were hurt."."""
    if rule is None:
        return [sentence]
    claim = _PROMPT.sub("", sentence)
    return [claim] if claim != sentence and _RELATIVE_CLAUSE.search(claim) else []


def _without_ends(paragraphs: list[str], removed: list[Removed]) -> list[str]:
    """Without a signature at the end."""
    kept = list(paragraphs)
    while len(kept) > max(1, len(paragraphs) - _TAIL) and _is_signature(kept[-1]):
        removed.append(Removed("signature", kept.pop()))
    return kept


def _is_signature(paragraph: str) -> bool:
    closing = paragraph.endswith(",") and len(paragraph.split()) <= 8
    return not BULLET.match(paragraph) and (closing or bool(_SIGNATURE.match(paragraph)))
