"""What a call works on: its settings, its store, the sources it names."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from detector import logs
from detector.cli.output import say, shown_progress

if TYPE_CHECKING:
    from detector.pipeline import IngestResult
    from detector.records import Run
    from detector.settings import Settings
    from detector.sources import Gathered, Sources
    from detector.store import Store


def chosen_settings(path: Path | None, *, nli_model: str | None = None, encoder: str | None = None) -> Settings:
    """The settings file, or the defaults, with the models named on the command line."""
    from detector.settings import load_settings

    loaded = load_settings(path)
    models = loaded.models
    if nli_model is not None:
        models = models.model_copy(update={"nli": nli_model, "revision": None})
    if encoder is not None:
        models = models.model_copy(update={"encoder": encoder})
    return loaded.model_copy(update={"models": models})


def store_target(store: str | None) -> str | Path:
    """What --store names, else a file in the user's data folder."""
    if store is not None:
        return store
    from platformdirs import user_data_path

    return user_data_path("detector", appauthor=False) / "detector.db"


@contextmanager
def opened_store(store: str | None, *, read_only: bool = False) -> Iterator[Store]:
    from detector.store import open_store

    target = store_target(store)
    if isinstance(target, Path) and not read_only:
        target.parent.mkdir(parents=True, exist_ok=True)
    with open_store(target, read_only=read_only) as opened:
        yield opened


def gather_into(store: Store, sources: Sources, settings: Settings, *, quiet: bool) -> Gathered:
    """Read all that was named into the store, once."""
    from detector.sources import Gathered, Gathering

    if sources.is_empty:
        return Gathered()
    if sources.stream and sys.stdin.isatty() and not quiet:
        say("Reading articles from standard input, one JSON object a line; Ctrl-D ends it.")
    with shown_progress(quiet=quiet) as on_progress:
        clock = partial(datetime.now, UTC)
        stream = sys.stdin.buffer if sources.stream else None
        gathered = Gathering(store, settings, clock, time.sleep, on_progress, stream=stream).gather(sources)
    log_ingested(gathered.result)
    return gathered


def log_ingested(result: IngestResult) -> None:
    """One event a rejection, and one with the counts."""
    for rejection in result.rejected:
        logs.event("rejected", level=logging.WARNING, path=rejection.path, reason=rejection.reason)
    counts = {name: len(getattr(result, name)) for name in ("accepted", "unchanged", "revised", "rejected")}
    logs.event("articles read", **counts)


def log_finished(run: Run) -> None:
    """The run as one event: what it counted and how long each stage took."""
    logs.event("run finished", run_id=run.run_id, state=run.state_hash, counts=run.counts, seconds=run.seconds)
