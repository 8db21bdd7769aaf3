"""Articles into the store: what is new, what was edited, what could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from detector.records import Article, Rejection
from detector.store import Store


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of each text that was read."""

    accepted: tuple[Article, ...] = ()
    unchanged: tuple[Article, ...] = ()
    revised: tuple[Article, ...] = ()
    rejected: tuple[Rejection, ...] = ()


def ingest(store: Store, readings: Iterable[Article | Rejection]) -> IngestResult:
    """Add what is new, keep what is unchanged, make a new revision of what was edited. Rejections pass through."""
    accepted: list[Article] = []
    unchanged: list[Article] = []
    revised: list[Article] = []
    rejected: list[Rejection] = []
    with store.writer_lock():
        heads = store.article_heads()
        for reading in readings:
            if isinstance(reading, Rejection):
                rejected.append(reading)
            elif reading.article_id not in heads:
                accepted.append(reading)
                heads[reading.article_id] = (1, reading.text_hash)
            elif heads[reading.article_id][1] == reading.text_hash:
                unchanged.append(reading)
            else:
                revision = heads[reading.article_id][0] + 1
                revised.append(replace(reading, revision=revision))
                heads[reading.article_id] = (revision, reading.text_hash)
        store.add_articles([*accepted, *revised])
    return IngestResult(tuple(accepted), tuple(unchanged), tuple(revised), tuple(rejected))
