"""A run depends on the articles, the settings and the models, never on the way there."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from detector.pipeline import IngestResult, ingest, run
from detector.records import Article, Outcome, Run
from detector.settings import ConflictSettings, PairSettings, Settings
from detector.statements import load_pipeline
from detector.store import Store, open_store
from detector.testing import HashingEncoder, LexicalNLI, make_article

NOW = datetime(2031, 4, 3, tzinfo=UTC)
SETTINGS = Settings()

STORIES = [
    make_article(
        "The ferry company Norline cancelled all sailings on Wednesday. The mayor of Port Ellery met the union.",
        outlet="Harbour Post",
        title="Ferries stay in port",
        published="2031-04-02",
    ),
    make_article(
        "The ferry company Norline did not cancel all sailings on Wednesday. The mayor of Port Ellery met the union.",
        outlet="Ellery Times",
        title="Ferries sail",
        published="2031-04-02",
    ),
    make_article(
        "The ferry company Norline never cancelled all sailings on Wednesday. The dam on the Sel held on Tuesday.",
        outlet="Sel Courier",
        title="Norline denies it",
        published="2031-04-03",
    ),
    make_article(
        "The dam on the Sel did not hold on Tuesday. The council of Port Ellery approved the budget.",
        outlet="Valley Echo",
        title="Dam lost",
        published="2031-04-03",
    ),
]


@functools.cache
def language() -> Any:
    return load_pipeline(SETTINGS.statements)


def analyse(store: Store, *, settings: Settings = SETTINGS, **given_models: Any) -> Run:
    fakes = {"encoder": HashingEncoder(), "nli": LexicalNLI(), "nlp": language()} | given_models
    return run(store, settings=settings, now=NOW, **fakes)


def contents(store: Store) -> tuple[Any, ...]:
    """Everything a run leaves behind, besides its times and ids."""
    last = store.last_run()
    assert last is not None
    statements = store.statements(SETTINGS.fingerprint("statements"))
    vectors = store.vectors(HashingEncoder().encoder_id, [s.text_hash for s in statements if s.claim_gate is None])
    return store.articles(), statements, vectors.tobytes(), store.outcome(last.run_id), last.counts, last.state_hash


def batches(path: Path, parts: Sequence[Sequence[Article]]) -> tuple[Any, ...]:
    with open_store(path) as store:
        for part in parts:
            ingest(store, part)
            analyse(store)
        return contents(store)


def outcome(store: Store, done: Run) -> Outcome:
    return store.outcome(done.run_id)


def test_outlets_that_deny_each_other_make_a_conflict(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        ingest(store, STORIES)
        found = outcome(store, analyse(store)).conflicts
    assert any(
        {"harbour-post"} in [set(side.outlet_ids) for side in conflict.sides]
        and any("ellery-times" in side.outlet_ids for side in conflict.sides)
        for conflict in found
    )
    assert any({"sel-courier", "valley-echo"} == {o for side in c.sides for o in side.outlet_ids} for c in found)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_batches_in_any_order_end_as_one_run_over_all(tmp_path: Path, order: tuple[int, ...]) -> None:
    at_once = batches(tmp_path / "once.db", [STORIES])
    stepwise = batches(tmp_path / "steps.db", [[STORIES[i]] for i in order])
    assert stepwise == at_once


@hypothesis_settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), cuts=st.sets(st.integers(1, 3)))
def test_random_batches_with_repeats_end_as_one_run(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("batches")
    shuffled = random.Random(seed).sample(STORIES, k=4)
    edges = [0, *sorted(cuts), 4]
    parts = [shuffled[: edges[i + 1]] if i % 2 else shuffled[edges[i] : edges[i + 1]] for i in range(len(edges) - 1)]
    assert batches(folder / "parts.db", parts) == batches(folder / "once.db", [STORIES])


def test_a_second_run_with_nothing_new_calls_no_model(tmp_path: Path) -> None:
    encoder, nli = HashingEncoder(), LexicalNLI()
    with open_store(tmp_path / "s.db") as store:
        ingest(store, STORIES)
        first = analyse(store, encoder=encoder, nli=nli)
        calls = encoder.calls, nli.calls
        assert ingest(store, STORIES) == IngestResult(unchanged=tuple(STORIES))
        second = analyse(store, encoder=encoder, nli=nli, nlp=None)
    assert second == first
    assert (encoder.calls, nli.calls) == calls
    assert min(calls) > 0


def test_a_new_threshold_makes_new_conflicts_without_a_model(tmp_path: Path) -> None:
    encoder, nli = HashingEncoder(), LexicalNLI()
    strict = Settings(conflicts=ConflictSettings(contradiction=1.0))
    with open_store(tmp_path / "s.db") as store:
        ingest(store, STORIES)
        before = outcome(store, analyse(store, encoder=encoder, nli=nli))
        calls = encoder.calls, nli.calls
        after = outcome(store, analyse(store, settings=strict, encoder=encoder, nli=nli, nlp=None))
    assert (encoder.calls, nli.calls) == calls
    assert len(before.conflicts) > len(after.conflicts)


def test_one_new_article_is_all_that_the_models_see(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        ingest(store, STORIES[:3])
        analyse(store)
        encoder, nli = HashingEncoder(), LexicalNLI()
        ingest(store, STORIES)
        analyse(store, encoder=encoder, nli=nli)
        fresh = {s.wording for s in store.statements_of(STORIES[3].article_id, SETTINGS.fingerprint("statements"))}
    assert 0 < encoder.texts_seen <= len(fresh)


def test_an_edited_article_becomes_a_revision_and_its_old_text_is_kept(tmp_path: Path) -> None:
    edited = make_article(
        "The ferry company Norline cancelled some sailings on Wednesday. The mayor met the union.",
        outlet="Harbour Post",
        title="Ferries stay in port",
        published="2031-04-02",
    )
    with open_store(tmp_path / "s.db") as store:
        ingest(store, STORIES)
        analyse(store)
        result = ingest(store, [edited])
        analyse(store)
        assert [article.revision for article in result.revised] == [2]
        assert store.article(edited.article_id).text == edited.text
        assert store.article(edited.article_id, revision=1).text == STORIES[0].text


def test_a_date_that_was_missing_is_taken_over_when_the_article_is_read_again(tmp_path: Path) -> None:
    dated = STORIES[0]
    undated = replace(dated, published_at=None)
    with open_store(tmp_path / "s.db") as store:
        ingest(store, [undated])
        assert [one.revision for one in ingest(store, [dated]).revised] == [2]
        assert store.article(dated.article_id).published_at == dated.published_at
        assert ingest(store, [dated, undated]) == IngestResult(unchanged=(dated, undated))


class Killed(BaseException):
    """Stands for the end of the process."""


class KilledAfter(LexicalNLI):
    def __init__(self, calls: int) -> None:
        super().__init__()
        self.left = calls

    def score(self, pairs: Sequence[tuple[str, str]], *, progress: Any = None) -> Any:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return super().score(pairs, progress=progress)


def test_a_killed_run_resumes_and_ends_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.pipeline.stages.SCORE_BATCH", 4)
    with open_store(tmp_path / "whole.db") as store:
        ingest(store, STORIES)
        analyse(store)
        expected = contents(store)
    with open_store(tmp_path / "killed.db") as store:
        ingest(store, STORIES)
        with pytest.raises(Killed):
            analyse(store, nli=KilledAfter(2))
        kept = store.counts()
        assert store.last_run() is None
    with open_store(tmp_path / "killed.db") as store:
        nli = LexicalNLI()
        analyse(store, nli=nli)
        assert contents(store) == expected
        assert kept["scores"] > 0
        assert nli.texts_seen == 2 * (store.counts()["scores"] - kept["scores"])


def test_the_last_successful_run_stays_readable_when_the_next_one_fails(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        ingest(store, STORIES[:2])
        good = analyse(store)
        before = store.outcome(good.run_id)
        ingest(store, STORIES)
        with pytest.raises(Killed):
            analyse(store, nli=KilledAfter(0))
        assert store.last_run() == good
        assert store.outcome(good.run_id) == before
        assert [done.status for done in store.runs()] == ["failed", "succeeded"]


def test_one_outlet_alone_has_no_conflict(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        ingest(store, STORIES[:1])
        done = analyse(store)
        assert outcome(store, done) == Outcome()
        assert done.counts["statements"] > 0


def test_articles_in_other_languages_are_counted_and_left_out(tmp_path: Path) -> None:
    french = make_article("Le barrage a tenu mardi.", outlet="Le Courrier", language="fr")
    with open_store(tmp_path / "s.db") as store:
        ingest(store, [*STORIES, french])
        done = analyse(store)
        assert done.counts["skipped_language"] == 1
        assert store.statements_of(french.article_id, SETTINGS.fingerprint("statements")) == []


def newsroom_contents(
    path: Path, parts: Sequence[Sequence[Article]], settings: Settings, *, kills: Sequence[int] = ()
) -> tuple[Any, ...]:
    """Statements, vectors, pairs with their scores, and what was found. The n-th run is first killed after kills[n] calls of
    the model, and given again."""
    with open_store(path) as store:
        for part, calls in itertools.zip_longest(parts, kills[: len(parts)]):
            ingest(store, part)
            if calls is not None:
                with suppress(Killed):
                    analyse(store, settings=settings, nli=KilledAfter(calls))
            analyse(store, settings=settings)
        last = store.last_run()
        assert last is not None
        statements = store.statements(settings.fingerprint("statements"))
        judged = store.comparisons.all()
        hash_of = {one.statement_id: one.text_hash for one in statements}
        keys = [(hash_of[one.pair.left_id], hash_of[one.pair.right_id]) for one in judged]
        scores = store.scores(LexicalNLI().scorer_id, sorted({*keys, *((right, left) for left, right in keys)}))
        taking_part = sorted({key for pair in keys for key in pair})
        vectors = store.vectors(HashingEncoder().encoder_id, taking_part).tobytes()
        return statements, vectors, judged, scores, store.outcome(last.run_id), last.counts


def told(seed: int) -> list[Article]:
    """Eighteen articles of nine outlets on three matters; outlets differ on what happened."""
    draw = random.Random(seed)
    matters = {
        "dam": ("The dam above Hask", ("held", "burst", "was repaired", "did not hold")),
        "vote": ("The council of Ellery", ("approved the budget", "rejected the budget", "approved no budget")),
        "ferry": ("The ferry company Norline", ("cancelled 12 sailings", "cancelled 30 sailings", "sailed on Monday")),
    }
    articles = []
    for number in range(18):
        subject, ends = matters[draw.choice(sorted(matters))]
        other, others = matters[draw.choice(sorted(matters))]
        text = f"{subject} {draw.choice(ends)} on Monday. {other} {draw.choice(others)}, officials said. {subject} {draw.choice(ends)}."
        title = f"{subject} and what came of it, part {number}"
        articles.append(make_article(text, outlet=f"Outlet {number % 9}", title=title, published="2031-04-02"))
    return articles


@hypothesis_settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    cuts=st.sets(st.integers(1, 17), max_size=5),
    few=st.integers(1, 3),
    kills=st.lists(st.integers(0, 8), max_size=4),
)
def test_a_store_that_grew_and_was_interrupted_holds_what_one_run_makes(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: set[int], few: int, kills: list[int]
) -> None:
    """Few neighbours and few places, so that every newcomer pushes others out; edited articles at last."""
    folder = tmp_path_factory.mktemp("merged")
    settings = Settings(pairs=PairSettings(article_neighbours=few + 1, neighbours=few))
    articles = told(seed)
    edited = [
        make_article(
            f"{one.text.splitlines()[-1]} It rained.", outlet=one.outlet, title=one.title, published="2031-04-02"
        )
        for one in articles[::5]
    ]
    edges = [0, *sorted(cuts), 18]
    parts = [articles[start:end] for start, end in itertools.pairwise(edges)]
    at_once = newsroom_contents(folder / "once.db", [articles, edited], settings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("detector.pipeline.stages.SCORE_BATCH", 6)
        patched.setattr("detector.pipeline.comparing.COMPARE_BATCH", 3)
        assert newsroom_contents(folder / "steps.db", [*parts, edited], settings, kills=kills) == at_once
