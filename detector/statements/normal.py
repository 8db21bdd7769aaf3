"""Text normalised for reading, with the way back to the original characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

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


def recase(text: str, known: dict[str, str]) -> str:
    """Lower the shouted words of a line, keeping the length; `known` maps lower-case words to how the article writes them.

    A line all in capitals, or a run of capitals that opens a paragraph ("A FIREBALL ripped"), misleads the tagger.
    """
    words = list(re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*", text))
    if not words:
        return text
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


def cases_of(text: str) -> dict[str, str]:
    """How the article writes each word away from the start of a sentence: lower-case word -> commonest form there."""
    counts: dict[str, dict[str, int]] = {}
    for match in re.finditer(r"(?<=[\w,;] )[^\W\d_]+(?:['’-][^\W\d_]+)*", text):
        word = match.group().replace("’", "'")
        if word == word.upper() and (len(word) > 3 or word.lower() in _SMALL_WORDS):
            continue
        forms = counts.setdefault(word.lower(), {})
        forms[word] = forms.get(word, 0) + 1
    return {lower: max(sorted(forms), key=lambda form: forms[form]) for lower, forms in counts.items()}
