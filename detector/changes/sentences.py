"""Two texts of one article sentence by sentence: what was added, removed and reworded between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from detector.changes.values import SentenceChange, Span

REWORDED = 0.5
"""Share of common words (Dice) from which two sentences are one that was reworded, not one removed and one added."""
MOST_CELLS = 2_500
"""Sentence pairs weighed against each other in one rewritten passage; a longer one is paired in the order of the text."""
MOST_SENTENCES = 2_000
"""Sentences between the first and the last difference that are aligned; of more, only what is gone and come is told."""
MOST_WORDS = 300
"""Words of a sentence compared one by one; of a longer one, all between the first and the last difference is marked."""

_BREAK = re.compile(r"\n+|(?<=[.!?…])[\"”’')\]]*\s+(?=[\"“‘'(\[]*[A-Z0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Capt|Sgt|Sen|Rep|Gov|Rev|St|Jr|Sr|No|vs)|\b[A-Z])\.[\"”’')\]]*$"
)
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_LIKE = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "‑": "-", "…": "."})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text; `key` is its wording, the same for other spacing and other marks of the same meaning."""

    start: int
    end: int
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Sentences of two texts and which became which, in reading order; None stands for no counterpart."""

    before: tuple[Sentence, ...]
    after: tuple[Sentence, ...]
    pairs: tuple[tuple[int | None, int | None], ...]

    def changes(self) -> dict[tuple[int | None, int | None], SentenceChange]:
        """The pairs that differ, in reading order; a sentence that only moved within the text is none of them."""
        gone = Counter(self.before[i].key for i, j in self.pairs if i is not None and j is None)
        come = Counter(self.after[j].key for i, j in self.pairs if i is None and j is not None)
        moved = {"gone": gone & come, "come": gone & come}
        found: dict[tuple[int | None, int | None], SentenceChange] = {}
        for i, j in self.pairs:
            old, new = None if i is None else self.before[i], None if j is None else self.after[j]
            if old and new:
                if old.key != new.key:
                    found[i, j] = SentenceChange(old.text, new.text, *word_spans(old.text, new.text))
                continue
            way, alone = ("gone", old) if old else ("come", new)
            assert alone is not None
            if moved[way][alone.key]:
                moved[way][alone.key] -= 1
            else:
                found[i, j] = SentenceChange(old.text if old else None, new.text if new else None)
        return found


def sentences_of(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text, found without a model: what ends and begins one is the same in both texts compared."""
    cuts = [0]
    for match in _BREAK.finditer(text):
        broken = "\n" in match.group()
        if broken or not _ABBREVIATED.search(text[max(cuts[-1], match.start() - 12) : match.start()]):
            cuts.append(match.end())
    found = []
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        said = text[start:end]
        bare = said.strip()
        if bare:
            at = start + said.index(bare)
            found.append(Sentence(at, at + len(bare), bare, " ".join(bare.translate(_LIKE).split())))
    return tuple(found)


def align(before: str, after: str) -> Alignment:
    old, new = sentences_of(before), sentences_of(after)
    left, right = [one.key for one in old], [one.key for one in new]
    head, tail = _shared_ends(left, right)
    stop, end = len(old) - tail, len(new) - tail
    pairs: list[tuple[int | None, int | None]] = [(place, place) for place in range(head)]
    if max(stop, end) - head > MOST_SENTENCES:
        pairs += _paired(old, new, range(head, stop), range(head, end))
    else:
        for tag, low, high, first, last in SequenceMatcher(None, left[head:stop], right[head:end]).get_opcodes():
            gone, come = range(head + low, head + high), range(head + first, head + last)
            pairs += zip(gone, come, strict=True) if tag == "equal" else _paired(old, new, gone, come)
    pairs += zip(range(stop, len(old)), range(end, len(new)), strict=True)
    return Alignment(old, new, tuple(pairs))


def _shared_ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many parts are the same at the beginning, and how many of the others at the end."""
    shorter = min(len(left), len(right))
    head = next((place for place in range(shorter) if left[place] != right[place]), shorter)
    rest = shorter - head
    return head, next((place for place in range(rest) if left[-1 - place] != right[-1 - place]), rest)


def _paired(
    old: Sequence[Sentence], new: Sequence[Sentence], gone: range, come: range
) -> Iterator[tuple[int | None, int | None]]:
    """Counterparts in a rewritten passage, in the order of the text; the rest stands alone."""
    together = _in_order(gone, come) if len(gone) * len(come) > MOST_CELLS else _best(old, new, gone, come)
    i, j = gone.start, come.start
    for left, right in [*together, (gone.stop, come.stop)]:
        yield from ((place, None) for place in range(i, left))
        yield from ((None, place) for place in range(j, right))
        if left < gone.stop and right < come.stop:
            if _likeness(_words(old[left]), _words(new[right])) >= REWORDED:
                yield left, right
            else:
                yield left, None
                yield None, right
        i, j = left + 1, right + 1


def _in_order(gone: range, come: range) -> list[tuple[int, int]]:
    return list(zip(gone, come, strict=False))


def _best(old: Sequence[Sentence], new: Sequence[Sentence], gone: range, come: range) -> list[tuple[int, int]]:
    """The counterparts with the most in common that keep the order of the text."""
    words = {place: _words(new[place]) for place in come}
    best = [[0.0] * (len(come) + 1) for _ in range(len(gone) + 1)]
    like: dict[tuple[int, int], float] = {}
    for row in range(len(gone) - 1, -1, -1):
        own = _words(old[gone[row]])
        for column in range(len(come) - 1, -1, -1):
            alike = _likeness(own, words[come[column]])
            like[row, column] = alike if alike >= REWORDED else 0.0
            joined = like[row, column] + best[row + 1][column + 1] if like[row, column] else 0.0
            best[row][column] = max(best[row + 1][column], best[row][column + 1], joined)
    found, row, column = [], 0, 0
    while row < len(gone) and column < len(come):
        joined = like[row, column] + best[row + 1][column + 1]
        if like[row, column] and joined == best[row][column]:
            found.append((gone[row], come[column]))
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            row += 1
        else:
            column += 1
    return found


def _words(sentence: Sentence) -> Counter[str]:
    return Counter(word for word in _WORD.findall(sentence.key.casefold()) if word[0].isalnum())


def _likeness(left: Counter[str], right: Counter[str]) -> float:
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 1.0


def word_spans(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The parts of two wordings of one sentence that differ, on word borders."""
    old, new = list(_WORD.finditer(before)), list(_WORD.finditer(after))
    left = [one.group().translate(_LIKE) for one in old]
    right = [one.group().translate(_LIKE) for one in new]
    before_spans: list[Span] = []
    after_spans: list[Span] = []
    for low, high, first, last in _differences(left, right):
        if low < high:
            before_spans.append((old[low].start(), old[high - 1].end()))
        if first < last:
            after_spans.append((new[first].start(), new[last - 1].end()))
    return tuple(before_spans), tuple(after_spans)


def _differences(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Runs of words that differ; two with a single common word between them are one."""
    if max(len(left), len(right)) > MOST_WORDS:
        head, tail = _shared_ends(left, right)
        return [(head, len(left) - tail, head, len(right) - tail)]
    joined: list[tuple[int, int, int, int]] = []
    for tag, low, high, first, last in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if joined and low - joined[-1][1] <= 1 and first - joined[-1][3] <= 1:
            joined[-1] = (joined[-1][0], high, joined[-1][2], last)
        else:
            joined.append((low, high, first, last))
    return joined
