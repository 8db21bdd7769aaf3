"""What a number measures, read off the parse: the thing, which one of its kind, of what sort, when, over how long, where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from detector.records import Measure, MeasureSort
from detector.statements.aliases import COUNTRY_OF, SAME
from detector.statements.words import word_set

if TYPE_CHECKING:
    from datetime import datetime

    from spacy.tokens import Token

CHANGES = word_set(
    "rise fall increase decrease jump drop decline gain grow growth climb surge soar plunge tumble slip sink slide dip hike raise "
    "cut lower reduce reduction advance retreat rally accelerate slow shrink expand expansion contract contraction widen narrow "
    "edge plummet spike uptick boost change move swell strengthen weaken lose loss shed add rebound improve improvement slump "
    "appreciate depreciate up down high low"
)
"""Verbs, and the nouns made of them, that say how far something moved."""
_DIRECTIONS = word_set("up down higher lower more less fewer")
_REACHED = word_set("to at above below over under near around past between as")
"""Before a figure that something moved to, not by."""
_CHANCES = word_set("chance odd odds probability likelihood risk possibility")
_AMOUNTS = word_set(
    "percent % percentage point pt pct basis dollar cent pound euro yen hundred thousand million billion trillion bn mn m degree "
    "mile kilometre kilometer metre meter foot yard inch tonne ton barrel gallon second minute hour day week month year decade"
)
_DEFINITE = word_set("the these those both")
_EMPTY = word_set(
    "level total figure average high low record peak reading number count tally amount estimate maximum minimum "
    "value height lot majority share proportion portion part range kind sort type"
)
"""Nouns that only say that something is measured: what they are of says what."""
_LINKS = word_set("of in for on at among against with")
_NOMINAL = ("NOUN", "PROPN")
_VERBAL = ("VERB", "AUX")
_PLACES = ("GPE", "LOC", "NORP", "FAC")
_COUNTRIES = frozenset(COUNTRY_OF.values()) | {"united states", "united kingdom"}
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = re.compile(
    r"\b(?:(jan)(?:uary|\.)?|(feb)(?:ruary|\.)?|(mar)(?:ch|\.)|(apr)(?:il|\.)?|(May)|(jun)(?:e|\.)|(jul)(?:y|\.)|(aug)(?:ust|\.)|"
    r"(sep)(?:t(?:ember|\.)?|\.)|(oct)(?:ober|\.)|(nov)(?:ember|\.)|(dec)(?:ember|\.))(?!\w)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b(?!s)")
_QUARTER = re.compile(r"\b(first|second|third|fourth)[\s-](?:quarter|half)\b|\b([qh][1-4])\b", re.IGNORECASE)
_LENGTH = re.compile(
    r"\b(?:(?:an?|one|the|past|last|previous|prior|same|each|every|per)[\s-])?(?:(\d+|two|three|four|five|six|nine|ten|twelve)[\s-])?"
    r"(year|month|quarter|week|day|decade)s?\b",
    re.IGNORECASE,
)
_ADVERBS = {
    "annual": "year",
    "annually": "year",
    "annualized": "annual rate",
    "annualised": "annual rate",
    "yearly": "year",
    "yoy": "year",
    "monthly": "month",
    "mom": "month",
    "quarterly": "quarter",
    "qoq": "quarter",
    "weekly": "week",
    "daily": "day",
}
_OVER_ITSELF = re.compile(
    r"\b(year|month|quarter|week)[\s-](?:on|over|to)[\s-](?:year|month|quarter|week|date)\b", re.I
)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "nine": 9, "ten": 10, "twelve": 12}
_NOW = re.compile(r"\b(?:now|today|currently|current|(?:weeks?|days?|hours?) ago|(?:this|last) week|yesterday)\b")
_RELATIVE = re.compile(r"\b(?:this|last|next) (?:year|month|quarter)\b")
_STEPS = {"last year": -1, "next year": 1, "end of last year": -1, "end of next year": 1}
_SINCE_YEAR = re.compile(r"\b(?:since|from|than|after)\b[^,;.]*", re.IGNORECASE)
_COMPARING = word_set(
    "from than compared against versus over in within during for per on each every a since after the past last one"
)
_STARTING = ("since", "from", "than", "after")
_AGO = re.compile(
    r"\b(?:an?|one|(\d+|two|three|four|five|six|nine|ten|twelve))[\s-](year|month|quarter|week|day|decade)s? (?:ago|earlier|before|prior)"
)
_AHEAD = re.compile(r"\b(?:this|next|coming|end|start|beginning)\b")
_NAMED = re.compile(r"\A(?:in|on|for|during)?\s*\blast (?:year|month|quarter|week)\b|\b(?:first|second|third|fourth) ")
"""A year or a quarter that is named and not a length: "last year", "in the second quarter"."""
_ADJUNCT = word_set("prep npadvmod advmod amod tmod advcl compound nmod nummod pcomp acl poss")
_ATTRIBUTES = ("compound", "nmod", "amod", "nummod")
_LONGEST = 14
"""Words of a phrase beyond which it holds other figures and clauses."""
_FIGURE = re.compile(r"[%$£€]|\bpercent\b|\bper cent\b")
_CLAUSE_END = re.compile(r"[;,.:()\"“”—–]|\b(?:and|but|while|though|as|which|who|that)\b")
_NEW_PHRASE = re.compile(r"\s(?=(?:in|over|since|from|than|compared|on|for|during|at|by)\s)")


@dataclass(frozen=True, slots=True)
class _Role:
    """How a number stands in its sentence: `amount` is the top of its own words, `noun` and `verb` what governs them."""

    amount: Token
    noun: Token | None
    verb: Token | None
    link: str
    direction: str
    is_subject: bool = False


def measure_of(
    anchor: Token, unit: str, *, noun: str = "", after: str = "", published: datetime | None = None
) -> Measure:
    """What the number whose last word is `anchor` measures.

    `noun` is what it counts where that is known, `after` the text that follows it.
    """
    role = _role_of(anchor)
    thing, verb = _thing_of(role, unit)
    sort = _sort_of(role, thing, verb, unit)
    head = thing
    if head is not None and (head.lemma_.lower() in CHANGES or head.lemma_.lower() in _EMPTY):
        head = _told_of(head, verb) or head
    kinds, places = _kinds_of(head)
    if thing is not None and head is not None and thing.i != head.i:
        more, where = _kinds_of(thing)
        kinds += [word for word in more if word != _lemma(head)]
        places |= where
    more, where = _kinds_of(role.amount)
    times = _Times.read(role, thing, verb, after).dated(verb, anchor.sent.text, published)
    places |= where | _places_of(verb)
    told = _lemma(head) if head is not None else ""
    told = "chance" if told in _CHANCES else told
    if unit == "count" and noun and role.noun is None:
        told, kinds = noun, []
    return Measure(
        thing=told,
        kinds=tuple(word for word in dict.fromkeys(kinds + more) if word != told),
        sort=sort,
        act=role.direction if verb is None or _lemma(verb) == "be" else _lemma(verb),
        over=times.over,
        months=times.months,
        years=times.years,
        since=times.since,
        moment=times.moment,
        countries=tuple(sorted(places & _COUNTRIES)),
        places=tuple(sorted(places - _COUNTRIES)),
        part=_is_part(role, thing),
        known=role.noun is not None and any(child.lower_ in _DEFINITE for child in role.noun.children),
    )


def _lemma(token: Token) -> str:
    return str(token.lemma_.lower())


def _is_amount(token: Token) -> bool:
    return token.like_num or _lemma(token) in _AMOUNTS or token.tag_ in ("$", "CD")


def _role_of(anchor: Token) -> _Role:
    token, link, direction = anchor, "", ""
    amount = anchor
    for _ in range(8):
        head = token.head
        if head.i == token.i:
            break
        if token.i == amount.i and _is_amount(head) and token.dep_ not in ("pobj", "nsubj", "dobj"):
            amount = head
        elif head.lower_ in _DIRECTIONS and head.pos_ not in _NOMINAL:
            direction = direction or head.lower_
        elif head.pos_ in _VERBAL:
            return _Role(amount, None, head, link, direction or _beside(head), token.dep_ in ("nsubj", "nsubjpass"))
        elif head.pos_ in _NOMINAL and not _is_amount(head):
            return _Role(amount, head, None, link, direction)
        elif head.pos_ in ("ADP", "SCONJ", "PART"):
            link = head.lower_
        token = head
    return _Role(amount, None, None, link, direction)


def _beside(verb: Token) -> str:
    return next((c.lower_ for c in verb.children if c.lower_ in _DIRECTIONS and c.pos_ in ("ADV", "ADP", "ADJ")), "")


def _thing_of(role: _Role, unit: str) -> tuple[Token | None, Token | None]:
    """The noun that is measured, and the verb that tells it."""
    share = _complement(role.amount, ("of",))
    if role.noun is not None:
        verb = _verb_of(role.noun)
        over = role.noun.head.head if role.noun.dep_ == "pobj" and role.link in ("at", "to", "by") else None
        if over is not None and over.pos_ in _NOMINAL and not _is_amount(over):
            return over, verb
        if unit == "percent" and share is not None and not _is_amount(share):
            return share, verb
        return role.noun, verb
    if share is not None and not _is_amount(share):
        return share, role.verb
    if role.verb is None or role.is_subject:
        return None, role.verb
    return _told_by(role.verb, role.amount), role.verb


def _told_by(verb: Token, amount: Token) -> Token | None:
    """What a verb says a figure of: its object where it has one beside the figure, else its subject."""
    for child in verb.children:
        if child.dep_ == "dobj" and child.pos_ in _NOMINAL and not _is_amount(child) and child.i != amount.i:
            return child
    return _subject_of(verb)


def _subject_of(verb: Token) -> Token | None:
    for _ in range(4):
        for child in verb.children:
            if child.dep_ in ("nsubj", "nsubjpass", "expl"):
                return child if child.pos_ in _NOMINAL else None
        if verb.dep_ in ("relcl", "acl") and verb.head.pos_ in _NOMINAL:
            return verb.head
        if verb.dep_ not in ("conj", "xcomp", "advcl", "ccomp", "aux", "auxpass", "prep") or verb.head.i == verb.i:
            return None
        if verb.head.pos_ in _NOMINAL:
            return verb.head
        verb = verb.head
    return None


def _verb_of(noun: Token) -> Token | None:
    """The verb that a noun is subject or object of, or that describes it ("58 people injured")."""
    for child in noun.children:
        if child.dep_ == "acl" and child.tag_ in ("VBN", "VBG", "VBD"):
            return child
    token = noun
    for _ in range(4):
        head = token.head
        if head.i == token.i:
            return None
        if head.pos_ in _VERBAL:
            return head
        token = head
    return None


def _complement(noun: Token, links: tuple[str, ...]) -> Token | None:
    for child in noun.children:
        if child.dep_ == "prep" and child.lower_ in links:
            for inner in child.children:
                if inner.dep_ == "pobj" and inner.pos_ in _NOMINAL:
                    return inner
    return None


def _told_of(noun: Token, verb: Token | None) -> Token | None:
    """What a rise, a rate or a level is of: "a rise in prices", "the number of infections", "prices saw a rise"."""
    inner = _complement(noun, ("of", "in", "for"))
    if inner is not None and not _is_time(inner) and not _is_amount(inner) and inner.ent_type_ not in _PLACES:
        if _lemma(inner) in CHANGES | _EMPTY:
            return _told_of(inner, None) or inner
        return inner
    if any(child.dep_ == "compound" and child.pos_ in _NOMINAL for child in noun.children):
        return None
    if verb is not None and noun.dep_ in ("dobj", "attr", "pobj", "npadvmod"):
        subject = _subject_of(verb)
        if subject is not None and subject.i != noun.i and subject.ent_type_ not in ("PERSON", "GPE", "ORG"):
            return subject
    return None


def _is_time(token: Token) -> bool:
    return token.ent_type_ in ("DATE", "TIME") or bool(_MONTH.fullmatch(token.text) or _YEAR.fullmatch(token.text))


def _kinds_of(noun: Token | None) -> tuple[list[str], set[str]]:
    """The words that say which thing of its kind it is, and the places among them."""
    kinds: list[str] = []
    places: set[str] = set()
    if noun is None:
        return kinds, places
    for word in sorted(_said_of(noun), key=lambda word: word.i):
        if word.ent_type_ in _PLACES:
            places.add(place_key(word))
        elif not _is_time(word) and not _is_amount(word) and len(word.text) > 1:
            kinds.append(_lemma(word) if word.pos_ in _NOMINAL else word.lower_)
    if noun.ent_type_ in _PLACES:
        places.add(place_key(noun))
    return kinds, places


def _said_of(noun: Token) -> Iterator[Token]:
    for child in noun.children:
        if child.dep_ in ("compound", "nmod", "poss") and child.pos_ in _NOMINAL:
            yield child
            yield from (c for c in child.children if c.dep_ in ("compound", "nmod", "poss", "amod", "nummod"))
        elif child.dep_ == "amod" and child.ent_type_ == "NORP":
            yield child
        elif child.dep_ in ("acl", "relcl") and _lemma(noun) in _CHANCES:
            yield from (c for c in child.children if c.dep_ in ("nsubj", "nsubjpass") and c.pos_ in _NOMINAL)
        elif child.dep_ == "prep" and child.lower_ in _LINKS:
            for inner in child.children:
                if inner.dep_ == "pobj" and inner.pos_ in _NOMINAL:
                    yield inner
                    yield from (c for c in inner.children if c.dep_ in ("compound", "nmod") and c.pos_ in _NOMINAL)


def _places_of(verb: Token | None) -> set[str]:
    """Where the verb says that it happened."""
    if verb is None:
        return set()
    inner = [c for prep in verb.children if prep.dep_ == "prep" for c in prep.children]
    inner += [c for prep in inner if prep.dep_ == "prep" for c in prep.children]
    inner += [c for c in verb.children if c.dep_ == "dobj"]
    return {place_key(c) for c in inner if c.dep_ in ("pobj", "dobj") and c.ent_type_ in ("GPE", "LOC")}


def place_key(token: Token) -> str:
    """One word for a place and the adjective made of it ("German", "Germany"); the whole name where it has several words."""
    doc, first, last = token.doc, token.i, token.i
    while first > 0 and doc[first - 1].ent_type_ == token.ent_type_ and doc[first].ent_iob_ == "I":
        first -= 1
    while last + 1 < len(doc) and doc[last + 1].ent_iob_ == "I":
        last += 1
    name = doc[first : last + 1].text.lower().removeprefix("the ").removesuffix("'s")
    return SAME.get(name) or COUNTRY_OF.get(name) or name


def _sort_of(role: _Role, thing: Token | None, verb: Token | None, unit: str) -> MeasureSort:
    if unit == "count" and role.noun is not None and role.link == "":
        return "count"
    lemma = _lemma(thing) if thing is not None else ""
    if lemma in _CHANCES:
        return "chance"
    share = _complement(role.amount, ("of",))
    if share is not None and thing is not None and share.i == thing.i:
        return "share"
    if role.link in _REACHED:
        return "level"
    if role.link in ("from", "than", "against"):
        return "level"
    moved = role.direction or (role.noun is None and verb is not None and _lemma(verb) in CHANGES)
    if moved or (lemma in CHANGES and lemma not in ("high", "low")):
        return "change"
    return "level" if thing is not None else ""


def _is_part(role: _Role, thing: Token | None) -> bool:
    """Whether the figure counts some of a larger number: "including two children", "among them three"."""
    token = thing if thing is not None else role.amount
    for _ in range(3):
        if token.head.i == token.i:
            return False
        token = token.head
        if token.lower_ in ("including", "among"):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Times:
    over: str = ""
    months: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    since: tuple[str, ...] = ()
    moment: str = ""

    @classmethod
    def read(cls, role: _Role, thing: Token | None, verb: Token | None, after: str) -> _Times:
        """What the phrases beside the figure say; those nearest to it win, the words after it fill what is left open."""
        found = cls()
        for top in (role.amount, role.noun, thing, verb):
            if top is not None:
                found = found.filled(cls.of(_phrases(top, role.amount)))
        if role.direction:
            found = found.filled(cls.of(_phrases(role.amount.head, role.amount)))
        return found.filled(cls.of(_phrases_after(after)))

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, bool]]) -> _Times:
        over, moment = "", ""
        months: set[str] = set()
        years: set[int] = set()
        since: set[str] = set()
        for text, attributive in phrases:
            first = text.split()[0].lower()
            if first in _STARTING:
                since |= _months_in(text)
            elif first not in ("for", "by") or not attributive:
                months |= _months_in(text)
                years |= {int(one) for one in _YEAR.findall(text)}
                moment = moment or _moment_in(text)
            over = over or _length_in(text, comparing=attributive or first in _COMPARING)
        return cls(over, tuple(sorted(months)), tuple(sorted(years)), tuple(sorted(since)), moment)

    def dated(self, verb: Token | None, sentence: str, published: datetime | None) -> _Times:
        """With the year that is meant where only a month, a tense or the sentence's one year tells it."""
        if self.years:
            return self
        moment = self.moment
        if not self.months and not moment:
            years = set(_YEAR.findall(_SINCE_YEAR.sub("", sentence)))
            if len(years) == 1:
                return replace(self, years=(int(years.pop()),))
            moment = "now" if verb is not None and _is_present(verb) else ""
        if published is None or not (moment or self.months):
            return replace(self, moment=moment)
        step = _STEPS.get(moment, 0)
        if self.months and not moment:
            step = -(min(_MONTHS.index(month) for month in self.months) >= published.month)
        return replace(self, years=(published.year + step,), moment=moment)

    def filled(self, other: _Times) -> _Times:
        """This one; what it leaves open is as the other has it. A point in time is taken as a whole."""
        over, since = self.over or other.over, self.since or other.since
        if self.months or self.years or self.moment:
            return _Times(over, self.months, self.years, since, self.moment)
        return _Times(over, other.months, other.years, since, other.moment)


def _is_present(verb: Token) -> bool:
    return verb.tag_ in ("VBZ", "VBP") and not any(child.dep_ == "aux" for child in verb.children)


def _phrases(top: Token, amount: Token) -> Iterator[tuple[str, bool]]:
    """Short phrases below a word that can say when or over how long, and whether they stand before it as an attribute."""
    for child in top.children:
        if child.dep_ in _ADJUNCT:
            phrase = child.doc[child.left_edge.i : child.right_edge.i + 1]
            other = phrase.start <= amount.i < phrase.end or _FIGURE.search(phrase.text)
            if len(phrase) <= _LONGEST and not other:
                yield phrase.text, child.dep_ in _ATTRIBUTES


def _phrases_after(after: str) -> Iterator[tuple[str, bool]]:
    """The words after a figure up to the end of its clause, cut where a preposition begins a new phrase."""
    clause = _CLAUSE_END.split(after, maxsplit=1)[0]
    for phrase in _NEW_PHRASE.split(clause):
        if phrase.strip():
            yield phrase.strip(), False


def _months_in(text: str) -> set[str]:
    return {_MONTHS[next(n for n, part in enumerate(found) if part)] for found in _MONTH.findall(text)}


def _length_in(text: str, *, comparing: bool) -> str:
    """Over how long, in one unit: "year" for "from a year earlier", "YoY", "the past 12 months"."""
    lower = text.lower()
    if lower in _ADVERBS:
        return _ADVERBS[lower]
    itself = _OVER_ITSELF.search(lower)
    if itself:
        return f"{itself.group(1)} to date" if itself.group().endswith("date") else itself.group(1)
    found = (_AGO.search(lower) or _LENGTH.search(lower)) if comparing else None
    if found is None or _AHEAD.search(lower) or (not found.group(1) and _NAMED.search(lower)):
        return ""
    count = _NUMBERS.get(found.group(1) or "") or int(found.group(1) or 1)
    return {(12, "month"): "year", (3, "month"): "quarter"}.get(
        (count, found.group(2)), found.group(2) if count == 1 else f"{count} {found.group(2)}s"
    )


def _moment_in(text: str) -> str:
    lower = text.lower()
    if _NOW.search(lower):
        return "now"
    quarter = _QUARTER.search(text)
    if quarter:
        return (quarter.group(1) or quarter.group(2)).lower() + " " + quarter.group().split()[-1].lower()
    named = _RELATIVE.search(lower)
    if re.search(r"\bend\b", lower):
        return f"end of {named.group()}" if named else "end"
    return named.group() if named else ""
