"""What blocking kept of the contradictions that people marked in the sample stories. No NLI model takes part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from detector import pipeline
from detector.corpus import read_paths
from detector.evaluation import find_stories, load_gold
from detector.evaluation.gold import GoldConflict
from detector.evaluation.metrics import overlaps, quotes, said
from detector.records import Article, Statement
from detector.settings import Settings
from detector.store import open_store


@dataclass(frozen=True, slots=True)
class GoldKept:
    """Marked conflicts whose sides are told by claims of different outlets, and those of which a pair was kept; the
    pairs of statements on different sides, and those kept."""

    conflicts: int
    compared: int
    pairs: int
    kept: int


def measure_gold(folder: Path, *, settings: Settings) -> GoldKept:
    """All stories of the folder in one store, so that statements of other stories compete for being neighbours."""
    with TemporaryDirectory(prefix="detector-gold-") as made, open_store(Path(made) / "gold.db") as store:
        bench = pipeline.Workbench(settings)
        pipeline.ingest(store, read_paths([folder], settings.reading))
        pipeline.split_pending(store, bench, lambda _: None)
        taking_part = pipeline.participants_of(store.statements(bench.statements_fingerprint))
        pipeline.embed_pending(store, bench, taking_part, lambda _: None)
        vectors = store.vectors(bench.encoder_id, [one.text_hash for one in taking_part])
        articles = {article.article_id: article for article in store.articles()}
        blocked = pipeline.block(taking_part, vectors, articles, settings, lambda _: None)
    chosen = {frozenset((pair.left_id, pair.right_id)) for pair in blocked}
    conflicts = [conflict for story in find_stories(folder) for conflict in load_gold(story).flagged]
    return count_gold(conflicts, taking_part, articles, chosen)


def count_gold(
    conflicts: Sequence[GoldConflict],
    taking_part: Sequence[Statement],
    articles: Mapping[str, Article],
    chosen: set[frozenset[str]],
) -> GoldKept:
    """`chosen` holds the two statement ids of each pair that blocking chose."""
    opposed = [set(_opposed(conflict, taking_part, articles)) for conflict in conflicts]
    kept = [pairs & chosen for pairs in opposed]
    return GoldKept(
        conflicts=sum(map(bool, opposed)),
        compared=sum(map(bool, kept)),
        pairs=sum(map(len, opposed)),
        kept=sum(map(len, kept)),
    )


def _opposed(
    conflict: GoldConflict, taking_part: Sequence[Statement], articles: Mapping[str, Article]
) -> Iterator[frozenset[str]]:
    """Pairs of statements of different outlets that hold the words of different sides, and of no side in common."""
    marked = [quotes(side.evidence) for side in conflict.sides]
    told = []
    for statement in taking_part:
        words = said(articles[statement.article_id].outlet, statement.text)
        sides = {number for number, side in enumerate(marked) if any(overlaps(words, quote) for quote in side)}
        if sides:
            told.append((statement, sides))
    for (left, of_left), (right, of_right) in combinations(told, 2):
        if left.outlet_id != right.outlet_id and not of_left & of_right:
            yield frozenset((left.statement_id, right.statement_id))
