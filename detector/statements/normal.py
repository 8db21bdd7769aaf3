"""Text normalised for reading, with the way back to the original characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

SINGLE = "‘’‚‛′`´"
DOUBLE = "“”„‟«»″"
HYPHENS = "\u2010\u2011\u2043\ufe63\uff0d"
_PLAIN = {
    **dict.fromkeys(SINGLE, "'"),
    **dict.fromkeys(DOUBLE, '"'),
    **dict.fromkeys(HYPHENS, "-"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    "\u2212": "-",
    "\u2012": "–",
    "\u2015": "—",
}
_SMALL_WORDS = frozenset(
    "a an the at up on in of to for by is it its and or but as so no not we he she my be was out off".split()
)
_ASCII_SAFE = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*\Z")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Normal:
    """Normalised text; character i came from `original[starts[i]:ends[i]]`, shifted by the caller's offset."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Original offsets of a non-empty normalised span."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str, offset: int = 0) -> Normal:
    """NFKC, straight quotes, plain hyphens, single spaces. `offset` is added to every original position."""
    if _ASCII_SAFE.match(text):
        span = range(offset, offset + len(text) + 1)
        return Normal(text, tuple(span[:-1]), tuple(span[1:]))
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    while position < len(text):
        stop = position + 1
        while stop < len(text) and unicodedata.combining(text[stop]):
            stop += 1
        for char in _plain(text[position:stop]):
            if char == " " and (not chars or chars[-1] == " "):
                continue
            chars.append(char)
            starts.append(offset + position)
            ends.append(offset + stop)
        position = stop
    while chars and chars[-1] == " ":
        chars.pop(), starts.pop(), ends.pop()
    return Normal("".join(chars), tuple(starts), tuple(ends))


def _plain(cluster: str) -> str:
    """One base character with its combining marks, normalised."""
    if len(cluster) == 1:
        if cluster in _PLAIN:
            return _PLAIN[cluster]
        if cluster < "\x7f":
            return " " if cluster <= " " else cluster
    folded = unicodedata.normalize("NFKC", cluster)
    return _SPACE.sub(" ", "".join(_PLAIN.get(char, char) for char in folded))


def recase(text: str, known: dict[str, str], *, headline: bool = False) -> str:
    """Lower the shouted words of a line and the title case of a headline, keeping the length.

    `known` maps lower-case words to how the article writes them.

    A line all in capitals, or a run of capitals that opens a paragraph ("A FIREBALL ripped"), misleads the tagger.
    """
    words = list(re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*", text))
    if not words:
        return text
    if headline and _is_title_case(words):
        return _sentence_case(text, words, known)
    shouted = 0
    for word in words:
        if word.group() != word.group().upper():
            break
        shouted += 1
    loud = [word for word in words[:shouted] if len(word.group()) > 3]
    first = words[0].group()
    acronym = shouted == 1 < len(words) and first.lower() not in known and len(first) < 7
    if not loud or acronym:
        return text
    pieces = list(text)
    for rank, word in enumerate(words[:shouted]):
        lower = word.group().lower()
        if len(lower) != len(word.group()):
            continue
        short = 1 < len(lower) < 4 and lower not in _SMALL_WORDS and shouted < len(words)
        cased = known.get(lower, word.group() if short else lower)
        if rank == 0:
            cased = cased[:1].upper() + cased[1:]
        pieces[word.start() : word.end()] = cased
    return "".join(pieces)


def _is_title_case(words: list[re.Match[str]]) -> bool:
    """ "Weiner Denies Sending Photo": nearly every longer word has a capital, not all are shouted."""
    longer = [word.group() for word in words[1:] if len(word.group()) > 3]
    capital = [word for word in longer if word[0].isupper() and word != word.upper()]
    return len(longer) >= 3 and len(capital) >= 0.8 * len(longer)


def _sentence_case(text: str, words: list[re.Match[str]], known: dict[str, str]) -> str:
    """A headline with capitals only where the article's body has them, or where the body does not tell."""
    pieces = list(text)
    for before, word in pairwise(words):
        lower = word.group().lower()
        if lower in ("may", "march", "will", "mark", "bill") or f"{before.group().lower()} {lower}" in known:
            continue
        cased = known.get(lower) or known.get(_stem(lower)) or word.group()
        if cased[0].islower():
            pieces[word.start()] = pieces[word.start()].lower()
    return "".join(pieces)


def _stem(lower: str) -> str:
    """Marks the key under which the body's lower-case words of one beginning are kept."""
    return "~" + lower[: max(4, len(lower) - 3)]


def cases_of(text: str) -> dict[str, str]:
    """How a text writes its words away from the start of a sentence: lower-case word -> commonest form there.

    Pairs of capitalised words have a key of their own, and so have the beginnings of words only written small.
    """
    counts: dict[str, dict[str, int]] = {}
    known: dict[str, str] = {}
    for match in re.finditer(r"(?<=[\w,;] )[^\W\d_]+(?:['’-][^\W\d_]+)*", text):
        word = match.group().replace("’", "'")
        if word == word.upper() and (len(word) > 3 or word.lower() in _SMALL_WORDS):
            continue
        forms = counts.setdefault(word.lower(), {})
        forms[word] = forms.get(word, 0) + 1
    for lower, forms in counts.items():
        known[lower] = max(sorted(forms), key=lambda form: forms[form])
        if known[lower] == lower and len(lower) > 4:
            known.setdefault(_stem(lower), lower)
    for first, second in re.findall(r"(?<![\w'])(?=([A-Z][\w'-]+) ([A-Z][\w'-]+))", text):
        known[f"{first} {second}".lower()] = f"{first} {second}"
    return known
