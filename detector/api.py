"""The pipeline in one call, for Python and for the commands: articles in, a report and DataFrames out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector import pipeline
from detector.decisions.values import Corrected, Departure, ReviewState
from detector.history import changes_between
from detector.records import Agreement, Article, Conflict, Outcome, Rejection, Review, Run, Statement
from detector.report import Report, build_report
from detector.settings import Settings, load_settings
from detector.store import Store, open_store

if TYPE_CHECKING:
    import pandas as pd
    from spacy.language import Language

    from detector.models import Encoder, NLIModel


@dataclass(frozen=True)
class Findings:
    """What was found, and what became of each article that was given."""

    report: Report
    ingested: pipeline.IngestResult

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        """One row for each statement of each side, in reading order."""
        from detector.report import to_frame

        return to_frame(self.report)

    @cached_property
    def agreements(self) -> pd.DataFrame:
        """One row for each statement of each agreement, in reading order."""
        from detector.report import agreements_frame

        return agreements_frame(self.report)


def find_conflicts(
    articles: str | Path | Iterable[str | Path] | pd.DataFrame,
    *,
    store: str | Path | None = None,
    settings: Settings | str | Path | None = None,
    on_progress: pipeline.OnProgress | None = None,
    encoder: Encoder | None = None,
    nli: NLIModel | None = None,
    nlp: Language | None = None,
) -> Findings:
    """Read files, folders or a DataFrame and find where their outlets differ.

    `store` keeps everything between calls, so that a later call does only the new work and reports on all articles
    given so far; without one nothing is kept. `encoder`, `nli` and `nlp` replace the models of the settings.

    Raises InputError: nothing could be read. SettingsError, ModelError, StoreError: what their names say.
    """
    chosen = settings if isinstance(settings, Settings) else load_settings(Path(settings) if settings else None)
    with _store_or_temporary(store) as opened:
        ingested = pipeline.ingest(opened, read_articles(articles, chosen))
        pipeline.require_articles(opened, ingested)
        run = pipeline.run(
            opened,
            settings=chosen,
            now=datetime.now(UTC),
            on_progress=on_progress,
            encoder=encoder,
            nli=nli,
            nlp=nlp,
        )
        return Findings(report_of(opened, run, since=opened.arrivals.run_before(run.run_id)), ingested)


def read_articles(
    articles: str | Path | Iterable[str | Path] | pd.DataFrame, settings: Settings
) -> Iterator[Article | Rejection]:
    """The articles of files, folders or a DataFrame, and what could not be read."""
    from detector.corpus import read_frame, read_paths

    if hasattr(articles, "columns"):
        return read_frame(articles, settings.reading)
    paths = [articles] if isinstance(articles, str | Path) else articles
    return read_paths([Path(path) for path in paths], settings.reading)


@dataclass(frozen=True)
class ReviewedRun:
    """A run as people see it: its outcome with their corrections, the state of each question, and what both rest on.

    Conflicts stand by score; those that are set aside (`ReviewState.folded`) keep their place, and with it their number.
    """

    run: Run
    outcome: Outcome
    states: Mapping[str, ReviewState]
    statements: Mapping[str, Statement]
    articles: Sequence[Article]
    reviews: Sequence[Review]
    departures: Sequence[Departure]

    @cached_property
    def orphans(self) -> list[Review]:
        """Reviews whose question is in no conflict now."""
        from detector.decisions.states import orphans

        return orphans(self.outcome.conflicts, self.statements, self.reviews)


def reviewed_run(store: Store, run: Run) -> ReviewedRun:
    """A run that succeeded, with every review recorded so far and articles in the revisions that it used.

    Corrections and decisions show at once. What decisions teach the ranking counts from the next run on, so that
    nothing changes its place while people work through the list.
    """
    from detector.decisions.states import review_states

    outcome = store.outcome(run.run_id)
    statements = store.statements_by_id(_named(outcome))
    articles = _articles_used(store, statements)
    reviews = store.reviews.all()
    by_id = {article.article_id: article for article in articles}
    made = with_reviews(run, outcome, statements=statements, articles=by_id, reviews=reviews)
    states = review_states(made.outcome.conflicts, statements, reviews)
    return ReviewedRun(run, made.outcome, states, statements, articles, reviews, made.departures)


def with_reviews(
    run: Run,
    outcome: Outcome,
    *,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    reviews: Sequence[Review],
) -> Corrected:
    """The outcome of a run with people's corrections in it, ranked with what decisions before the run taught."""
    from detector.corpus.origins import origin_groups
    from detector.decisions.corrections import corrected
    from detector.decisions.precision import judged, prior_of, with_priors

    window = _setting(run, "window_days", Settings().conflicts.window_days)
    made = corrected(outcome, statements, articles, reviews, origins=origin_groups, window_days=window)
    earlier = [review for review in reviews if review.created_at <= run.started_at]
    priors = prior_of(judged({}, earlier), minimum=int(_setting(run, "min_reviews", Settings().conflicts.min_reviews)))
    shown = replace(made.outcome, conflicts=with_priors(made.outcome.conflicts, priors))
    return replace(made, outcome=shown)


def reviewed_outcome(store: Store, run: Run) -> tuple[Outcome, dict[str, ReviewState]]:
    """The outcome of a run with people's corrections in it, and the state of each of its questions by conflict id."""
    reviewed = reviewed_run(store, run)
    return reviewed.outcome, dict(reviewed.states)


def report_of(store: Store, run: Run, *, since: Run | None = None) -> Report:
    """The report of a run that succeeded, with articles in the revisions that it used and all that people recorded.

    With `since`, an earlier run, it also tells what changed since then.
    """
    reviewed = reviewed_run(store, run)
    changes = None
    states_before: dict[str, ReviewState] = {}
    if since is not None:
        # Without reviews there is nothing to correct, and reading all articles a second time is spared.
        if reviewed.reviews:
            before, states_before = reviewed_outcome(store, since)
        else:
            before = store.outcome(since.run_id)
        found = {since.run_id: before, run.run_id: reviewed.outcome}
        changes = changes_between(store, since, run, outcome_of=lambda one: found[one.run_id])
    return build_report(
        run=run,
        outcome=reviewed.outcome,
        articles=reviewed.articles,
        statements=list(reviewed.statements.values()),
        changes=changes,
        states=reviewed.states,
        states_before=states_before,
    )


def _articles_used(store: Store, statements: Mapping[str, Statement]) -> list[Article]:
    """Every article, once, in the revision that the statements are of, else the newest."""
    articles = {(article.article_id, article.revision): article for article in store.articles()}
    for statement in statements.values():
        key = (statement.article_id, statement.revision)
        if key not in articles:
            articles[key] = store.article(statement.article_id, revision=statement.revision)
    used = {statement.article_id: statement.revision for statement in statements.values()}
    return [article for key, article in sorted(articles.items()) if used.get(key[0], key[1]) == key[1]]


def _setting(run: Run, name: str, default: float) -> float:
    """A number of the section on conflicts of the run's settings."""
    section = run.settings.get("conflicts")
    kept = section.get(name) if isinstance(section, Mapping) else None
    return kept if isinstance(kept, int | float) else default


def report_tree(
    folder: Path, *, bench: pipeline.Workbench, on_progress: pipeline.OnProgress | None = None
) -> Mapping[str, Any]:
    """The report on a folder's articles alone, in its JSON form. `bench` keeps its models for the next folder."""
    from detector.report.json import as_tree

    findings = find_conflicts(
        folder,
        settings=bench.settings,
        on_progress=on_progress,
        encoder=bench.encoder,
        nli=bench.nli,
        nlp=bench.nlp,
    )
    return as_tree(findings.report)


def _named(outcome: Outcome) -> set[str]:
    """The statements that an outcome names."""
    shown: list[Conflict | Agreement] = [*outcome.conflicts, *outcome.agreements]
    named = {one for topic in outcome.topics for one in topic.statement_ids}
    for entry in shown:
        parts = entry.sides if isinstance(entry, Conflict) else (entry,)
        named.update(one for part in parts for one in part.statement_ids)
    return named


@contextmanager
def _store_or_temporary(store: str | Path | None) -> Iterator[Store]:
    if store is not None:
        with open_store(store) as opened:
            yield opened
        return
    with tempfile.TemporaryDirectory(prefix="detector-") as folder, open_store(Path(folder) / "detector.db") as opened:
        yield opened
