"""Sentences of a block: boundaries set by rule, trees by spaCy, quotation marks followed across them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from detector.statements.layout import Block
from detector.statements.normal import DOUBLE, SINGLE, Normal, normalise, recase
from detector.statements.words import word_set

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span, Token

_TITLES = word_set(
    "mr mrs ms dr prof gen col lt sgt cpl capt gov sen rep rev hon st maj adm cmdr supt insp det pres messrs mme "
    "sec amb brig fr no nos art fig vs v jan feb mar apr jun jul aug sep sept oct nov dec mt ft e.g i.e approx est "
    "al cf vol pp ed"
)
_MAYBE_END = word_set(
    "u.s u.k u.n e.u d.c a.m p.m inc corp co ltd plc bros llc jr sr etc ph.d u.a.e s.a n.y l.a ore calif mass conn "
    "fla ariz wash tenn pa ga va md ill mich minn wis mo ky ala ark okla tex colo nev cal dist dept univ assn assoc"
)
_STARTERS = word_set(
    "the a an in on at it its he she they we i you but and or so this that these those there then however if when "
    "while as for his her their our my your after before since although though because what who why how where both "
    "some many most all no not more several two three four other another one with by from until meanwhile still "
    "also yet among according under over during even just now last next earlier later"
)
_STOP = re.compile(r"[.!?…]+[\"')\]]*(?=\s+[\"'(\[]*[\w$£€#@])|[.!?…]+\s*[\"')\]]+(?=\s)|;(?=\s+[\"][A-Z])")
_WORD_BEFORE = re.compile(r"([\w]+(?:\.[\w]+)*)$")
_SAID_NEXT = re.compile(
    r"(?:[\w.'-]+ ){0,4}?(?:said|says|say|asked|asks|told|wrote|added|adds|replied|tweeted|shouted|joked|quipped|"
    r"continued|exclaimed|recalled|wondered)\b"
)
OPENERS = "“„‟«"
CLOSERS = "”»"


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation: characters `start:end` between its marks; `closed` is false when the paragraph ends first."""

    start: int
    end: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A block, normalised, with its spaCy document and its quotations."""

    block: Block
    normal: Normal
    doc: Doc
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """One sentence: its tree, its place in the article, and the part of it that is inside quotation marks."""

    passage: Passage
    span: Span
    start: int
    end: int
    index: int
    quotes: tuple[Quote, ...]
    quoted_share: float

    @property
    def block(self) -> Block:
        return self.passage.block

    @property
    def text(self) -> str:
        return str(self.span.text)

    def in_quote(self, token: Token) -> bool:
        return any(quote.start <= token.idx < quote.end for quote in self.quotes)


def passages_of(
    text: str, blocks: Iterable[Block], cases: dict[str, str], *, nlp: Language, whole: bool = False
) -> Iterator[Passage]:
    """Parsed blocks, in batches that depend on the article alone; `whole` keeps a block one sentence."""
    kept: list[tuple[Block, Normal, tuple[Quote, ...]]] = []
    docs: list[Doc] = []
    for block in blocks:
        raw = text[block.start : block.end]
        normal = normalise(raw, block.start)
        if not normal.text:
            continue
        normal = Normal(
            recase(normal.text, cases, headline=block.kind in ("title", "heading")), normal.starts, normal.ends
        )
        doc = nlp.make_doc(normal.text)
        quotes = tuple(quotes_of(normal, raw))
        starts = [] if whole or block.kind in ("title", "heading") else boundaries(normal.text, quotes)
        _mark(doc, starts)
        kept.append((block, normal, quotes))
        docs.append(doc)
    for (block, normal, quotes), doc in zip(kept, nlp.pipe(docs, batch_size=64), strict=True):
        yield Passage(block, normal, doc, quotes)


def _mark(doc: Doc, starts: list[int]) -> None:
    """Fix the sentence starts before the parser runs, so that trees and sentences agree."""
    wanted = iter(sorted(starts))
    following = next(wanted, None)
    for token in doc:
        begins = token.i == 0
        while following is not None and token.idx >= following:
            begins, following = True, next(wanted, None)
        token.is_sent_start = begins


def boundaries(text: str, quotes: tuple[Quote, ...] = ()) -> list[int]:
    """Character offsets at which a new sentence starts."""
    starts = []
    for stop in _STOP.finditer(text):
        after = stop.end()
        while after < len(text) and text[after] == " ":
            after += 1
        if after < len(text) and _ends_sentence(text, stop, text[after:], quotes):
            starts.append(after)
    return starts


def _ends_sentence(text: str, stop: re.Match[str], rest: str, quotes: tuple[Quote, ...]) -> bool:
    mark = stop.group()
    first = rest.lstrip("\"'([")
    if not first:
        return False
    head = first[0]
    if not (head.isupper() or head.isdigit() or head in "$£€#@" or rest[0] in "\"'"):
        return False
    closes_quote = any(quote.end in range(stop.start(), stop.end() + 1) for quote in quotes)
    if closes_quote and mark[0] in "?!…." and _SAID_NEXT.match(first) and rest[0] not in "\"'":
        return mark[0] == "." and not re.match(r"(?:[\w'-]+ ){0,3}?(?:said|says|asked|told)\b", first)
    if mark[0] != "." or len(mark) > 1:
        return True
    before = _WORD_BEFORE.search(text[: stop.start()])
    if before is None:
        return True
    word = before.group(1).lower()
    follower = re.match(r"[\w']+", first)
    opener = follower.group().lower() if follower else ""
    if word in _TITLES:
        return word == "no" and not first[0].isdigit()
    if word in _MAYBE_END or ("." in word and not word[-1].isdigit() and len(word) <= 5):
        return opener in _STARTERS
    if len(word) == 1 and word.isalpha() and before.group(1).isupper():
        return word == "i" or opener in _STARTERS
    return True


def quotes_of(normal: Normal, raw: str) -> Iterator[Quote]:
    """Quotations of a block, from the original marks where they show a direction.

    A closing mark without an opening one closes a quotation begun before the block.
    """
    text = normal.text
    if not text:
        return
    offset = normal.starts[0] - _lead(raw)
    opened: int | None = None
    mark = ""
    for position, char in enumerate(text):
        if char != '"' and char != "'":
            continue
        original = raw[normal.starts[position] - offset]
        opens, closes = _direction(original, char, text, position)
        if opened is None and opens:
            opened, mark = position + 1, char
        elif opened is not None and char == mark and closes:
            if char == '"' or text.count(" ", opened, position) >= 1:
                yield Quote(opened, position, True)
            opened = None
        elif opened is None and closes and char == '"' and original in CLOSERS:
            yield Quote(0, position, True)
        elif opened is not None and mark == "'" and char == '"' and opens:
            opened, mark = position + 1, char
    if opened is not None and mark == '"' and text.count(" ", opened) >= 2:
        yield Quote(opened, len(text), False)


def _lead(raw: str) -> int:
    stripped = raw.lstrip()
    return len(raw) - len(stripped)


def _direction(original: str, char: str, text: str, position: int) -> tuple[bool, bool]:
    """(may open, may close) for a quotation mark."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    if char == '"' and original in DOUBLE:
        return original in OPENERS, original in CLOSERS or original == "″"
    opens = before in " ([—–-\"'" and after != " "
    closes = before != " " and not after.isalnum()
    if char == "'":
        if original in SINGLE and original in "‘‚‛":
            return opens, False
        opens = opens and after.isalnum() and original == "'"
        return opens, closes and (original in "’'") and before != "s"
    return opens, closes


def sentences_of(passages: Iterable[Passage]) -> list[Sentence]:
    """All sentences of the article in order, without spans that hold no letter or digit."""
    found: list[Sentence] = []
    for passage in passages:
        for span in passage.doc.sents:
            first, last = span.start_char, span.end_char
            text = passage.normal.text
            while last > first and text[last - 1] == " ":
                last -= 1
            if not any(char.isalnum() for char in text[first:last]):
                continue
            start, end = passage.normal.origin(first, last)
            quotes = tuple(q for q in passage.quotes if q.start < last and q.end > first)
            covered = sum(min(q.end, last) - max(q.start, first) for q in quotes)
            share = covered / max(1, last - first)
            found.append(Sentence(passage, span, start, end, len(found), quotes, share))
    return found


def subtree(token: Any) -> set[int]:
    """Document indices of a token and all below it."""
    return {part.i for part in token.subtree}
