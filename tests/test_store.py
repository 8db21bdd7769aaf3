"""What the store promises: nothing lost, nothing overwritten, one writer, readable at all times."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import sqlalchemy as sa
from store_values import NOON, PROBS, article, found, in_another_process, statement, succeed

from detector.errors import InputError, StoreBusyError, StoreError
from detector.records import Outcome, Probs, Quantity, Run, Topic
from detector.store import Store, open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened


def test_an_open_bound_comes_back_infinite(store: Store) -> None:
    told = article(text="At least 5 died.")
    bound = Quantity("At least 5", 5.0, float("inf"), "count", "person")
    store.add_articles([told])
    store.put_statements(told, "f", [replace(statement(told, 0, 16), quantities=(bound,))])
    assert store.statements("f")[0].quantities == (bound,)


def test_text_that_is_no_unicode_is_refused_in_one_line(store: Store) -> None:
    with pytest.raises(StoreError, match="no Unicode"):
        store.add_articles([article(text="half a pair: \ud83d")])
    assert store.articles() == []


# Articles and revisions


def test_an_edited_article_keeps_its_old_text(store: Store) -> None:
    first, second = article(text="Nobody died."), article(text="Three died.", revision=2)
    store.add_articles([first])
    store.add_articles([second])
    assert store.articles() == [second]
    assert store.article("a") == second
    assert store.article("a", revision=1) == first
    assert store.revisions("a") == [first, second]
    assert store.article_heads() == {"a": (2, second.text_hash)}


def test_a_stored_revision_is_never_overwritten(store: Store) -> None:
    store.add_articles([article(text="Nobody died.")])
    with pytest.raises(StoreError, match="needs a new revision"):
        store.add_articles([article("b"), article(text="Three died.")])
    assert [kept.text for kept in store.articles()] == ["Nobody died."]


def test_adding_the_same_article_again_changes_nothing(store: Store) -> None:
    store.add_articles([article()])
    store.add_articles([article(), article()])
    assert store.counts()["revisions"] == 1


def test_articles_come_sorted_by_id_whatever_the_order_of_adding(store: Store) -> None:
    store.add_articles([article("c"), article("a"), article("b")])
    assert [kept.article_id for kept in store.articles()] == ["a", "b", "c"]
    assert list(store.article_heads()) == ["a", "b", "c"]


def test_an_unknown_article_or_revision_is_named(store: Store) -> None:
    store.add_articles([article()])
    with pytest.raises(InputError, match="nowhere"):
        store.article("nowhere")
    with pytest.raises(InputError, match="expected one of 1"):
        store.article("a", revision=7)


# Statements


def test_an_article_without_statements_counts_as_split(store: Store) -> None:
    empty, told = article("a"), article("b")
    store.add_articles([empty, told])
    store.put_statements(empty, "f", [])
    assert store.articles_without_statements("f") == [told]
    assert store.articles_without_statements("other settings") == [empty, told]


def test_a_new_revision_is_to_be_split_and_hides_the_old_statements(store: Store) -> None:
    first, second = article(text="Nobody died."), article(text="Three died.", revision=2)
    old, new = statement(first, 0, 12), statement(second, 0, 11)
    store.add_articles([first])
    store.put_statements(first, "f", [old])
    store.add_articles([second])
    assert store.statements("f") == []
    assert store.articles_without_statements("f") == [second]
    store.put_statements(second, "f", [new])
    assert store.statements("f") == [new]
    assert store.statement(old.statement_id) == old, "the last run may still name it"


def test_statements_are_kept_apart_by_fingerprint_and_the_newest_is_shown(store: Store) -> None:
    told = article()
    plain = statement(told, 0, 10)
    hedged = replace(plain, modality="possible")
    store.add_articles([told])
    store.put_statements(told, "old", [plain])
    store.put_statements(told, "new", [hedged])
    assert store.statements("old") == [plain]
    assert store.statements_of("a", "new") == [hedged]
    assert store.statement(plain.statement_id) == hedged
    assert store.counts()["statements"] == 1


def test_putting_statements_twice_changes_nothing(store: Store) -> None:
    told = article()
    store.add_articles([told])
    store.put_statements(told, "f", [statement(told, 0, 10)])
    store.put_statements(told, "f", [statement(told, 12, 28)])
    assert [kept.start for kept in store.statements("f")] == [0]


def test_statements_come_by_id_and_those_of_an_article_in_reading_order(store: Store) -> None:
    told = article(text="One. Two. Three. Four.")
    spans = [statement(told, 17, 22), statement(told, 0, 4), statement(told, 10, 16), statement(told, 5, 9)]
    store.add_articles([told])
    store.put_statements(told, "f", spans)
    assert store.statements("f") == sorted(spans, key=lambda kept: kept.statement_id)
    assert [kept.text for kept in store.statements_of("a", "f")] == ["One.", "Two.", "Three.", "Four."]


def test_a_statement_that_is_no_span_of_its_article_is_refused(store: Store) -> None:
    told = article()
    moved = replace(statement(told, 0, 10), start=1, end=11, context_end=11)
    store.add_articles([told])
    with pytest.raises(StoreError, match="differs from 1:11"):
        store.put_statements(told, "f", [moved])
    with pytest.raises(StoreError, match="of article b"):
        store.put_statements(told, "f", [statement(article("b"), 0, 10)])
    with pytest.raises(InputError, match="no statement of this id"):
        store.statement(moved.statement_id)
    assert store.articles_without_statements("f") == [told]


# Model caches


def test_vectors_come_in_the_order_asked_and_only_unknown_texts_are_missing(store: Store) -> None:
    matrix = np.array([[1, 0], [0, 1]], dtype=np.float32)
    store.put_vectors("enc", ["h1", "h2"], matrix)
    assert store.vectors("enc", ["h2", "h1", "h2"]).tolist() == [[0, 1], [1, 0], [0, 1]]
    assert store.vectors("enc", ["h2"]).dtype == np.float32
    assert store.missing_vectors("enc", ["h9", "h1", "h3", "h9"]) == ["h3", "h9"]
    assert store.missing_vectors("other", ["h1"]) == ["h1"]
    assert store.vectors("enc", []).shape == (0, 0)


def test_a_missing_vector_is_an_error_never_a_row_of_zeros(store: Store) -> None:
    store.put_vectors("enc", ["h1"], np.ones((1, 2), dtype=np.float32))
    with pytest.raises(StoreError, match="1 vectors of enc are missing"):
        store.vectors("enc", ["h1", "h2"])


@pytest.mark.parametrize(
    "matrix",
    [
        np.ones((1, 2), dtype=np.float32),
        np.ones((2, 2), dtype=np.float64),
        np.ones(2, dtype=np.float32),
        np.array([[1, 2], [3, np.nan]], dtype=np.float32),
    ],
    ids=["too few rows", "not float32", "not a matrix", "not a number"],
)
def test_vectors_that_cannot_be_right_are_refused(store: Store, matrix: np.ndarray) -> None:
    with pytest.raises(StoreError, match="enc: "):
        store.put_vectors("enc", ["h1", "h2"], matrix)
    assert store.counts()["vectors"] == 0


def test_the_first_score_of_a_pair_stays_and_directions_are_kept_apart(store: Store) -> None:
    store.put_scores("nli", [("p", "h", PROBS), ("p", "h", Probs(1, 0, 0))])
    store.put_scores("nli", [("p", "h", Probs(0, 1, 0)), ("h", "p", Probs(0, 0, 1))])
    keys = [("h", "p"), ("p", "h"), ("p", "x")]
    assert store.scores("nli", keys) == {("h", "p"): Probs(0, 0, 1), ("p", "h"): PROBS}
    assert list(store.scores("nli", keys)) == keys[:2]
    assert store.scores("other model", keys) == {}


def test_more_keys_than_one_query_may_hold_are_all_found(store: Store) -> None:
    keys = [(f"p{number}", f"h{number % 7}") for number in range(40_000)]
    known = keys[::20]
    hashes = [premise for premise, _ in known]
    store.put_scores("nli", [(*key, PROBS) for key in known])
    store.put_vectors("enc", hashes, np.arange(4_000, dtype=np.float32).reshape(-1, 2))
    assert list(store.scores("nli", keys)) == known
    assert store.vectors("enc", hashes)[:, 0].tolist() == list(range(0, 4_000, 2))
    assert len(store.missing_vectors("enc", [premise for premise, _ in keys])) == 38_000


# Runs


def test_a_succeeded_run_gives_back_what_it_found_in_its_order(store: Store) -> None:
    one = found()
    two = replace(one, topics=(Topic("z", "late", ()), *one.topics, Topic("a", "early", ("s9",))))
    succeed(store, "r1", one)
    succeed(store, "r2", two)
    assert store.outcome("r1") == one
    assert store.outcome("r2") == two
    assert [run.run_id for run in store.runs()] == ["r2", "r1"]


def test_a_failed_run_does_not_hide_the_last_one_that_succeeded(store: Store) -> None:
    succeed(store, "good", found())
    with store.writer_lock():
        store.start_run(Run("bad", NOON))
        store.fail_run("bad", "out of memory", NOON + timedelta(seconds=5))
    last = store.last_run()
    assert last is not None and last.run_id == "good"
    assert (store.runs()[0].status, store.runs()[0].error) == ("failed", "out of memory")
    with pytest.raises(InputError, match="bad has no outcome, it is failed"):
        store.outcome("bad")
    with pytest.raises(InputError, match="no run of this id"):
        store.outcome("unheard of")


def test_a_run_cut_short_is_marked_interrupted_by_the_next(store: Store) -> None:
    with store.writer_lock():
        store.start_run(Run("cut short", NOON))
    succeed(store, "next", found())
    assert [(run.run_id, run.status, run.error) for run in store.runs()] == [
        ("next", "succeeded", None),
        ("cut short", "failed", "interrupted"),
    ]


def test_a_run_succeeds_with_all_it_found_or_not_at_all(store: Store) -> None:
    with store.writer_lock():
        store.start_run(Run("r1", NOON))
        with pytest.raises(StoreError):
            store.finish_run(Run("r1", NOON), found(question="broken \udfff"))
        assert store.runs()[0].status == "running"
        assert store.last_run() is None
        store.finish_run(Run("r1", NOON), found())
    assert store.outcome("r1") == found()


def test_a_finished_run_stays_as_it_is(store: Store) -> None:
    succeed(store, "r1", found())
    with pytest.raises(StoreError, match="already succeeded"):
        store.fail_run("r1", "too late", NOON)
    with pytest.raises(StoreError, match="already succeeded"):
        store.finish_run(Run("r1", NOON), Outcome())
    assert store.outcome("r1") == found()


def test_a_run_starts_only_under_the_writer_lock(store: Store) -> None:
    with pytest.raises(StoreError, match="inside writer_lock"):
        store.start_run(Run("r1", NOON))


def test_times_come_back_in_utc(store: Store, store_url: str) -> None:
    moscow = datetime(2025, 3, 18, 15, 0, tzinfo=timezone(timedelta(hours=3)))
    succeed(store, "r1", Outcome(), at=moscow)
    started = store.runs()[0].started_at
    assert (started, started.utcoffset()) == (NOON, timedelta(0))
    address = sa.make_url(store_url)
    product = sa.create_engine(address.set(drivername=address.drivername.replace("postgresql", "postgresql+psycopg")))
    with product.connect() as raw:
        raw.exec_driver_sql("SET TIME ZONE 'UTC'" if product.name == "postgresql" else "SELECT 1")
        assert raw.scalar(sa.text("SELECT CAST(started_at AS VARCHAR) FROM runs")).startswith("2025-03-18 12:00")
    product.dispose()


# One writer, many readers, and processes that die


HOLD = """
import sys
from datetime import UTC, datetime
from detector.records import Run
from detector.store import open_store
with open_store(sys.argv[1]) as store, store.writer_lock():
    store.start_run(Run("of the other", datetime(2025, 3, 18, tzinfo=UTC)))
    print("READY", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(store_url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the writer lock in the middle of a run."""
    process = in_another_process(HOLD, store_url)
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == "READY\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_a_second_writer_is_told_who_writes_and_since_when(store: Store, holder: subprocess.Popen[str]) -> None:
    told = rf"process {holder.pid} on .* since 20\d\d-.* UTC; wait"
    with pytest.raises(StoreBusyError, match=told), store.writer_lock(wait=0.1):
        pass


def test_a_second_writer_waits_for_the_first(store: Store, holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    release = threading.Timer(0.3, lambda: holder.communicate("go on\n"))
    release.start()
    with store.writer_lock(wait=30):
        assert holder.wait() == 0
    release.join()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system that can kill a process outright")
def test_a_killed_writer_leaves_the_store_free_and_whole(store: Store, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    succeed(store, "after", found())
    assert [(run.run_id, run.error) for run in store.runs()] == [("after", None), ("of the other", "interrupted")]
    assert store.check() == []


def test_a_reader_sees_the_last_success_while_a_run_is_going_on(store_url: str) -> None:
    with open_store(store_url) as writer, open_store(store_url, read_only=True) as reader:
        succeed(writer, "yesterday", found())
        with writer.writer_lock():
            writer.start_run(Run("today", NOON))
            writer.add_articles([article("new")])
            assert [run.run_id for run in reader.runs() if run.status == "succeeded"] == ["yesterday"]
            assert reader.outcome("yesterday") == found()
            writer.finish_run(Run("today", NOON), found("Will they resume?"))
        last = reader.last_run()
        assert last is not None and reader.outcome(last.run_id) == found("Will they resume?")


def test_the_lock_may_be_taken_again_by_its_holder(store: Store) -> None:
    with store.writer_lock(), store.writer_lock():
        store.start_run(Run("r1", NOON))


ADD = """
import sys
from detector.records import Article, text_hash_of
from detector.store import open_store
with open_store(sys.argv[1]) as store:
    for number in range(40):
        text = f"{sys.argv[2]} says {number}."
        store.add_articles([Article(f"{sys.argv[2]}{number:02}", "herald", "The Herald", text, text_hash_of(text))])
"""


def test_two_processes_make_and_fill_one_new_store(store_url: str) -> None:
    processes = [in_another_process(ADD, store_url, name) for name in ("x", "y")]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    with open_store(store_url, read_only=True) as store:
        assert store.counts()["articles"] == 80
        assert store.check() == []


def test_a_read_only_store_refuses_to_write(store_url: str) -> None:
    open_store(store_url).close()
    with open_store(store_url, read_only=True) as reader:
        for write in (lambda: reader.add_articles([article()]), lambda: reader.writer_lock().__enter__()):
            with pytest.raises(StoreError, match="for reading only"):
                write()
