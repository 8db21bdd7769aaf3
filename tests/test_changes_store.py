"""Runs by name and time, which articles each was the first to see, and what changed between two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from store_values import NOON, article, found, succeed

from detector.errors import InputError
from detector.history import changes_between, moment_of, run_named, run_since
from detector.records import Run
from detector.store import Store, open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened


def test_a_run_keeps_which_revision_of_each_article_it_saw(store: Store) -> None:
    store.add_articles([article("a")])
    succeed(store, "monday", found())
    store.add_articles([article("a", "Talks fail.", revision=2), article("b")])
    succeed(store, "tuesday", found())
    store.add_articles([article("c")])
    assert store.arrivals.revisions("monday") == {"a": 1}
    assert store.arrivals.revisions("tuesday") == {"a": 2, "b": 1}
    succeed(store, "wednesday", found())
    assert store.arrivals.revisions("wednesday") == {"a": 2, "b": 1, "c": 1}
    assert store.arrivals.revisions("monday") == {"a": 1}
    assert store.arrivals.revisions("never") == {}


def test_articles_are_given_in_the_revision_asked_for(store: Store) -> None:
    first, second = article("a"), article("a", "Talks fail.", revision=2)
    store.add_articles([first, second, article("b")])
    assert store.arrivals.articles([("a", 2), ("a", 1), ("a", 9), ("x", 1)]) == [first, second]


def test_runs_are_found_by_the_beginning_of_their_id_and_by_age(store: Store) -> None:
    store.add_articles([article("a")])
    for name in ("abc1", "abd2", "xyz3"):
        succeed(store, name, found())
    assert [run_named(store, name).run_id for name in ("-1", "-3", "xy", "abc", "abd2")] == [
        "xyz3", "abc1", "xyz3", "abc1", "abd2",
    ]  # fmt: skip
    for name, said in (
        ("-4", "no such run"),
        ("-0", "no such run"),
        ("q", "begins so"),
        ("", "begins so"),
        ("ab", "more than one"),
        ("a%", "begins so"),
    ):
        with pytest.raises(InputError, match=said):
            run_named(store, name)


def test_a_run_that_failed_is_compared_with_nothing(store: Store) -> None:
    succeed(store, "good", found())
    with store.writer_lock():
        store.start_run(Run("bad", NOON))
        store.fail_run("bad", "no memory", NOON)
    succeed(store, "better", found())
    before = store.arrivals.run_before("better")
    assert before is not None and before.run_id == "good"
    assert store.arrivals.run_before("good") is None
    assert [run.run_id for run in store.arrivals.runs()] == ["better", "good"]


def test_since_takes_the_last_run_that_had_finished_by_then_else_the_oldest(store: Store) -> None:
    assert run_since(store, NOON) is None
    for days, name in ((0, "monday"), (1, "tuesday"), (2, "wednesday")):
        succeed(store, name, found(), at=NOON + timedelta(days=days))
    wanted = {0: "monday", 23: "monday", 25: "tuesday", 100: "wednesday", -5: "monday"}
    for hours, name in wanted.items():
        run = run_since(store, NOON + timedelta(hours=hours))
        assert run is not None and run.run_id == name


EVENING = datetime(2031, 3, 9, 20, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("yesterday", "2031-03-08T18:00"),
        ("2 days ago", "2031-03-07T18:00"),
        ("08:00", "2031-03-09T06:00"),
        ("21:00", "2031-03-08T19:00"),
        ("today", "2031-03-08T22:00"),
        ("2031-03-05", "2031-03-04T22:00"),
        ("2031-03-05T08:00Z", "2031-03-05T08:00"),
        ("2031-03-05 08:00 UTC", "2031-03-05T08:00"),
        ("5 March", "2031-03-04T22:00"),
    ],
)
def test_a_time_is_read_as_a_person_means_it_where_they_are(words: str, moment: str) -> None:
    assert moment_of(words, now=EVENING) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize("words", ["", "nonsense", "7", "03/04/2031", "2031-13-05", "tomorrow", "in 3 days"])
def test_what_is_no_time_or_still_to_come_is_said(words: str) -> None:
    with pytest.raises(InputError, match=r"--since .*expected"):
        moment_of(words, now=EVENING)


def test_changes_of_a_store_hold_the_texts_and_when_they_were_read(store: Store) -> None:
    first = article("a")
    store.add_articles([first])
    succeed(store, "monday", found())
    second = article("a", "Talks end.\n\nThe talks failed.", revision=2)
    store.add_articles([second, article("b")])
    succeed(store, "tuesday", found(), at=NOON + timedelta(days=1))
    changes = changes_between(store, run_named(store, "-2"), run_named(store, "-1"))
    assert [one.article_id for one in changes.added] == ["b"]
    (revised,) = changes.revised
    assert (revised.before, revised.after, revised.seen_at) == (first, second, NOON + timedelta(days=1))
    assert [(one.before, one.after) for one in revised.sentences] == [("The talks ended.", "The talks failed.")]
    assert [one.state for one in changes.conflicts] == ["unchanged"]
