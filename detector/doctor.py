"""Is everything in order, and what is pending: examined and returned as values; the commands print them."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from detector.errors import DetectorError
from detector.records import NLI_LABELS, Run
from detector.settings import Settings
from detector.store import Store, open_store

if TYPE_CHECKING:
    from detector.pipeline import Workbench
    from detector.sources import SourcesState, WatchState

DISTRIBUTION = "claim-contradiction-detector"
_PYTHONS = ((3, 11), (3, 13))
_MAIN_PACKAGES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "spacy",
    "sqlalchemy",
    "pydantic",
    "pandas",
    "trafilatura",
)
_ALIKE = ("The company cut 300 jobs.", "The firm laid off 300 workers.")
_UNLIKE = "Heavy rain is expected in the north tomorrow."


@dataclass(frozen=True, slots=True)
class Check:
    """One thing examined: what was found and, when it is wrong, what to do."""

    name: str
    passed: bool
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a store; `pending` says what the next run would do, `failure` why the latest run has no result."""

    store: str
    bytes: int
    counts: dict[str, int]
    last_run: Run | None
    failure: str | None
    pending: str
    models: dict[str, str]
    watches: tuple[WatchState, ...] = ()
    sources: SourcesState | None = None


def status_of(store: Store, *, settings: Settings, now: datetime | None = None) -> Status:
    """What the store holds, its last run and what is pending under these settings. Loads no model."""
    from detector.pipeline import Workbench
    from detector.sources import RUN_SIGN, sources_state, watch_state

    bench = Workbench(settings)
    moment = now or datetime.now(UTC)
    runs = store.runs()
    unfinished = next((_why_unfinished(run) for run in runs[:1] if run.status != "succeeded"), None)
    return Status(
        store=store.where,
        bytes=store.bytes_used(),
        counts=store.counts(),
        last_run=store.last_run(),
        failure=unfinished,
        pending=_pending(store, bench),
        models={
            "encoder": bench.encoder_id,
            "nli": bench.scorer_id,
            "language": settings.statements.pipeline,
        },
        watches=tuple(watch_state(beat, moment) for beat in store.heartbeats.all() if beat.name != RUN_SIGN),
        sources=sources_state(store.fetches.all()),
    )


def _why_unfinished(run: Run) -> str:
    if run.error is None:
        return "running now, or killed"
    return "stopped with Ctrl-C" if run.error.startswith("KeyboardInterrupt") else run.error


def _pending(store: Store, bench: Workbench) -> str:
    from detector.pipeline import state_hash

    last = store.last_run()
    if last is not None and last.state_hash == state_hash(store, bench):
        return "nothing"
    if not store.article_heads():
        return "nothing: the store is empty; `detector ingest PATH` fills it"
    unread = len(store.articles_without_statements(bench.statements_fingerprint))
    if unread:
        return f"{unread:,} article{'' if unread == 1 else 's'} to read and compare; `detector run` does it"
    if last is None:
        return "the first run has not finished; `detector run` goes on with it"
    return "settings, models or articles changed since the last run; `detector run` follows them"


def examine(store: str | Path, *, settings: Settings) -> list[Check]:
    """Every check, in order. Loads the models and reads the whole store."""
    checks = [_check_python(), _check_packages()]
    checks += [
        _attempt("encoder", lambda: _check_encoder(settings), remedy="name another with --encoder, or leave it out"),
        *_check_nli(settings),
        _attempt("language pipeline", lambda: _check_language(settings), remedy="install the package it names"),
        _attempt("store", lambda: _check_store(store), remedy=_way_back(store)),
    ]
    return checks


def _attempt(name: str, check: Callable[[], Check], *, remedy: str) -> Check:
    """The check, or a failed one when the thing itself cannot be had."""
    try:
        return check()
    except (DetectorError, OSError, ImportError) as error:
        return Check(name, False, str(error), remedy)


def _check_python() -> Check:
    lowest, highest = (".".join(map(str, bound)) for bound in _PYTHONS)
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    fits = _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]
    return Check("python", fits, found, f"use a Python from {lowest} to {highest}")


def _check_packages() -> Check:
    """Every package that this one needs is there, in a version that it takes."""
    found, wrong = [], []
    for name, wanted in _needed():
        try:
            installed = version(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed")
            continue
        found.append(f"{name} {installed}")
        if wanted and not _fits(installed, wanted):
            wrong.append(f"{name} is {installed}, expected {wanted}")
    remedy = "install what is pinned: pip install -r requirements.txt"
    return Check("packages", not wrong, "; ".join(wrong) or ", ".join(found), remedy)


def _needed() -> Iterator[tuple[str, str]]:
    """Names and version bounds of the packages needed to run, tools left out."""
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # run from a checkout that is not installed
        lines = list(_MAIN_PACKAGES)
    for line in lines:
        if "extra ==" not in line and (matched := re.match(r"([\w.-]+)\s*(.*)", line)):
            yield matched[1], matched[2]


def _fits(installed: str, wanted: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(wanted).contains(installed, prereleases=True)


def _check_encoder(settings: Settings) -> Check:
    """The encoder loads and puts sentences of one meaning nearer to each other than to another."""
    from detector.models import load_encoder

    encoder = load_encoder(settings.models)
    left, right, other = encoder.encode([*_ALIKE, _UNLIKE])
    near, far = float(left @ right), float(left @ other)
    found = f"{encoder.encoder_id}, {encoder.dimensions} dimensions; self-test: like {near:.2f}, unlike {far:.2f}"
    return Check("encoder", near > far + 0.2, found, "this model does not embed sentences; name another with --encoder")


def _check_nli(settings: Settings) -> list[Check]:
    """The NLI model loads, and its label order proves right on plain pairs."""
    from detector.models import SELF_TEST, load_nli, self_test, temperature_of
    from detector.models.backends import explanation_of
    from detector.models.labels import SELF_TEST_FLOOR

    try:
        nli = load_nli(settings.models)
        right, wrong = self_test(nli)
        calibrated = f"temperature {temperature_of(settings.models):.2f}"
    except (DetectorError, OSError, ImportError) as error:
        return [Check("NLI model", False, str(error), "name another with --nli-model, or leave it out")]
    order = f"{', '.join(NLI_LABELS)}; self-test: {right} of {len(SELF_TEST)} plain pairs right"
    remedy = "correct the order of id2label in the model's config.json, or name another model with --nli-model"
    return [
        Check("NLI model", True, f"{nli.scorer_id}, {calibrated}"),
        Check("NLI labels", right >= SELF_TEST_FLOOR, "; ".join([order, *wrong[:1]]), remedy),
        Check("precision", True, f"{explanation_of(settings.models)}, on {settings.models.device}"),
    ]


def _check_language(settings: Settings) -> Check:
    from detector.statements import load_pipeline

    nlp = load_pipeline(settings.statements)
    parts = {"parser", "ner", "tagger"} & set(nlp.pipe_names)
    found = f"{settings.statements.pipeline} {nlp.meta.get('version', '')}, {', '.join(nlp.pipe_names)}"
    return Check(
        "language pipeline", len(parts) == 3, found, "expected a pipeline with tagger, parser and ner; name another"
    )


def _check_store(target: str | Path) -> Check:
    if "://" not in str(target) and not Path(target).exists():
        made = "none yet; the first `detector run PATH` makes it, `detector restore BACKUP` puts one back"
        return Check("store", True, f"{target}: {made}")
    with open_store(target, read_only=True) as store:
        problems = store.check()
        counts = store.counts()
    sound = f"{store.where}: sound, {counts['articles']:,} articles, {counts['runs']:,} runs"
    return Check("store", not problems, "; ".join(problems[:3]) or sound, _way_back(target))


def _way_back(target: str | Path) -> str:
    """What to do with a store that is damaged, for the kind of store it is."""
    if isinstance(target, str) and "://" in target and not target.startswith("sqlite"):
        return "restore a dump with the server's own tools (pg_restore), or give another --store"
    return (
        f"`detector restore BACKUP --store {target}` puts a backup back; without one, `detector restore --salvage "
        f"{target} --store NEW.db` saves the reviews and articles that can still be read"
    )
