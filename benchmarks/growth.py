"""Measures how the time of a run grows with the store, and what one percent more articles cost.

python -m benchmarks.growth --sizes 1000 10000 100000

The language pipeline is the shipped one; the two models are stand-ins that take little time, so that what is measured is the
program. With the shipped models a whole run takes several times as long and an added article the same share of that.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.newsroom import DrawnScores, WordVectors, newsroom
from detector.pipeline import ingest, run
from detector.records import Article, Run
from detector.settings import Settings
from detector.statements import load_pipeline
from detector.store import open_store

NOW = datetime(2032, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Growth:
    """One size: seconds of the full run over 99 % of the articles, and of the run after the last 1 % came."""

    statements: int
    pairs: int
    full: float
    added: float
    again: float
    share: float
    peak_bytes: int
    full_stages: dict[str, float]
    added_stages: dict[str, float]


def measure(size: int, *, folder: Path) -> Growth:
    """The articles of one percent are spread over the events, as new articles are."""
    articles = list(newsroom(size))
    late = articles[:: max(1, len(articles) // max(1, round(len(articles) / 100)))]
    gone = {article.article_id for article in late}
    nlp = load_pipeline(Settings().statements)
    with open_store(folder / f"{size}.db") as store:

        def timed(batch: Sequence[Article]) -> tuple[float, Run]:
            begun = time.process_time()
            ingest(store, batch)
            done = run(store, settings=Settings(), now=NOW, encoder=WordVectors(), nli=DrawnScores(), nlp=nlp)
            return time.process_time() - begun, done

        full, first = timed([article for article in articles if article.article_id not in gone])
        added, second = timed(late)
        again, _ = timed(late)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Growth(
        second.counts["statements"],
        second.counts["pairs"],
        full,
        added,
        again,
        len(late) / len(articles),
        peak,
        first.seconds,
        second.seconds,
    )


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Slope of the least squares line through the logarithms: seconds grow as statements to this power."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def as_markdown(found: Sequence[Growth]) -> str:
    lines = [
        "| statements | pairs | full run | 1 % more articles | of the full run | nothing new | most memory |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {one.statements:,} | {one.pairs:,} | {one.full:.1f} s | {one.added:.1f} s | {one.added / one.full:.1%} "
            f"(of {one.share:.1%} articles) | {one.again:.2f} s | {one.peak_bytes / 1e9:.2f} GB |"
            for one in found
        ),
    ]
    if len(found) > 1:
        full = exponent([(one.statements, one.full) for one in found])
        added = exponent([(one.statements * one.share, one.added) for one in found])
        lines += [
            "",
            f"A full run grows as n^{full:.2f}; the cost of a batch as the size of the batch to the {added:.2f}.",
        ]
    for one in found:
        both = " | ".join(
            ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
            for stages in (one.full_stages, one.added_stages)
        )
        lines += ["", f"Stages at {one.statements:,} in seconds, full run | 1 % more: {both}."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], metavar="N", help="statements")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep the stores here")
    given = parser.parse_args(arguments)
    found: list[Growth] = []
    with tempfile.TemporaryDirectory(prefix="detector-growth-") as made:
        for size in given.sizes:
            found.append(measure(size, folder=given.folder or Path(made)))
            print(f"{size:,}: {found[-1]}", file=sys.stderr, flush=True)
    print(f"Load: {os.getloadavg()[0] / (os.cpu_count() or 1):.1f} a core.\n")
    print(as_markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
