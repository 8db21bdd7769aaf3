"""What a call works on: its settings, its store, the articles it names."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from detector import logs
from detector.cli.output import shown_progress
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.pipeline import IngestResult, OnProgress
    from detector.records import Article, Rejection, Run
    from detector.settings import Settings
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


def require_paths(paths: Sequence[Path]) -> None:
    """Raises InputError before any work is done: what is named is not there."""
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; expected articles or folders of articles")


def read_into(store: Store, paths: Sequence[Path], settings: Settings, *, quiet: bool) -> IngestResult:
    from detector import pipeline
    from detector.corpus import read_paths

    if not paths:
        return pipeline.IngestResult()
    with shown_progress(quiet=quiet) as on_progress:
        readings = _counted(read_paths(paths, settings.reading), on_progress)
        result = pipeline.ingest(store, readings)
    log_ingested(result)
    return result


def log_ingested(result: IngestResult) -> None:
    """One event a rejection, and one with the counts."""
    for rejection in result.rejected:
        logs.event("rejected", level=logging.WARNING, path=rejection.path, reason=rejection.reason)
    counts = {name: len(getattr(result, name)) for name in ("accepted", "unchanged", "revised", "rejected")}
    logs.event("articles read", **counts)


def log_finished(run: Run) -> None:
    """The run as one event: what it counted and how long each stage took."""
    logs.event("run finished", run_id=run.run_id, state=run.state_hash, counts=run.counts, seconds=run.seconds)


def _counted(readings: Iterable[Article | Rejection], on_progress: OnProgress) -> Iterator[Article | Rejection]:
    from detector.pipeline import Progress

    for number, reading in enumerate(readings, start=1):
        on_progress(Progress("read", number, 0))
        yield reading
