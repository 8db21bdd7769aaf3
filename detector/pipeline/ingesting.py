"""Articles into the store: what is new, what was edited, what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from detector.errors import InputError
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
    """Add what is new, keep what is unchanged, make a new revision of what was edited. Rejections pass through.

    The same words with a date that was missing before, or with an outlet that was only guessed, are a revision too.
    """
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
        better = _better_known(store, unchanged)
        unchanged = [article for article in unchanged if article.article_id not in better]
        revised += better.values()
        store.add_articles([*accepted, *revised])
    return IngestResult(tuple(accepted), tuple(unchanged), tuple(revised), tuple(rejected))


def require_articles(store: Store, ingested: IngestResult) -> None:
    """Raises InputError: the store is empty after reading, with the first reason why."""
    if store.article_heads():
        return
    require_some_read(ingested)
    raise InputError(
        "no article was found; expected files or folders with .txt, .md, .html, .json, .jsonl, .csv or .parquet"
    )


def require_some_read(ingested: IngestResult) -> None:
    """Raises InputError: all there was to read was rejected, with the first reason why."""
    if ingested.rejected and not (ingested.accepted or ingested.unchanged or ingested.revised):
        first = ingested.rejected[0]
        raise InputError(
            f"no article could be read; {len(ingested.rejected)} rejected, "
            f"the first: {first.path}: {first.reason}; {first.remedy}"
        )


def _better_known(store: Store, unchanged: Sequence[Article]) -> dict[str, Article]:
    """New revisions of articles in the same words, of which more is known now than when they were read before."""
    telling = {one.article_id: one for one in unchanged if one.published_at is not None or not one.outlet_guessed}
    found: dict[str, Article] = {}
    for article_id, kept in store.articles_of(sorted(telling)).items():
        now = telling[article_id]
        dated = kept.published_at is None and now.published_at is not None
        named = kept.outlet_guessed and not now.outlet_guessed
        if (dated or named) and kept.text_hash == now.text_hash:
            found[article_id] = replace(now, revision=kept.revision + 1)
    return found
