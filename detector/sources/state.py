"""How the watching processes and the fetched sources are: values for `status`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from detector.records import Fetch, Heartbeat
from detector.sources.watching import STOPPED

SILENT_SECONDS = 600.0
"""A watching process leaves a sign of life twice a minute, and between the batches of a run; ten minutes are not that."""


@dataclass(frozen=True, slots=True)
class WatchState:
    """A watching process: `silent` means that it should have given a sign of life and has not."""

    name: str
    state: str
    at: datetime
    seconds_ago: float
    silent: bool
    pid: int
    host: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class FailingSource:
    """A feed or list that did not answer, and how often in a row."""

    url: str
    failures: int
    error: str
    last_tried: datetime


@dataclass(frozen=True, slots=True)
class SourcesState:
    """What was fetched so far: lists, pages that became articles, pages given up, and the lists that fail now."""

    lists: int = 0
    articles: int = 0
    abandoned: int = 0
    failing: tuple[FailingSource, ...] = ()


def watch_state(beat: Heartbeat, now: datetime) -> WatchState:
    ago = (now - beat.at).total_seconds()
    silent = beat.state != STOPPED and ago > SILENT_SECONDS
    return WatchState(beat.name, beat.state, beat.at, ago, silent, beat.pid, beat.host, beat.counts)


def sources_state(fetches: Iterable[Fetch]) -> SourcesState:
    known = list(fetches)
    lists = [fetch for fetch in known if fetch.kind != "article"]
    failing = sorted((fetch for fetch in lists if fetch.failures), key=lambda fetch: (-fetch.failures, fetch.url))
    return SourcesState(
        lists=len(lists),
        articles=sum(fetch.article_id is not None for fetch in known),
        abandoned=sum(fetch.abandoned for fetch in known),
        failing=tuple(
            FailingSource(fetch.url, fetch.failures, fetch.error or "", fetch.fetched_at) for fetch in failing
        ),
    )
