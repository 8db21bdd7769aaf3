"""The naive way: encode every statement, then score every cross-outlet pair with CrossEncoder.predict as it comes.

Runs as a process of its own: a JSON request on standard input, a JSON answer on standard output. Nothing is cached,
sorted, filtered or lowered in precision; defaults are those a reader of the sentence-transformers manual would have.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any


def cross_outlet_pairs(outlets: Sequence[str]) -> int:
    """How many pairs of statements are of different outlets; `outlets` holds the outlet of each statement."""
    sizes = Counter(outlets).values()
    total = len(outlets)
    return (total * (total - 1) - sum(size * (size - 1) for size in sizes)) // 2


def sample_pairs(outlets: Sequence[str], *, count: int, seed: int) -> list[tuple[int, int]]:
    """`count` different cross-outlet pairs drawn evenly, as positions with left < right; all when there are fewer."""
    available = cross_outlet_pairs(outlets)
    if count >= available:
        return [
            (left, right) for right in range(len(outlets)) for left in range(right) if outlets[left] != outlets[right]
        ]
    draw = random.Random(seed)
    chosen: dict[tuple[int, int], None] = {}
    while len(chosen) < count:
        left, right = sorted((draw.randrange(len(outlets)), draw.randrange(len(outlets))))
        if outlets[left] != outlets[right]:
            chosen[left, right] = None
    return list(chosen)


def measure(request: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Wall and processor seconds of loading, of encoding all `texts`, and of scoring the sampled `pairs` once each."""
    moments = [_moment()]
    from sentence_transformers import CrossEncoder, SentenceTransformer

    from detector.models.compact import plainly

    full_precision = {"dtype": "float32"}
    encoder = SentenceTransformer(request["encoder"], device="cpu", model_kwargs=full_precision)
    with plainly(Path(request["nli"])) as plain:
        scorer = CrossEncoder(str(plain), device="cpu", model_kwargs=full_precision)
    moments.append(_moment())
    texts = request["texts"]
    encoder.encode(texts, show_progress_bar=False)
    moments.append(_moment())
    scorer.predict([(texts[left], texts[right]) for left, right in request["pairs"]], show_progress_bar=False)
    moments.append(_moment())
    spent = [(end[0] - begin[0], end[1] - begin[1]) for begin, end in pairwise(moments)]
    return dict(zip(("load", "encode", "score"), spent, strict=True))


def _moment() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
