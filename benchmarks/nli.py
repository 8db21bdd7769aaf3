"""Measures every way to compute the shipped NLI model against CrossEncoder.predict in float32: speed, nearness, memory.

python -m benchmarks.nli --pairs FILE.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import timed

NAIVE = "CrossEncoder"
VARIANTS = ("float32", "bfloat16", "onnx-float32", "onnx-int8", "openvino-float32", "openvino-int8")
"""As they stand in the id of a scorer; the first two are torch."""
PAIRS = Path(__file__).parent.parent / "detector/training/news/dev.jsonl"
TOLERANCES = (0.005, 0.01, 0.02)


@dataclass(frozen=True, slots=True)
class Way:
    """One way, measured once or more: processor seconds of scoring alone, and of each pair how far it is from the naive way."""

    name: str
    seconds: tuple[float, ...]
    off: tuple[float, ...]
    peak_bytes: int
    times_faster: float

    def share_within(self, tolerance: float) -> float:
        return sum(one <= tolerance for one in self.off) / len(self.off)


def measure(pairs: Sequence[tuple[str, str]], *, variants: Sequence[str], rounds: int) -> list[Way]:
    """The naive way and every variant in turn, each in a process of its own on one thread, as many rounds as asked."""
    answers: dict[str, list[tuple[float, list[list[float]], int]]] = {name: [] for name in (NAIVE, *variants)}
    os.environ["OMP_NUM_THREADS"] = "1"
    for _ in range(rounds):
        for name, taken in answers.items():
            answer = timed(["benchmarks.nli", "--score", name], given=json.dumps(pairs))
            seconds, rows = json.loads(answer.printed.splitlines()[-1])
            taken.append((seconds, rows, answer.peak_bytes))
    naive = [seconds for seconds, _, _ in answers[NAIVE]]
    expected = answers[NAIVE][0][1]
    return [
        Way(
            name,
            tuple(seconds for seconds, _, _ in taken),
            tuple(_furthest(*both) for both in zip(taken[0][1], expected, strict=True)),
            max(peak for _, _, peak in taken),
            median(first / seconds for first, (seconds, _, _) in zip(naive, taken, strict=True)),
        )
        for name, taken in answers.items()
    ]


def _furthest(found: Sequence[float], expected: Sequence[float]) -> float:
    return max(abs(one - other) for one, other in zip(found, expected, strict=True))


def score(name: str, pairs: Sequence[tuple[str, str]]) -> tuple[float, list[list[float]]]:
    """Processor seconds of scoring, loading left out, and the probabilities; runs in a process of its own."""
    import torch

    torch.set_num_threads(1)
    predict = _cross_encoder() if name == NAIVE else _variant(name)
    begun = time.process_time()
    rows = predict(pairs)
    return time.process_time() - begun, [[float(value) for value in row] for row in rows]


def _cross_encoder() -> Any:
    """As a reader of the manual of sentence-transformers would write it."""
    from sentence_transformers import CrossEncoder

    from detector.models.compact import plainly
    from detector.models.naming import WEIGHTS
    from detector.settings import ModelSettings

    options: dict[str, Any] = {"model_kwargs": {"dtype": "float32"}, "max_length": ModelSettings().max_length}
    with plainly(WEIGHTS) as plain:
        model = CrossEncoder(str(plain), device="cpu", **options)
    return lambda pairs: model.predict(pairs, apply_softmax=True, show_progress_bar=False)


def _variant(name: str) -> Any:
    from detector.models import loading
    from detector.models.backends import Variant
    from detector.models.naming import WEIGHTS
    from detector.settings import ModelSettings

    backend, _, precision = name.rpartition("-")
    settings = ModelSettings(dtype="bfloat16" if precision == "bfloat16" else "float32", threads=1)
    loading.prepare_torch(settings)
    nli = loading.bert_variant(WEIGHTS, settings, Variant(backend or "torch", precision))  # type: ignore[arg-type]
    return nli.score


def as_markdown(ways: Sequence[Way], *, pairs: int, command: str) -> str:
    """The table and how it was made."""
    rows = [
        f"| {way.name} | {median(way.seconds):.1f} s | {way.times_faster:.2f} | "
        + " | ".join(f"{way.share_within(one):.1%}" for one in TOLERANCES)
        + f" | {max(way.off):.3f} | {way.peak_bytes / 1e9:.2f} GB |"
        for way in ways
    ]
    limits = " | ".join(f"within {one}" for one in TOLERANCES)
    return "\n".join(
        [
            f"`{command}`: {pairs:,} pairs, each way in a process of its own on one thread, processor seconds of scoring without loading,",
            f"median of {len(ways[0].seconds)}; how near the probabilities are to those of {NAIVE} in float32.",
            "",
            f"| computed by | time | times faster | {limits} | furthest | memory |",
            "|---|---|---|" + "---|" * (len(TOLERANCES) + 2),
            *rows,
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nli", description=__doc__)
    parser.add_argument("--pairs", type=Path, default=PAIRS, metavar="FILE", help="as for `detector score`")
    parser.add_argument("--count", type=int, default=1_000, metavar="N", help="pairs taken from the file")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each way is timed")
    parser.add_argument("--variants", nargs="+", default=VARIANTS, choices=VARIANTS, metavar="NAME", help="which ways")
    parser.add_argument("--score", metavar="NAME", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.score:
        json.dump(score(given.score, [tuple(pair) for pair in json.load(sys.stdin)]), sys.stdout)
        return 0
    rows = [row for line in given.pairs.read_text(encoding="utf-8").splitlines() if (row := json.loads(line))]
    pairs = [(row["premise"], row["hypothesis"]) for row in rows[: given.count]]
    ways = measure(pairs, variants=given.variants, rounds=given.rounds)
    named = " --pairs FILE.jsonl" if given.pairs != PAIRS else ""
    print(as_markdown(ways, pairs=len(pairs), command=f"python -m benchmarks.nli{named}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
