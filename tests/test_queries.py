"""Where outlets stand on a claim, and why a pair is (not) a conflict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detector.errors import InputError
from detector.pipeline import ingest, run
from detector.queries import Answer, ask, explain, position_on_scale
from detector.records import Stance, text_hash_of
from detector.settings import Settings
from detector.statements import load_pipeline
from detector.store import Store, open_store
from detector.testing import HashingEncoder, LexicalNLI, make_article

SETTINGS = Settings()
ARTICLES = [
    make_article("Norline cancelled all ferry sailings on Wednesday.", outlet="Harbour Post"),
    make_article("Norline did not cancel all ferry sailings on Wednesday.", outlet="Ellery Times"),
    make_article("Norline may cancel all ferry sailings on Wednesday, two officials said.", outlet="Sel Courier"),
    make_article("The dam on the Sel held on Tuesday night.", outlet="Valley Echo"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    opened = open_store(tmp_path_factory.mktemp("queries") / "s.db")
    ingest(opened, ARTICLES)
    run(
        opened,
        settings=SETTINGS,
        now=datetime(2031, 4, 3, tzinfo=UTC),
        encoder=HashingEncoder(),
        nli=LexicalNLI(),
        nlp=load_pipeline(SETTINGS.statements),
    )
    return opened


def asked(store: Store, claim: str) -> Answer:
    nlp = load_pipeline(SETTINGS.statements)
    return ask(store, claim, settings=SETTINGS, encoder=HashingEncoder(), nli=LexicalNLI(), nlp=nlp)


def test_every_outlet_gets_a_stance_on_a_claim_that_no_article_holds(store: Store) -> None:
    answer = asked(store, "Norline cancelled all ferry sailings")
    assert {stance.outlet: stance.position for stance in answer.stances} == {
        "Harbour Post": "agrees",
        "Ellery Times": "contradicts",
        "Sel Courier": "hedges",
        "Valley Echo": "silent",
    }
    assert all(bool(stance.statements) == (stance.position != "silent") for stance in answer.stances)


@pytest.mark.parametrize(
    ("stance", "position"),
    [
        ("accepted", "agrees"),
        ("rejected", "contradicts"),
        ("unlikely", "hedges"),
        ("undecided", "hedges"),
        ("open", "hedges"),
    ],
)
def test_only_a_flat_decision_agrees_with_or_contradicts_the_claim_of_one(stance: Stance, position: str) -> None:
    assert position_on_scale(stance, "accepted") == position


def test_asking_leaves_the_store_as_it_was(store: Store) -> None:
    before = store.counts()
    asked(store, "The moon landing was in 1969")
    assert store.counts() == before


@pytest.mark.parametrize("claim", ["", "   \n"])
def test_an_empty_claim_is_refused_with_advice(store: Store, claim: str) -> None:
    with pytest.raises(InputError, match="the claim is empty"):
        asked(store, claim)


def test_asking_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    with open_store(tmp_path / "empty.db") as empty, pytest.raises(InputError, match="detector run"):
        asked(empty, "Norline cancelled all ferry sailings")


def test_a_pair_that_was_never_flagged_is_explained_with_its_gates(store: Store) -> None:
    by_outlet = {s.outlet_id: s for s in store.statements(SETTINGS.fingerprint("statements"))}
    explained = explain(
        store,
        by_outlet["harbour-post"].statement_id,
        by_outlet["valley-echo"].statement_id[:12],
        settings=SETTINGS,
        encoder=HashingEncoder(),
        nli=LexicalNLI(),
    ).pairs[0]
    assert explained.finding.relation == "none"
    names = [gate.name for gate in explained.finding.gates]
    assert names == ["claim", "same matter", "numbers", "time", "entailment", "exclusion"]
    assert explained.finding.pair.rule == "not chosen by blocking"


def test_a_conflict_is_explained_by_its_pairs(store: Store) -> None:
    last = store.last_run()
    assert last is not None
    conflict = store.outcome(last.run_id).conflicts[0]
    explanation = explain(store, conflict.conflict_id[:10], settings=SETTINGS)
    assert explanation.conflict == conflict
    assert {pair.finding.pair.pair_id for pair in explanation.pairs} == set(conflict.pair_ids)
    assert all(pair.finding.relation == "contradicts" for pair in explanation.pairs)


def test_a_conflict_is_explained_as_the_run_saw_it_when_a_text_was_edited_since(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as own:
        ingest(own, ARTICLES)
        models = {"encoder": HashingEncoder(), "nli": LexicalNLI(), "nlp": load_pipeline(SETTINGS.statements)}
        made = run(own, settings=SETTINGS, now=datetime(2031, 4, 3, tzinfo=UTC), **models)  # type: ignore[arg-type]
        conflict = own.outcome(made.run_id).conflicts[0]
        before = explain(own, conflict.conflict_id, settings=SETTINGS)
        told = "Correction: an earlier version of this text was wrong."
        ingest(own, [replace(one, text=told, text_hash=text_hash_of(told)) for one in ARTICLES])
        assert explain(own, conflict.conflict_id, settings=SETTINGS) == before
        assert explain(own, conflict.pair_ids[0], settings=SETTINGS).pairs == before.pairs[:1]


@pytest.mark.parametrize(("prefix", "message"), [("zzzz", "no conflict"), ("", "no conflict")])
def test_an_unknown_id_is_refused_with_advice(store: Store, prefix: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        explain(store, prefix, settings=SETTINGS)
