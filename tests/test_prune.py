"""Pruning takes what nobody needs, says first what that is, and never a review nor what one rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from store_values import NOON, PROBS, found, statement, succeed

from detector.errors import StoreBusyError
from detector.records import Article, Fetch, Outcome, Page, Review, Run, SeenStatement, Statement, text_hash_of
from detector.settings import RetentionSettings
from detector.store import Store, open_store
from detector.store.pruning import InUse, Pruning, prune

NOW = NOON + timedelta(days=1000)
IN_USE = InUse("enc", "nli", frozenset({"f"}))
KEEP_ALL = RetentionSettings(runs_days=0, pages_days=0, articles_days=0, caches=False)


def retaining(**changes: object) -> RetentionSettings:
    """Settings that let go of what is named, and of nothing else."""
    return KEEP_ALL.model_copy(update=changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "news.db") as opened:
        yield opened


def add_story(store: Store, name: str, *, published: datetime | None, fingerprint: str = "f") -> Statement:
    text = f"Talks of {name} end.\n\nThe talks of {name} ended."
    article = Article(name, "herald", "The Herald", text, text_hash_of(text), published_at=published)
    told = statement(article, 0, len(f"Talks of {name} end."))
    store.add_articles([article])
    store.put_statements(article, fingerprint, [told])
    store.put_vectors("enc", [told.text_hash], np.ones((1, 2), dtype=np.float32))
    store.put_scores("nli", [(told.text_hash, told.text_hash, PROBS)])
    return told


def outcome_with(left: Statement, right: Statement) -> Outcome:
    """One conflict between the two."""
    whole = found()
    sides = tuple(
        replace(side, statement_ids=(one.statement_id,), exemplar_id=one.statement_id)
        for side, one in zip(whole.conflicts[0].sides, (left, right), strict=True)
    )
    return Outcome(conflicts=(replace(whole.conflicts[0], sides=sides),))


def went(pruning: Pruning) -> dict[str, int]:
    return {one.what: one.count for one in pruning.going}


def test_without_being_told_to_nothing_is_changed_and_the_same_goes_afterwards(store: Store) -> None:
    for day in range(5):
        succeed(store, f"run{day}", found(), at=NOON + timedelta(days=day))
    retention = retaining(runs_days=30, runs_keep=2)
    before = store.path.read_bytes()
    planned = prune(store, retention, now=NOW, in_use=IN_USE)
    assert (went(planned), planned.applied) == ({"runs": 3}, False)
    assert store.path.read_bytes() == before
    assert len(store.runs()) == 5
    done = prune(store, retention, now=NOW, in_use=IN_USE, apply=True)
    assert (done.going, done.applied) == (planned.going, True)
    assert [run.run_id for run in store.runs()] == ["run4", "run3"]
    assert went(prune(store, retention, now=NOW, in_use=IN_USE)) == {}
    assert store.check() == []


def test_the_last_successful_run_stays_however_old_and_however_many_failed_since(store: Store) -> None:
    succeed(store, "good", found(), at=NOON)
    with store.writer_lock():
        for number in range(4):
            store.start_run(Run(f"bad{number}", NOON + timedelta(days=number)))
            store.fail_run(f"bad{number}", "no memory", NOON)
    done = prune(store, retaining(runs_days=1, runs_keep=1), now=NOW, in_use=IN_USE, apply=True)
    assert went(done) == {"runs": 3}
    assert [run.run_id for run in store.runs()] == ["bad3", "good"]
    assert store.outcome("good") == found()


def test_a_young_run_stays_and_a_clock_that_went_back_takes_nothing(store: Store) -> None:
    for number in range(3):
        succeed(store, f"run{number}", found(), at=NOON)
    retention = retaining(runs_days=30, runs_keep=1)
    assert went(prune(store, retention, now=NOON + timedelta(days=29), in_use=IN_USE)) == {}
    assert went(prune(store, retention, now=NOON - timedelta(days=5000), in_use=IN_USE)) == {}


def test_old_articles_go_but_for_those_that_a_review_or_a_kept_run_shows(store: Store) -> None:
    reviewed, shown_left, shown_right, gone = (
        add_story(store, name, published=NOON) for name in ("reviewed", "left", "right", "gone")
    )
    undated, young = (add_story(store, name, published=when) for name, when in (("undated", None), ("young", NOW)))
    succeed(store, "run", outcome_with(shown_left, shown_right), at=NOW)
    seen = (SeenStatement(0, reviewed.statement_id, "herald", reviewed.text_hash, reviewed.text),)
    store.reviews.add([Review("r1", "elsewhere", "Ana", NOON, decision="confirmed", seen=seen)])
    done = prune(store, retaining(articles_days=30), now=NOW, in_use=IN_USE, apply=True)
    assert went(done) == {"articles": 1}
    left = {one.article_id for one in store.articles()}
    assert left == {"reviewed", "left", "right", "undated", "young"}
    kept = [one.statement_id for one in (reviewed, shown_left, shown_right, undated, young)]
    assert set(store.statements_by_id([*kept, gone.statement_id])) == set(kept)
    assert len(store.reviews.all()) == 1
    assert store.outcome("run").conflicts
    assert store.check() == []


def test_an_article_with_one_young_revision_stays_whole(store: Store) -> None:
    add_story(store, "story", published=NOON)
    first = store.article("story")
    store.add_articles([replace(first, text="New.", text_hash=text_hash_of("New."), revision=2, published_at=NOW)])
    prune(store, retaining(articles_days=30), now=NOW, in_use=IN_USE, apply=True)
    assert [one.revision for one in store.revisions("story")] == [1, 2]


def test_only_what_was_computed_for_other_models_settings_or_texts_leaves_the_caches(store: Store) -> None:
    used = add_story(store, "used", published=NOON)
    old = add_story(store, "old", published=NOON, fingerprint="older")
    store.put_vectors("other", [used.text_hash], np.ones((1, 2), dtype=np.float32))
    store.put_vectors("enc", ["of no text"], np.ones((1, 2), dtype=np.float32))
    store.put_scores("other", [(used.text_hash, used.text_hash, PROBS)])
    store.put_scores("nli", [(used.text_hash, "of no text", PROBS)])
    planned = prune(store, retaining(caches=True), now=NOW, in_use=IN_USE)
    assert went(planned) == {"statements of other settings": 1, "vectors": 3, "scores": 3}
    prune(store, retaining(caches=True), now=NOW, in_use=IN_USE, apply=True)
    assert store.missing_vectors("enc", [used.text_hash, old.text_hash]) == [old.text_hash]
    assert list(store.scores("nli", [(used.text_hash, used.text_hash)])) == [(used.text_hash, used.text_hash)]
    assert store.statements("f") == [used]
    assert store.check() == []


def test_statements_of_older_settings_stay_while_a_kept_run_or_a_review_shows_them(store: Store) -> None:
    left, right, seen = (add_story(store, name, published=NOON, fingerprint="older") for name in ("l", "r", "seen"))
    succeed(store, "run", outcome_with(left, right), at=NOON)
    evidence = (SeenStatement(0, seen.statement_id, "herald", seen.text_hash, seen.text),)
    store.reviews.add([Review("r1", "c", "Ana", NOON, decision="unclear", seen=evidence)])
    assert went(prune(store, retaining(caches=True), now=NOW, in_use=IN_USE, apply=True)) == {}
    assert len(store.statements_by_id([left.statement_id, right.statement_id, seen.statement_id])) == 3


def test_fetched_pages_go_by_their_age_and_what_is_known_of_the_address_stays(store: Store) -> None:
    for url, when in (("https://old.example/a", NOON), ("https://new.example/b", NOW)):
        store.fetches.put(Fetch(url, when, 200, etag="x"), Page(url, when, "text/html", b"<p>The dam held.</p>" * 50))
    done = prune(store, retaining(pages_days=30), now=NOW, in_use=IN_USE, apply=True)
    assert went(done) == {"pages": 1}
    assert [page.url for page in store.fetches.pages()] == ["https://new.example/b"]
    assert len(store.fetches.all()) == 2


def test_the_room_is_given_back(store: Store) -> None:
    for number in range(30):
        text = f"Dam {number} held. " * 2000
        store.add_articles([Article(f"a{number}", "h", "H", text, text_hash_of(text), published_at=NOON)])
    done = prune(store, retaining(articles_days=1), now=NOW, in_use=IN_USE, apply=True)
    assert went(done) == {"articles": 30}
    assert done.after < done.before / 3
    assert done.going[0].bytes > 30 * 2000 * 10
    assert store.articles() == []


def test_pruning_waits_its_turn(store: Store) -> None:
    with (
        store.writer_lock(),
        open_store(store.path) as other,
        pytest.raises(StoreBusyError, match="in use by process"),
    ):
        prune(other, KEEP_ALL, now=NOW, in_use=IN_USE, apply=True)
