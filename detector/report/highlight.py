"""Which words of a statement carry the difference to the other sides."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from detector.records import Kind, Quantity, Statement
from detector.report.values import Span

MOST_WORDS = 5
"""Words marked when no number, name, date or negation explains the difference; more would mark the whole sentence."""

_TOKEN = re.compile(r"[$€£¥]?\d+(?:[.,:]\d+)*(?:(?:st|nd|rd|th|bn|mn|m|k|p)(?![^\W_]))?%?|[^\W\d_]+(?:[’'][^\W\d_]+)*")
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS: dict[str, float] = {word: float(value) for value, word in enumerate(_UNITS.split())}
_NUMBERS |= {word: 10.0 * tens for tens, word in enumerate(_TENS.split(), start=2)}
_NUMBERS |= {"dozen": 12.0, "dozens": 12.0, "half": 0.5}
_SUFFIXES = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9}
_POWERS = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NEGATORS = frozenset(("not", "no", "never", "without", "none", "nobody", "nothing", "neither", "nor", "cannot"))
_CALENDAR_WORDS = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december today yesterday tomorrow morning afternoon evening night noon midnight week weeks month
months year years am pm
"""
_CALENDAR = frozenset(_CALENDAR_WORDS.split())
_FUNCTION_WORDS = """
a an the this that these those and or but if then than as at by for from in into of on onto to up with within about
after again against all also am any are around be because been before being between both can could did do does doing
down during each few further had has have having he her here hers herself him himself his how i is it its itself just last
may me might more most must my myself now off once one only other our ours out over own per same she should so some
such their theirs them themselves there they through too under until us very was we were what when where which while
who whom whose why will would yet you your yours said say says told according it's he's she's they're we're i'm that's
there's
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
"""Words that carry no matter of their own: a difference in them is none."""
_JOINED = frozenset(("", "-", "–", "to", "of", "per", "and", "per cent", "the", "a", "an", "be", "been", "yet"))
"""What may stand between two marked words for them to be marked as one."""
_NAME_LABELS: dict[str, frozenset[str]] = {
    "place": frozenset(("GPE", "LOC", "FAC", "ORG", "NORP")),
    "person": frozenset(("PERSON", "ORG", "NORP")),
}


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    key: str
    role: str  # "word", "number", "negation" or "" for a function word


def difference_spans(
    statement: Statement, others: Sequence[Statement], *, kind: Kind, nearest: Sequence[Statement] = ()
) -> tuple[Span, ...]:
    """Spans of the statement's text that no statement of the other sides shares.

    `nearest` are the statements it was compared with: they decide when all others together share every word.
    A number, name, date or negation that explains a difference of this kind is preferred to other words.
    """
    if not others:
        return ()
    tokens = _tokens(statement.text)
    for against in (others, nearest):
        if against:
            spans = _by_kind(statement, tokens, against, kind) or _by_words(statement, tokens, against)
            if spans:
                return _merged(statement.text, spans)
    return ()


def _by_kind(statement: Statement, tokens: Sequence[_Token], others: Sequence[Statement], kind: Kind) -> list[Span]:
    """Spans of the sort that a conflict of this kind turns on; empty when there is none."""
    shared = _keys(others)
    fresh = [token for token in tokens if token.role and token.key not in shared]
    if kind == "number":
        return _quantities(statement, others) or _near(tokens, [one for one in fresh if one.role == "number"], shared)
    if kind == "date":
        return [(one.start, one.end) for one in fresh if _is_dated(statement.text, one)]
    if kind in _NAME_LABELS:
        return _names(statement, others, _NAME_LABELS[kind])
    if kind == "attribution":
        speaker = {token.key for token in _tokens(statement.speaker or "") if token.role == "word"}
        return [(one.start, one.end) for one in fresh if one.key in speaker]
    if kind == "negation":
        return _negations(tokens, [_tokens(other.text) for other in others])
    return []


def _is_dated(text: str, token: _Token) -> bool:
    return token.role == "number" or text[token.start : token.end].casefold() in _CALENDAR


def _quantities(statement: Statement, others: Sequence[Statement]) -> list[Span]:
    """Quantities of a thing that the other sides count too, and count differently."""
    elsewhere = [quantity for other in others for quantity in other.quantities]
    spans: list[Span] = []
    for quantity in statement.quantities:
        rivals = [other for other in elsewhere if _same_thing(quantity, other)]
        if rivals and all((other.low, other.high) != (quantity.low, quantity.high) for other in rivals):
            spans += _found(statement.text, quantity.text)
    return spans


def _same_thing(left: Quantity, right: Quantity) -> bool:
    return left.unit == right.unit and bool(left.noun == right.noun or (left.unit != "count" and not left.noun))


def _names(statement: Statement, others: Sequence[Statement], labels: Collection[str]) -> list[Span]:
    known = {entity.key for other in others for entity in other.entities}
    words = _keys(others)
    spans: list[Span] = []
    for entity in statement.entities:
        fresh = any(token.key not in words for token in _tokens(entity.text) if token.role == "word")
        if entity.label in labels and entity.key not in known and fresh:
            spans += _found(statement.text, entity.text)
    return spans


def _negations(tokens: Sequence[_Token], others: Sequence[Sequence[_Token]]) -> list[Span]:
    """Negating words with the shared word they negate; on the other side, the same words left standing."""
    shared = {token.key for other in others for token in other if token.role == "word"}
    own = _negated(tokens, shared)
    if own:
        if all(_negated(other, {token.key for token in tokens}) for other in others):
            return []
        return [(token.start, token.end) for pair in own for token in pair]
    words = {token.key for token in tokens if token.role == "word"}
    denied = {word.key for other in others for _, word in _negated(other, words)}
    return [(token.start, token.end) for token in tokens if token.role == "word" and token.key in denied]


def _negated(tokens: Sequence[_Token], shared: Collection[str]) -> list[tuple[_Token, _Token]]:
    """Each negating word with the next full word close after it that the other side uses too."""
    found: list[tuple[_Token, _Token]] = []
    for place, token in enumerate(tokens):
        if token.role == "negation":
            close = (later for later in tokens[place + 1 : place + 5] if later.role == "word" and later.key in shared)
            found += [(token, word) for word in [next(close, None)] if word]
    return found


def _by_words(statement: Statement, tokens: Sequence[_Token], others: Sequence[Statement]) -> list[Span]:
    """The full words and numbers that the others lack, nearest to what they share first, a few at most.

    Who said it and where it was taken from are told beside the statement and are not the difference, nor is another
    name for somebody whom the others name too.
    """
    named = {entity.key for other in others for entity in other.entities}
    known = [entity.text for entity in statement.entities if entity.key in named]
    apart = " ".join((statement.speaker or "", statement.via or "", *known))
    shared = _keys(others) | {token.key for token in _tokens(apart)}
    fresh = [token for token in tokens if token.role and token.key not in shared]
    return _near(tokens, fresh, shared)


def _near(tokens: Sequence[_Token], fresh: Sequence[_Token], shared: Collection[str]) -> list[Span]:
    anchors = [place for place, token in enumerate(tokens) if token.role in ("word", "number") and token.key in shared]
    places = {id(token): place for place, token in enumerate(tokens)}

    def distance(token: _Token) -> tuple[int, int]:
        place = places[id(token)]
        return (min((abs(place - anchor) for anchor in anchors), default=0), place)

    return [(token.start, token.end) for token in sorted(fresh, key=distance)[:MOST_WORDS]]


def _keys(statements: Iterable[Statement]) -> set[str]:
    """Keys of all words of the statements: as printed, as reworded, and as base forms."""
    keys: set[str] = set()
    for statement in statements:
        for text in {statement.text, statement.wording, " ".join(statement.lemmas)}:
            keys.update(token.key for token in _tokens(text))
    return keys


@lru_cache(maxsize=8192)
def _tokens(text: str) -> tuple[_Token, ...]:
    found = [(match.start(), match.end(), match.group()) for match in _TOKEN.finditer(text)]
    tokens: list[_Token] = []
    place = 0
    while place < len(found):
        start, end, word = found[place]
        run, value = _number(text, found, place)
        if run:
            tokens.append(_Token(start, found[place + run - 1][1], f"={value!r}", "number"))
        else:
            folded = word.casefold().replace("’", "'")
            negates = folded in _NEGATORS or folded.endswith("n't")
            role = "negation" if negates else "" if folded in _FUNCTION else "word"
            tokens.append(_Token(start, end, _stem(folded.removesuffix("'s")), role))
        place += run or 1
    return tuple(tokens)


def _number(text: str, found: Sequence[tuple[int, int, str]], place: int) -> tuple[int, float]:
    """How many words from here make one number, and its value; 0 words when none starts here."""
    total, current, run = 0.0, 0.0, 0
    for step in range(len(found) - place):
        start, _, word = found[place + step]
        if step and text[found[place + step - 1][1] : start].strip(" -‑") != "":
            break
        folded = word.casefold()
        if folded in _POWERS and step:
            scaled = (current or 1.0) * _POWERS[folded]
            total, current = (total, scaled) if folded == "hundred" else (total + scaled, 0.0)
        elif (value := _value(word)) is not None and (step == 0 or _continues(found[place + step - 1][2], word)):
            current += value
        else:
            break
        run = step + 1
    lone_one = run == 1 and found[place][2].casefold() == "one"
    return (0, 0.0) if lone_one else (run, total + current)


def _value(word: str) -> float | None:
    written = re.fullmatch(r"[$€£¥]?(\d+(?:[.,:]\d+)*)([a-z]*)%?", word)
    if written is None:
        return _NUMBERS.get(word.casefold())
    try:
        value = float(written[1].replace(",", "").replace(":", "."))
    except ValueError:
        return None
    return value * _SUFFIXES.get(written[2], 1.0)


def _continues(before: str, word: str) -> bool:
    """Whether the word goes on with the number before it: "forty" + "two", "hundred" + "twelve"."""
    return before.casefold() in _POWERS or (
        before.casefold() in _TENS.split() and word.casefold() in _UNITS.split()[1:10]
    )


@lru_cache(maxsize=16384)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def _found(text: str, part: str) -> Iterator[Span]:
    for match in re.finditer(rf"(?<!\w){re.escape(part)}(?!\w)", text) if part else ():
        yield match.span()


def _merged(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sorted spans; those with only a joint like "to" or a space between them become one."""
    merged: list[Span] = []
    for start, end in sorted(set(spans)):
        if merged and text[merged[-1][1] : start].strip().casefold() in _JOINED:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(_with_percent(text, span) for span in merged)


def _with_percent(text: str, span: Span) -> Span:
    follows = re.match(r"\s?(?:%|percent\b|per cent\b)", text[span[1] :])
    return (span[0], span[1] + follows.end()) if follows and text[span[1] - 1].isalnum() else span
