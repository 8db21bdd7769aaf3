"""A run: the stages one after the other, between a started and a finished row in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from detector import models
from detector.errors import DetectorError
from detector.models.hashes import encoder_sha256, nli_sha256
from detector.pipeline.comparing import compare_pending, summarise_pending
from detector.pipeline.deriving import derive
from detector.pipeline.progress import Clock, OnProgress
from detector.pipeline.stages import is_read, split_pending
from detector.pipeline.workbench import Workbench
from detector.records import Article, ArticleSummary, Outcome, Run, digest
from detector.settings import Settings
from detector.store import Store

if TYPE_CHECKING:
    from spacy.language import Language


_PACKAGES = ("claim-contradiction-detector", "torch", "transformers", "spacy")


def state_hash(store: Store, bench: Workbench) -> str:
    """Hash of everything a run's outcome depends on: articles, settings of every stage, models, calibration."""
    heads = sorted(store.article_heads().items())
    stages = [bench.settings.fingerprint(stage) for stage in ("statements", "topics", "pairs", "conflicts")]
    models_used = (bench.encoder_id, bench.judging_fingerprint)
    return digest(*(part for head in heads for part in (head[0], *head[1])), *stages, *models_used, length=32)


def run(
    store: Store,
    *,
    settings: Settings,
    now: datetime,
    on_progress: OnProgress | None = None,
    encoder: models.Encoder | None = None,
    nli: models.NLIModel | None = None,
    nlp: Language | None = None,
) -> Run:
    """Bring the store up to date and return the run that describes it.

    With nothing new since the last successful run that run is returned, and no model is loaded. Raises what the stages
    raise; the run is then marked failed and the last successful one stays readable.
    """
    bench = Workbench(settings, encoder, nli, nlp)
    with store.writer_lock():
        state = state_hash(store, bench)
        last = store.last_run()
        if last is not None and last.state_hash == state:
            return last
        started = _new_run(bench, state, now, number=len(store.runs()) + 1)
        store.start_run(started)
        try:
            clock = Clock()
            outcome, counts = _analyse(store, bench, clock, on_progress or (lambda _: None))
            finished = replace(
                started,
                status="succeeded",
                finished_at=clock.finish(now),
                counts=counts,
                seconds={name: round(value, 3) for name, value in clock.seconds.items()},
            )
            store.finish_run(finished, outcome)
        except BaseException as error:
            store.fail_run(started.run_id, _one_line(error), now)
            raise
    return finished


def _one_line(error: BaseException) -> str:
    return str(error) if isinstance(error, DetectorError) else f"{type(error).__name__}: {error}"


def _new_run(bench: Workbench, state: str, now: datetime, *, number: int) -> Run:
    return Run(
        run_id=digest("run", number, state, now.isoformat()),
        started_at=now,
        state_hash=state,
        settings=bench.settings.model_dump(mode="json"),
        versions={name: _version(name) for name in (*_PACKAGES, bench.settings.statements.pipeline)},
        models={
            "encoder": bench.encoder_id,
            "nli": bench.scorer_id,
            "language": bench.settings.statements.pipeline,
            **_weights(bench),
        },
    )


def _weights(bench: Workbench) -> dict[str, str]:
    """Hashes of the weights of models that the settings name; a model given to this call has none that is known."""
    settings = bench.settings.models
    named = {
        "encoder_sha256": encoder_sha256(settings) if bench.encoder_id == models.encoder_id_of(settings) else None,
        "nli_sha256": nli_sha256(settings) if bench.scorer_id == models.scorer_id_of(settings) else None,
    }
    return {name: value for name, value in named.items() if value is not None}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _analyse(store: Store, bench: Workbench, clock: Clock, on_progress: OnProgress) -> tuple[Outcome, dict[str, int]]:
    from detector.topics import find_topics

    with clock.measure("statements"):
        split_pending(store, bench, on_progress)
        bench.let_go("_nlp")
    with clock.measure("embed"):
        summarise_pending(store, bench, on_progress)
        bench.let_go("_encoder")
        everything, means = store.comparisons.summaries(bench.embedding_fingerprint)
    summaries = [summary for summary in everything if summary.participants]
    articles = {article.article_id: article for article in store.articles()}
    with clock.measure("topics"):
        topics = find_topics(summaries, means, articles=articles, settings=bench.settings.topics) if summaries else ()
    compare_pending(
        store, bench, summaries, means, articles=articles, topics=topics, clock=clock, on_progress=on_progress
    )
    with clock.measure("conflicts"):
        outcome, stopped = derive(store, bench, summaries, topics, articles)
    return outcome, _counts(store, bench, everything, articles, outcome, stopped)


def _counts(
    store: Store,
    bench: Workbench,
    summaries: Sequence[ArticleSummary],
    articles: Mapping[str, Article],
    outcome: Outcome,
    stopped: Mapping[str, int],
) -> dict[str, int]:
    from detector.conflicts.gates import gate_counts

    return {
        "articles": len(articles),
        "outlets": len({article.outlet_id for article in articles.values()}),
        "skipped_language": sum(not is_read(article, bench.settings.statements) for article in articles.values()),
        "statements": sum(summary.statements for summary in summaries),
        "claims": sum(summary.claims for summary in summaries),
        "pairs": store.comparisons.count(),
        "topics": len(outcome.topics),
        "conflicts": sum(conflict.lane == "conflict" for conflict in outcome.conflicts),
        "entries": len(outcome.conflicts),
        "agreements": len(outcome.agreements),
        **gate_counts((summary.gates for summary in summaries), stopped),
    }
