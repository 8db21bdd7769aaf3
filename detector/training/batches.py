"""Pairs -> token ids -> batches of similar length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.records import NLI_LABELS
from detector.training.mix import NOT_CONTRADICTION, NOT_ENTAILMENT, UNLABELLED, Pair

TARGETS = {
    **{label: place for place, label in enumerate(NLI_LABELS)},
    NOT_ENTAILMENT: -1,
    NOT_CONTRADICTION: -2,
    UNLABELLED: -3,
}
EXCLUDED = {-1: NLI_LABELS.index("entailment"), -2: NLI_LABELS.index("contradiction")}
REMNANT = 0.05
"""What is left of the teacher's probability of a class that the label excludes."""
POOL_BATCHES = 64  # batches sorted by length together: large enough for little padding, small enough to stay mixed


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one pair, the length of its first segment with [CLS] and [SEP], its target, and the teacher's
    probabilities in the order of `NLI_LABELS` where a teacher has judged the pair."""

    ids: npt.NDArray[np.uint16]
    first: int
    target: int
    judged: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded arrays [pairs, tokens]; `targets` [pairs] holds label places, -1 for not_entailment, -2 for
    not_contradiction, -3 for a pair that only the teacher labels; `judged` [pairs, 3] is NaN without a teacher."""

    ids: npt.NDArray[np.int64]
    segments: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    judged: npt.NDArray[np.float32]


def encode_pairs(pairs: Sequence[Pair], tokenizer: Any, *, max_length: int) -> list[Encoded]:
    """`tokenizer` is a `tokenizers.Tokenizer`; a pair shown many times is encoded once."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, strategy="longest_first")
    unique = list(dict.fromkeys(pairs))
    by_pair: dict[Pair, Encoded] = {}
    for start in range(0, len(unique), 5000):
        part = unique[start : start + 5000]
        for pair, coding in zip(part, tokenizer.encode_batch([(p.premise, p.hypothesis) for p in part]), strict=True):
            first = coding.type_ids.index(1) if 1 in coding.type_ids else len(coding.ids)
            by_pair[pair] = Encoded(np.array(coding.ids, dtype=np.uint16), first, TARGETS[pair.label])
    return [by_pair[pair] for pair in pairs]


def within_label(judged: npt.NDArray[np.float32], target: int) -> tuple[float, float, float]:
    """The teacher's probabilities [3], those of what an open label excludes all but taken out: it may be wrong there."""
    if target in EXCLUDED:
        judged = judged.copy()
        judged[EXCLUDED[target]] *= REMNANT
        judged /= judged.sum()
    entailment, neutral, contradiction = judged.tolist()
    return entailment, neutral, contradiction


def plan_batches(encoded: Sequence[Encoded], *, tokens: int, seed: str) -> list[list[int]]:
    """Places in `encoded`, batch by batch: every place once, at most `tokens` tokens a batch with padding."""
    lengths = [len(pair.ids) for pair in encoded]
    mean = max(1.0, sum(lengths) / max(1, len(lengths)))
    pool = max(1, int(POOL_BATCHES * tokens / mean))
    shuffled = random.Random(seed)
    batches: list[list[int]] = []
    for start in range(0, len(encoded), pool):
        places = sorted(range(start, min(start + pool, len(encoded))), key=lambda place: (lengths[place], place))
        cut: list[list[int]] = [[]]
        for place in places:
            if cut[-1] and (len(cut[-1]) + 1) * lengths[place] > tokens:
                cut.append([])
            cut[-1].append(place)
        shuffled.shuffle(cut)
        batches += cut
    return batches


def pad(pairs: Sequence[Encoded], *, padding: int = 0) -> Batch:
    """`padding` is the id that fills up; 0 in every BERT vocabulary."""
    width = max(len(pair.ids) for pair in pairs)
    ids = np.full((len(pairs), width), padding, dtype=np.int64)
    segments = np.zeros_like(ids)
    mask = np.zeros_like(ids)
    judged = np.full((len(pairs), len(NLI_LABELS)), np.nan, dtype=np.float32)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = pair.ids
        segments[row, pair.first : len(pair.ids)] = 1
        mask[row, : len(pair.ids)] = 1
        if pair.judged is not None:
            judged[row] = pair.judged
    return Batch(ids, segments, mask, np.array([pair.target for pair in pairs], dtype=np.int64), judged)
