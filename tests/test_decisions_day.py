"""Whatever a newsroom's days bring, no decision is lost: each is with its question, or waits for it and comes back."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.api import ReviewedRun, report_of, reviewed_run
from detector.decisions.states import make_review, make_undo, standing
from detector.decisions.values import ReviewState
from detector.pipeline import ingest, run
from detector.records import Article, Conflict, Review, text_hash_of
from detector.report.json import as_tree
from detector.settings import Settings
from detector.statements import load_pipeline
from detector.store import Store, open_store
from detector.testing import HashingEncoder, LexicalNLI, make_article

SETTINGS = Settings()
MONDAY = datetime(2031, 4, 3, tzinfo=UTC)
FERRY = "The ferry company Norline {} all sailings on Wednesday after its crews walked out."
DAM = "The dam on the river Sel {} on Tuesday night, the water board said."
MAYOR = "The mayor of Port Ellery {} the union on Tuesday evening in the town hall."
TEXTS = {
    "Harbour Post": (FERRY.format("cancelled"), MAYOR.format("met")),
    "Ellery Times": (FERRY.format("did not cancel"), MAYOR.format("never met")),
    "Sel Courier": (FERRY.format("never cancelled"), DAM.format("held")),
    "Valley Echo": (DAM.format("did not hold"), MAYOR.format("met")),
    "Radio Ellery": (DAM.format("never held"), FERRY.format("cancelled")),
}
OUTLETS = tuple(TEXTS)
EDITS = ("Weather: rain is expected.", "The office gave no further word on Thursday.", "")


class OtherNLI(LexicalNLI):
    """Another model: the same opinions, less sure."""

    def __init__(self) -> None:
        super().__init__()
        self.scorer_id = "lexical@2"

    def score(self, pairs: Sequence[tuple[str, str]], *, progress: Any = None) -> Any:
        return super().score(pairs, progress=progress) * 0.9 + 0.1 / 3


@functools.cache
def language() -> Any:
    return load_pipeline(SETTINGS.statements)


def told(outlet: str, *, edit: str | None = None, without_first: bool = False) -> Article:
    sentences = TEXTS[outlet][1 if without_first else 0 :]
    made = make_article(" ".join([*sentences, *([edit] if edit else [])]), outlet=outlet, title=f"Seen by {outlet}")
    return replace(made, text_hash=text_hash_of(made.text))


@dataclass
class Newsroom:
    """A store, its days, and all that people recorded in it."""

    store: Store
    nli: LexicalNLI
    hours: int = 0

    def analyse(self, *articles: Article) -> ReviewedRun:
        self.hours += 1
        ingest(self.store, articles)
        now = MONDAY + timedelta(hours=self.hours)
        fakes: dict[str, Any] = {"encoder": HashingEncoder(), "nli": self.nli, "nlp": language()}
        return self.reviewed(run(self.store, settings=SETTINGS, now=now, **fakes).run_id)

    def reviewed(self, run_id: str | None = None) -> ReviewedRun:
        last = self.store.last_run()
        assert last is not None and run_id in (None, last.run_id)
        return reviewed_run(self.store, last)

    def record(self, conflict: Conflict, seen: ReviewedRun, **what: Any) -> Review:
        self.hours += 1
        moment = MONDAY + timedelta(hours=self.hours)
        review = make_review(conflict, seen.statements, reviewer=what.pop("reviewer", "Ada"), now=moment, **what)
        self.store.reviews.add([review])
        return review


def state_with(seen: ReviewedRun, review: Review) -> ReviewState | None:
    """The state of the question that the review is with now, None where it waits."""
    return next((one for one in seen.states.values() if review in one.reviews), None)


def check_nothing_is_lost(room: Newsroom, made: Sequence[Review]) -> None:
    """All reviews are kept in order; each is with one question or waits; the latest decision of each question stands."""
    seen = room.reviewed()
    assert list(seen.reviews) == list(made) == room.store.reviews.all()
    homes = [review.review_id for state in seen.states.values() for review in state.reviews]
    waiting = [review.review_id for review in seen.orphans]
    assert sorted(homes + waiting) == sorted(review.review_id for review in made)
    for state in seen.states.values():
        decided = [one for one in standing(state.reviews) if one.action == "decide"]
        assert state.review == (decided[-1] if decided else None)
        assert (state.status == "open") == (not decided)
    as_tree(report_of(room.store, seen.run, since=room.store.arrivals.run_before(seen.run.run_id)))


def decide_all(room: Newsroom, seen: ReviewedRun, choice: st.DataObject) -> list[Review]:
    """A decision of one or two reviewers on each question, some taken back, and a correction where there can be one."""
    made: list[Review] = []
    for conflict in seen.outcome.conflicts:
        decision = choice.draw(st.sampled_from(["confirmed", "rejected", "unclear"]))
        made.append(room.record(conflict, seen, decision=decision, note="Seen."))
        if choice.draw(st.booleans()):
            made.append(room.record(conflict, seen, decision="confirmed", reviewer="Bo"))
        if choice.draw(st.integers(0, 4)) == 0:
            room.hours += 1
            undo = make_undo(made[-1], reviewer="Ada", now=MONDAY + timedelta(hours=room.hours))
            room.store.reviews.add([undo])
            made.append(undo)
    large = [one for one in seen.outcome.conflicts if max(len(side.statement_ids) for side in one.sides) > 1]
    corrects: bool = choice.draw(st.booleans())
    if large and corrects:
        side = max(large[0].sides, key=lambda one: len(one.statement_ids))
        made.append(room.record(large[0], seen, action="split", statement_id=side.statement_ids[-1]))
    return made


@settings(max_examples=10, deadline=None)
@given(choice=st.data())
def test_batches_edits_models_and_corrections_lose_no_decision(
    tmp_path_factory: pytest.TempPathFactory, choice: st.DataObject
) -> None:
    first = choice.draw(st.lists(st.sampled_from(OUTLETS), min_size=2, max_size=4, unique=True))
    edited = choice.draw(st.lists(st.sampled_from(OUTLETS), max_size=3, unique=True))
    edits = [
        told(one, edit=choice.draw(st.sampled_from(EDITS)), without_first=choice.draw(st.booleans())) for one in edited
    ]
    with open_store(tmp_path_factory.mktemp("day") / "s.db") as store:
        room = Newsroom(store, LexicalNLI())
        seen = room.analyse(*map(told, first))
        made = decide_all(room, seen, choice)
        check_nothing_is_lost(room, made)
        seen = room.analyse(*map(told, OUTLETS), *edits)
        check_nothing_is_lost(room, made)
        made += decide_all(room, seen, choice)
        room.nli = OtherNLI()
        room.analyse()
        check_nothing_is_lost(room, made)
        room.nli = LexicalNLI()
        room.analyse(*map(told, OUTLETS))
        check_nothing_is_lost(room, made)


@settings(max_examples=6, deadline=None)
@given(choice=st.data())
def test_a_decision_stands_whatever_is_added_around_its_question_and_whichever_model_looks(
    tmp_path_factory: pytest.TempPathFactory, choice: st.DataObject
) -> None:
    first = choice.draw(st.lists(st.sampled_from(OUTLETS), min_size=2, max_size=4, unique=True))
    with open_store(tmp_path_factory.mktemp("day") / "s.db") as store:
        room = Newsroom(store, LexicalNLI())
        seen = room.analyse(*map(told, first))
        made = [room.record(one, seen, decision="confirmed") for one in seen.outcome.conflicts]
        for nli in (LexicalNLI(), OtherNLI(), LexicalNLI()):
            room.nli = nli
            now = room.analyse(*map(told, OUTLETS))
            for review in made:
                state = state_with(now, review)
                if state is None:  # a model may not find the question; its decision waits for one that does
                    assert isinstance(nli, OtherNLI) and review in now.orphans
                    continue
                assert state.decision == "confirmed" and state.status in ("decided", "stale")


def test_a_question_that_is_edited_away_and_put_back_has_its_decision_again(store_url: str) -> None:
    post, times = told("Harbour Post"), told("Ellery Times")
    with open_store(store_url) as store:
        room = Newsroom(store, LexicalNLI())
        seen = room.analyse(post, times)
        made = [room.record(one, seen, decision="rejected", reason="quote") for one in seen.outcome.conflicts]
        assert made
        gone = room.analyse(told("Ellery Times", edit="The office gave no word.", without_first=True))
        lost = [review for review in made if review in gone.orphans]
        assert lost
        run_before = store.arrivals.run_before(gone.run.run_id)
        settled = as_tree(report_of(store, gone.run, since=run_before))["changes"]["settled"]
        assert [one["decision"]["decision"] for one in settled] == ["rejected"] * len(lost)
        back = room.analyse(times)
        assert [state.status for review in lost if (state := state_with(back, review))] == ["decided"] * len(lost)
