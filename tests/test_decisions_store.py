"""Decisions in a store: append-only, shown at once, carried from run to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from detector.api import report_of, reviewed_outcome, reviewed_run
from detector.decisions.precision import PRIOR_NAME
from detector.decisions.states import make_review
from detector.records import Outcome, Review, Statement
from detector.store import Store, open_store
from tests.report_fixture import Sample
from tests.store_values import NOON, succeed

BEFORE, AFTER = NOON - timedelta(hours=1), datetime(2031, 3, 9, tzinfo=UTC)


@pytest.fixture
def sample() -> Sample:
    return Sample()


@pytest.fixture
def store(tmp_path: Path, sample: Sample) -> Iterator[Store]:
    with open_store(tmp_path / "news.db") as opened:
        opened.add_articles(sample.articles)
        of_article: dict[tuple[str, int], list[Statement]] = defaultdict(list)
        for one in sample.statements:
            of_article[one.article_id, one.revision].append(one)
        for home in sample.articles:
            opened.put_statements(home, "test", of_article[home.article_id, home.revision])
        succeed(opened, "run-1", sample.outcome)
        yield opened


def decide(store: Store, sample: Sample, place: int, *, at: datetime = AFTER, **given: object) -> Review:
    statements = {one.statement_id: one for one in sample.statements}
    given = given or {"decision": "confirmed"}
    review = make_review(sample.outcome.conflicts[place], statements, reviewer="Ada", now=at, **given)  # type: ignore[arg-type]
    store.reviews.add([review])
    return review


@pytest.mark.parametrize("change", ["UPDATE reviews SET reviewer = 'Bo'", "DELETE FROM reviews"])
def test_the_database_itself_refuses_to_change_or_delete_a_review(
    store: Store, sample: Sample, tmp_path: Path, change: str
) -> None:
    review = decide(store, sample, 0)
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        sa.create_engine(f"sqlite:///{tmp_path / 'news.db'}").begin() as connection,
    ):
        connection.execute(sa.text(change))
    assert store.reviews.all() == [review]


def test_a_review_recorded_twice_is_kept_once(store: Store, sample: Sample) -> None:
    review = decide(store, sample, 0)
    store.reviews.add([review])
    assert store.reviews.all() == [review]


def test_without_reviews_a_report_shows_what_the_run_found(store: Store, sample: Sample) -> None:
    last = store.last_run()
    assert last is not None
    outcome, states = reviewed_outcome(store, last)
    assert outcome == sample.outcome
    assert {state.status for state in states.values()} == {"open"}


def test_a_report_sets_a_rejected_question_aside_and_keeps_every_number(store: Store, sample: Sample) -> None:
    decide(store, sample, 1, decision="rejected", reason="update")
    last = store.last_run()
    assert last is not None
    entries = report_of(store, last).entries
    assert [(entry.rank, entry.folded) for entry in entries] == [(1, False), (2, True), (3, False), (4, False)]


def test_a_correction_shows_in_the_report_without_a_rerun(store: Store, sample: Sample) -> None:
    fire = sample.outcome.conflicts[1]
    decide(store, sample, 1, action="split", statement_id=fire.sides[2].exemplar_id)
    last = store.last_run()
    assert last is not None
    (entry,) = [entry for entry in report_of(store, last).entries if entry.conflict_id == fire.conflict_id]
    assert len(entry.sides) == 2


def test_a_decision_made_in_one_run_stands_in_the_next_under_another_id(store: Store, sample: Sample) -> None:
    review = decide(store, sample, 1)
    renamed = tuple(replace(one, conflict_id=f"later {one.conflict_id}") for one in sample.outcome.conflicts)
    succeed(store, "run-2", replace(sample.outcome, conflicts=renamed), at=NOON + timedelta(days=1))
    last = store.last_run()
    assert last is not None
    reviewed = reviewed_run(store, last)
    state = reviewed.states[renamed[1].conflict_id]
    assert (state.status, state.review, reviewed.orphans) == ("decided", review, [])


def test_a_decision_outlives_a_run_that_finds_nothing(store: Store, sample: Sample) -> None:
    review = decide(store, sample, 1)
    succeed(store, "run-2", Outcome(), at=NOON + timedelta(days=1))
    succeed(store, "run-3", sample.outcome, at=NOON + timedelta(days=2))
    second, third = store.runs()[1:]
    assert reviewed_run(store, second).orphans == [review]
    assert reviewed_run(store, third).states[review.conflict_id].review == review


@pytest.mark.parametrize(("at", "known"), [(BEFORE, True), (AFTER, False)], ids=["before", "after"])
def test_decisions_move_ranks_only_in_runs_that_began_after_them(
    store: Store, sample: Sample, at: datetime, known: bool
) -> None:
    statements = {one.statement_id: one for one in sample.statements}
    fire = sample.outcome.conflicts[1]
    others = [replace(fire, conflict_id=f"former {n}") for n in range(10)]
    store.reviews.add(
        [make_review(one, statements, reviewer="Ada", now=at, decision="rejected", reason="update") for one in others]
    )
    last = store.last_run()
    assert last is not None
    (shown,) = [one for one in reviewed_run(store, last).outcome.conflicts if one.conflict_id == fire.conflict_id]
    assert (PRIOR_NAME in {factor.name for factor in shown.factors}) == known
