"""How often two statements in nearly the same words, a negation, an opposite or a figure apart, exclude each other when the NLI
model says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.conflicts.relations import PLAIN_CONTRADICTION, in_plain_words
from detector.conflicts.signals import signals_of
from detector.errors import InputError
from detector.pipeline import Workbench
from detector.testing import make_article


@dataclass(frozen=True, slots=True)
class PlainPairs:
    """Labelled pairs in nearly the same words that the model calls contradictions, and how many of them are."""

    pairs: int
    contradictions: int
    mean_probability: float

    @property
    def share(self) -> float:
        return self.contradictions / max(1, self.pairs)


def measure_plain(path: Path, *, bench: Workbench) -> PlainPairs:
    """Over a .jsonl file of premise, hypothesis and label. Raises InputError: it cannot be read."""
    from detector.statements import read_claim

    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        texts = [(str(row["premise"]), str(row["hypothesis"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: no pairs could be read ({error}); expected .jsonl with premise, hypothesis, label"
        ) from error
    similarities = _similarities(texts, bench)
    forward = bench.nli.score(texts)
    backward = bench.nli.score([(hypothesis, premise) for premise, hypothesis in texts])
    told: list[tuple[bool, float]] = []
    for place, row in enumerate(rows):
        mean = sum(bench.probs(scores[place]).contradiction for scores in (forward, backward)) / 2
        if mean < PLAIN_CONTRADICTION:
            continue
        left, right = (read_claim(text, nlp=bench.nlp, settings=bench.settings.statements) for text in texts[place])
        articles = [make_article(text, outlet=outlet) for text, outlet in zip(texts[place], ("A", "B"), strict=True)]
        signals = signals_of(left, right, articles[0], articles[1], similarity=similarities[place])
        if in_plain_words(signals, similarities[place]):
            told.append((row.get("label") == "contradiction", mean))
    total = len(told)
    return PlainPairs(total, sum(right for right, _ in told), sum(mean for _, mean in told) / max(1, total))


def _similarities(texts: Sequence[tuple[str, str]], bench: Workbench) -> list[float]:
    premises = bench.encoder.encode([premise for premise, _ in texts])
    hypotheses = bench.encoder.encode([hypothesis for _, hypothesis in texts])
    return [float(left @ right) for left, right in zip(premises, hypotheses, strict=True)]
