"""Kept pages read again with the extractor of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from detector.corpus import read_fetched
from detector.pipeline import IngestResult, Progress, ingest
from detector.records import Article, Fetch, Listed, Rejection
from detector.settings import ReadingSettings
from detector.sources.values import merged
from detector.store import Store

_BATCH = 100


def read_again(
    store: Store, *, settings: ReadingSettings, on_progress: Callable[[Progress], None] | None = None
) -> IngestResult:
    """Read the latest page of every address again; an article whose text comes out otherwise gets a new revision.

    No connection is opened. A page that was no article before and is one now is accepted; one that no longer is one is
    reported, and its article stays as it is.
    """
    fetches = list(_to_be_read(store))
    result = IngestResult()
    for start in range(0, len(fetches), _BATCH):
        batch = fetches[start : start + _BATCH]
        read = [(fetch, reading) for fetch in batch for reading in _read(store, fetch, settings)]
        result = merged(result, ingest(store, [reading for _, reading in read]))
        for fetch, reading in read:
            if isinstance(reading, Article) and fetch.article_id is None:
                store.fetches.put(replace(fetch, article_id=reading.article_id))
        if on_progress:
            on_progress(Progress("read", min(start + _BATCH, len(fetches)), len(fetches)))
    return result


def _to_be_read(store: Store) -> Iterator[Fetch]:
    """One address for each article: the one it was last read from; none where a file was read since."""
    from detector.sources.web import head_of

    addresses: dict[str, list[Fetch]] = {}
    for fetch in store.fetches.all():
        if fetch.kind == "article":
            addresses.setdefault(fetch.article_id or fetch.url, []).append(fetch)
    for article_id, fetches in addresses.items():
        if fetches[0].article_id is None:
            yield fetches[0]
            continue
        head = head_of(store, article_id)
        path = head.path if head and head.path else ""
        if "://" in path:
            yield next((fetch for fetch in fetches if path in (fetch.led_to, fetch.url)), fetches[0])


def _read(store: Store, fetch: Fetch, settings: ReadingSettings) -> Iterator[Article | Rejection]:
    from detector.sources.web import same_article

    pages = store.fetches.pages(fetch.url)
    if not pages:
        return
    listed = next((entry for entry in fetch.listed if entry != Listed(fetch.url)), None)
    reading = read_fetched(replace(pages[-1], url=fetch.led_to or fetch.url), listed=listed, settings=settings)
    if isinstance(reading, Rejection):
        yield replace(reading, path=fetch.url)
    else:
        yield same_article(store, fetch, reading)
