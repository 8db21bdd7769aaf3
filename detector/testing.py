"""Shipped fakes for tests: models by rule instead of by weights, and articles in one line.

They need no torch, answer at once, give the same every time and count what they are asked for.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.models.protocols import OnProgress
from detector.records import Article, digest, outlet_id_of, text_hash_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STOP_WORDS = frozenset(
    "a about after again all also an and any are as at be been before but by can did do does for from had has have he her "
    "him his i if in into is it its more of on or our over said say she so than that the their them then there these they "
    "this to under up was we were what when which who will with would you".split()
)
NEGATIONS = frozenset("not no never none neither nor nobody nothing without cannot deny denied denies".split())
NUMBER_WORDS = {
    name: str(value)
    for value, name in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
SHARED_FOR_CONTRADICTION = 0.5
SHARED_FOR_ENTAILMENT = 0.75
"""Shares of the shorter text's words, and of the hypothesis's words, found in the other: chosen so that "The council
approved the budget" against "The council did not approve it" is a contradiction and two stories of one town are neutral."""


def stem(word: str) -> str:
    """A word in small letters without its commonest English ending."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word.removesuffix(ending) + ("i" if ending in ("ied", "ies") else "")
    return word


ANTONYMS = frozenset(
    frozenset(map(stem, pair.split()))
    for pair in (
        "accept reject,accept refuse,approve reject,agree refuse,confirm deny,rise fall,rose fell,win lose,won lost,open close,"
        "start stop,begin end,increase decrease,gain lose,guilty innocent,convict acquit,alive dead,survive die,survive kill,"
        "arrest release,support oppose,succeed fail,safe dangerous,true false,reopen close,raise lower,raise cut,leave stay"
    ).split(",")
)
"""Pairs of stems that cannot both hold of one thing."""


def stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, negations and numbers among them."""
    words = re.findall(r"\w+(?:[.,]\d+)*(?:['’]\w+)?", text.casefold())
    spelled = [NUMBER_WORDS.get(word, word) for word in words]
    return [stem(word) for word in spelled if word not in STOP_WORDS]


class HashingEncoder:
    """A bag of hashed stems as a vector: texts that share words are near."""

    def __init__(self, dimensions: int = 128) -> None:
        self.dimensions = dimensions
        self.encoder_id = f"hashing@1/{dimensions}"
        self.calls = 0
        self.texts_seen = 0

    def encode(self, texts: Sequence[str], *, progress: OnProgress | None = None) -> NDArray[np.float32]:
        import numpy as np

        self.calls += 1
        self.texts_seen += len(texts)
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            for word in stems(text):
                place = zlib.crc32(word.encode("utf-8", "replace"))
                vectors[row, place % self.dimensions] += 1.0 if place & 0x80000000 else -1.0
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        if progress is not None:
            progress(len(texts))
        norms: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / norms, np.float32)


class LexicalNLI:
    """Reads pairs by their words: alike but for a negation, a number or an antonym is a contradiction."""

    def __init__(self) -> None:
        self.scorer_id = "lexical@1"
        self.calls = 0
        self.texts_seen = 0

    def score(self, pairs: Sequence[tuple[str, str]], *, progress: OnProgress | None = None) -> NDArray[np.float32]:
        """Columns are NLI_LABELS; `texts_seen` grows by two a pair."""
        import numpy as np

        self.calls += 1
        self.texts_seen += 2 * len(pairs)
        rows = [lexical_probabilities(premise, hypothesis) for premise, hypothesis in pairs]
        if progress is not None:
            progress(len(pairs))
        return np.array(rows, np.float32).reshape(len(pairs), 3)


def lexical_probabilities(premise: str, hypothesis: str) -> tuple[float, float, float]:
    """Entailment, neutral and contradiction, by rule; surer the more words are shared."""
    left, right = set(stems(premise)), set(stems(hypothesis))
    left_plain, right_plain = left - NEGATIONS - _numbers(left), right - NEGATIONS - _numbers(right)
    shared = left_plain & right_plain
    alike = len(shared) / max(1, min(len(left_plain), len(right_plain)))
    covered = len(shared) / max(1, len(right_plain))
    if len(shared) >= 2 and alike >= SHARED_FOR_CONTRADICTION and _excluding(premise, hypothesis, left, right):
        sure = round(0.75 + 0.2 * alike, 4)
        return (1 - sure) / 4, 3 * (1 - sure) / 4, sure
    if shared and covered >= SHARED_FOR_ENTAILMENT and _numbers(right) <= _numbers(left):
        sure = round(0.7 + 0.25 * covered, 4)
        return sure, 3 * (1 - sure) / 4, (1 - sure) / 4
    return 0.06, 0.88, 0.06


def _excluding(premise: str, hypothesis: str, left: set[str], right: set[str]) -> bool:
    negated = _is_negated(premise) != _is_negated(hypothesis)
    numbers = _numbers(left), _numbers(right)
    numbers_differ = bool(numbers[0] and numbers[1]) and numbers[0].isdisjoint(numbers[1])
    only_left, only_right = left - right, right - left
    opposed = any(pair & only_left and pair & only_right for pair in ANTONYMS)
    return negated or numbers_differ or opposed


def _is_negated(text: str) -> bool:
    words = re.findall(r"[\w'’]+", text.casefold())
    return any(word in NEGATIONS or word.endswith(("n't", "n’t")) for word in words)


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if word[0].isdigit()}


def make_article(
    text: str,
    *,
    outlet: str = "Daily Example",
    title: str | None = None,
    published: datetime | str | None = "2031-03-08T09:00:00+00:00",
    url: str | None = None,
    author: str | None = None,
    owner: str | None = None,
    path: str | None = None,
    language: str = "en",
    revision: int = 1,
) -> Article:
    """An article as the readers would make it; a time without a zone is UTC. Without url, title and path, its text
    names it."""
    if isinstance(published, str):
        published = datetime.fromisoformat(published)
    if published is not None and published.tzinfo is None:
        published = published.replace(tzinfo=UTC)
    outlet_id = outlet_id_of(outlet)
    whole = f"{title}\n\n{text}" if title else text
    identity = url or (title.casefold() if title else path or text_hash_of(text))
    return Article(
        article_id=digest("article", outlet_id, identity),
        outlet_id=outlet_id,
        outlet=outlet,
        text=whole,
        text_hash=text_hash_of(whole),
        revision=revision,
        title=title,
        url=url,
        author=author,
        published_at=published,
        language=language,
        path=path,
        owner=owner,
    )
