"""The desk's verbs: what a reviewer sees, records, takes back, and how that stands beside what others and later runs do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from desk_site import plain_store, start_and_finish, store_of
from report_fixture import Sample, article, conflict, finding, side, statement
from starlette.testclient import TestClient

from detector.decisions.states import make_review
from detector.errors import InputError
from detector.records import Outcome, Run
from detector.review import snapshot as snapshot_module
from detector.review.app import create_app
from detector.review.desk import MOST_ASKING, ConflictChanged, Desk, DeskBusy
from detector.review.queue import STATE_WORDS
from detector.review.security import Access
from detector.review.snapshot import Departed, Unknown, take
from detector.review.values import (
    DecideRequest,
    MergeRequest,
    MoveRequest,
    NoteRequest,
    QueueFilters,
    Recorded,
    SplitRequest,
    UndoRequest,
)
from detector.store import Store, open_store

SAMPLE = Sample()
TRAM, TOLL, BOSS = (one.conflict_id for one in SAMPLE.outcome.conflicts[:3])
ALL = QueueFilters(state="all")


class Clock:
    """A minute goes by at each look."""

    def __init__(self) -> None:
        self.now = datetime(2031, 3, 10, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(plain_store(tmp_path / "desk.db"), clock=Clock()) as opened:
        yield opened


def confirm(desk: Desk, conflict_id: str, reviewer: str = "Ada") -> Recorded:
    hash_now = desk.conflict(conflict_id, reviewer).evidence_hash
    return desk.decide(conflict_id, DecideRequest(decision="confirmed", evidence_hash=hash_now), reviewer)


def reject(desk: Desk, conflict_id: str, reviewer: str = "Ben") -> Recorded:
    hash_now = desk.conflict(conflict_id, reviewer).evidence_hash
    asked = DecideRequest(decision="rejected", reason="quote", evidence_hash=hash_now)
    return desk.decide(conflict_id, asked, reviewer)


def ids(desk: Desk, filters: QueueFilters, reviewer: str = "Ada") -> list[str]:
    return [entry.conflict_id for entry in desk.queue(filters, reviewer).entries]


# The queue


def test_the_queue_shows_conflicts_by_rank_with_the_side_labels_of_their_pages(desk: Desk) -> None:
    page = desk.queue(ALL, "Ada")
    assert [(entry.rank, entry.conflict_id) for entry in page.entries] == [(1, TRAM), (2, TOLL), (3, BOSS)]
    for entry in page.entries:
        told = desk.conflict(entry.conflict_id, "Ada")
        assert [(one.label, one.position) for one in entry.sides] == [(one.label, one.position) for one in told.sides]
        assert {name for one in entry.sides for name in one.outlets} == {name for s in told.sides for name in s.outlets}


@pytest.mark.parametrize("state", list(STATE_WORDS))
def test_the_count_beside_a_filter_is_what_choosing_it_shows(desk: Desk, state: str) -> None:
    confirm(desk, TRAM)
    reject(desk, TRAM)
    reject(desk, BOSS)
    filters = QueueFilters(state=state)  # type: ignore[arg-type]
    facets = desk.queue(filters, "Ada").facets
    names = {
        "states": "state",
        "decisions": "decision",
        "lanes": "lane",
        "kinds": "kind",
        "outlets": "outlet",
        "topics": "topic",
        "reviewers": "reviewer",
    }
    for facet, name in names.items():
        for choice in getattr(facets, facet):
            chosen = filters.model_copy(update={name: choice.value})
            assert desk.queue(chosen, "Ada").total == choice.count, (facet, choice.value)


def test_what_is_open_and_what_changed_since_it_was_decided_is_to_do(desk: Desk) -> None:
    confirm(desk, TRAM)
    assert ids(desk, QueueFilters()) == [TOLL, BOSS]
    second = desk.conflict(TRAM, "Ada").sides[1].wordings[0].first.statement_id
    desk.split(TRAM, SplitRequest(statement_id=second), "Ben")
    assert ids(desk, QueueFilters(state="stale")) == [TRAM]
    assert sorted(ids(desk, QueueFilters())) == sorted([TRAM, TOLL, BOSS])


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (QueueFilters(q="weir BOATS people"), []),
        (QueueFilters(q="weir PEOPLE"), [TOLL]),
        (QueueFilters(q=BOSS), [BOSS]),
        (QueueFilters(lane="update"), [BOSS]),
        (QueueFilters(kind="number"), [TOLL]),
        (QueueFilters(outlet="coast-radio"), [TRAM, BOSS]),
        (QueueFilters(since=date(2031, 3, 6)), [TOLL, BOSS]),
        (QueueFilters(until=date(2031, 3, 5)), [TRAM]),
        (QueueFilters(order="newest"), [BOSS, TOLL, TRAM]),
        (QueueFilters(size=1, page=2), [TOLL]),
        (QueueFilters(size=2, page=9), [BOSS]),
    ],
)
def test_filters_narrow_the_queue(desk: Desk, filters: QueueFilters, found: list[str]) -> None:
    assert ids(desk, filters) == found


def test_a_store_without_a_run_has_an_empty_queue_that_says_so(tmp_path: Path) -> None:
    with Desk(tmp_path / "empty.db") as desk:
        page = desk.queue(QueueFilters(), "Ada")
        assert (page.total, page.run, desk.stats().total) == (0, None, 0)
        with pytest.raises(Unknown):
            desk.conflict(TRAM, "Ada")


# The page of a conflict


def test_a_statement_stands_in_its_whole_paragraph_with_the_differing_words_marked(tmp_path: Path) -> None:
    long = article("Quay", "First.\nIt rained. All day it rained. The bridge is open. Cars cross it. It is dry.\nLast.")
    other = article("Ferry", "The bridge is closed.")
    plain = statement(long, "The bridge is open.")
    said = replace(plain, context_start=plain.start, context_end=plain.end)
    against = statement(other, "The bridge is closed.")
    pair = finding(said, against, 0.9)
    found = conflict("Is the bridge open?", [side("open", [said]), side("closed", [against])], [pair], kind="antonym")
    target = store_of(tmp_path / "d.db", [long, other], [said, against], Outcome(conflicts=(found,), findings=(pair,)))
    with Desk(target) as desk:
        sides = desk.conflict(found.conflict_id, None).sides
        one = next(s for s in sides if s.position == "open").wordings[0].first
    assert (one.before, one.text, one.after) == (
        "It rained. All day it rained. ",
        "The bridge is open.",
        " Cars cross it. It is dry.",
    )
    assert [piece.text for piece in one.pieces if piece.marked] == ["open"]


def test_word_for_word_copies_are_one_wording_and_one_click_away(desk: Desk) -> None:
    approved = next(one for one in desk.conflict(TRAM, None).sides if "approved" in one.position and one.origins == 2)
    assert [1 + len(wording.copies) for wording in approved.wordings] == [6, 1]


def test_the_next_conflict_is_the_next_one_of_the_filtered_list_and_wraps_while_there_is_work(desk: Desk) -> None:
    assert desk.conflict(TRAM, None, QueueFilters(lane="update")).next_id == BOSS
    assert desk.conflict(BOSS, None, ALL).next_id is None
    assert desk.conflict(BOSS, None, QueueFilters()).next_id == TRAM
    confirm(desk, TOLL)
    view = desk.conflict(TOLL, None, QueueFilters())
    assert (view.previous_id, view.next_id) == (TRAM, BOSS)


def test_an_article_is_shown_whole_with_what_conflicts_rest_on_marked(desk: Desk) -> None:
    tram = desk.conflict(TRAM, None).sides[0].wordings[0].first
    view = desk.article(tram.article_id, statement_id=tram.statement_id)
    text = desk.store.article(tram.article_id).text
    joined = ["".join(piece.text for piece in paragraph.pieces) for paragraph in view.paragraphs]
    assert joined == [line for line in text.split("\n") if line.strip()]
    assert view.paragraphs[0].is_title
    assert [piece.text for part in view.paragraphs for piece in part.pieces if piece.focus] == [tram.text]
    assert [one.conflict_id for one in view.conflicts] == [TRAM]
    with pytest.raises(Unknown):
        desk.article("nowhere")
    with pytest.raises(Unknown):
        desk.article(tram.article_id, revision=7)


# Deciding


def test_a_decision_on_evidence_that_is_no_longer_the_one_shown_is_refused(desk: Desk) -> None:
    opened = desk.conflict(TRAM, "Ada")
    moved = opened.sides[0].wordings[1].first.statement_id
    desk.move(TRAM, MoveRequest(statement_id=moved, to_side=opened.sides[1].side_id), "Ben")
    with pytest.raises(ConflictChanged):
        desk.decide(TRAM, DecideRequest(decision="confirmed", evidence_hash=opened.evidence_hash), "Ada")
    assert desk.conflict(TRAM, "Ada").review.decision is None


def test_undo_takes_back_the_last_own_record_and_leaves_it_in_the_history(desk: Desk) -> None:
    confirm(desk, TRAM)
    done = desk.undo(TRAM, UndoRequest(), "Ada")
    assert (done.review.state, done.todo) == ("open", 3)
    assert [(one.action, one.undone) for one in desk.conflict(TRAM, "Ada").history] == [
        ("decide", True),
        ("undo", False),
    ]
    with pytest.raises(InputError, match="nothing of yours"):
        desk.undo(TRAM, UndoRequest(), "Ada")


def test_nobody_takes_back_the_decision_of_another_but_anyone_a_correction(desk: Desk) -> None:
    mine = confirm(desk, TRAM)
    with pytest.raises(InputError, match="only they"):
        desk.undo(TRAM, UndoRequest(review_id=mine.review_id), "Ben")
    off = desk.conflict(TRAM, "Ada").sides[1].wordings[0].first.statement_id
    split = desk.split(TRAM, SplitRequest(statement_id=off), "Ada")
    assert desk.undo(TRAM, UndoRequest(review_id=split.review_id), "Ben").review.corrections == 0


def test_two_reviewers_who_differ_are_shown_as_such_and_their_agreement_is_measured(desk: Desk) -> None:
    confirm(desk, TRAM, "Ada")
    reject(desk, TRAM, "Ben")
    confirm(desk, TOLL, "Ada")
    confirm(desk, TOLL, "Ben")
    stats = desk.stats()
    assert (stats.disputed, stats.shared) == (1, 2)
    assert stats.alpha is not None and stats.alpha < 1
    assert stats.disagreements[0].decisions == ("Ada: confirmed", "Ben: rejected: a quote")
    assert desk.conflict(TRAM, "Ada").review.mine == "confirmed"


def test_a_note_is_kept_without_deciding(desk: Desk) -> None:
    told = desk.note(TRAM, NoteRequest(note="Asked the council."), "Ada")
    assert (told.review.state, told.review.notes) == ("open", 1)
    assert desk.conflict(TRAM, "Ben").history[0].note == "Asked the council."


def test_a_merged_conflict_leaves_the_list_says_where_it_went_and_comes_back_by_undo(desk: Desk) -> None:
    done = desk.merge(TOLL, MergeRequest(other_id=BOSS), "Ada")
    assert (done.todo, set(ids(desk, ALL))) == (2, {TRAM, TOLL})
    with pytest.raises(Departed) as gone:
        desk.conflict(BOSS, "Ada")
    assert gone.value.into == TOLL
    assert [one.conflict_id for one in desk.stats().departed] == [BOSS]
    desk.undo(BOSS, UndoRequest(), "Ada")
    assert ids(desk, ALL) == [TRAM, TOLL, BOSS]


def test_a_split_that_leaves_one_side_takes_the_conflict_off_the_list_until_it_is_taken_back(desk: Desk) -> None:
    only = desk.conflict(BOSS, "Ada").sides[0].wordings[0].first.statement_id
    done = desk.split(BOSS, SplitRequest(statement_id=only), "Ada")
    assert done.departed and "off the list" in done.words
    assert desk.undo(BOSS, UndoRequest(), "Ada").departed is False
    assert BOSS in ids(desk, QueueFilters())


def test_a_duplicate_names_the_conflict_that_it_repeats(desk: Desk) -> None:
    hash_now = desk.conflict(BOSS, "Ada").evidence_hash
    asked = DecideRequest(decision="duplicate", duplicate_of=TRAM, evidence_hash=hash_now)
    assert desk.decide(BOSS, asked, "Ada").review.duplicate_of == TRAM
    other = desk.conflict(TOLL, "Ada").evidence_hash
    with pytest.raises(Unknown):
        desk.decide(TOLL, asked.model_copy(update={"duplicate_of": "nowhere", "evidence_hash": other}), "Ada")


# Others, and later runs


def test_what_another_program_records_shows_with_the_next_page(desk: Desk) -> None:
    desk.queue(ALL, "Ada")
    texts = {one.statement_id: one for one in SAMPLE.statements}
    moment = datetime(2031, 3, 10, tzinfo=UTC)
    review = make_review(SAMPLE.outcome.conflicts[0], texts, reviewer="Cleo", now=moment, decision="unclear")
    with open_store(str(desk.store.where)) as other:
        other.reviews.add([review])
    assert desk.conflict(TRAM, "Ada").review.words == "Unclear, by Cleo"


def test_taking_reviews_in_one_by_one_gives_what_taking_all_at_once_gives(desk: Desk) -> None:
    desk.queue(ALL, "Ada")
    confirm(desk, TRAM)
    reject(desk, TRAM)
    desk.note(TOLL, NoteRequest(note="see above"), "Cleo")
    desk.undo(TRAM, UndoRequest(), "Ben")
    desk.merge(TRAM, MergeRequest(other_id=BOSS), "Cleo")
    confirm(desk, TOLL)
    desk.undo(BOSS, UndoRequest(), "Cleo")
    reject(desk, BOSS, "Ada")
    held = desk.snapshot()
    assert held is not None
    anew = take(held.base, desk.store.reviews.all())
    assert (held.states, held.rows, held.reviews, held.marks) == (anew.states, anew.rows, anew.reviews, anew.marks)


def test_a_later_run_is_shown_and_says_what_changed_since_a_decision_and_since_a_look(desk: Desk) -> None:
    tram, toll, boss = SAMPLE.outcome.conflicts[:3]
    confirm(desk, TRAM)
    desk.looked("Ada")
    assert desk.look("Ada").words.endswith("nothing new")
    reject(desk, TOLL, "Ben")
    smaller = replace(
        tram, sides=(tram.sides[0], replace(tram.sides[1], statement_ids=tram.sides[1].statement_ids[:6]))
    )
    fresh = SAMPLE.outcome.conflicts[3]
    later = replace(SAMPLE.outcome, conflicts=(smaller, toll, fresh))
    start_and_finish(desk.store, later, run_id="run-2", articles=16)
    view = desk.conflict(TRAM, "Ada")
    assert view.review.state == "stale"
    assert [one.outlet for one in view.changes.removed] == ["Tram Watch"]
    look = desk.look("Ada")
    assert (look.new, look.changed, look.gone, look.decided_by_others) == (1, 2, 1, 1)
    assert ids(desk, QueueFilters(state="all", changed=True)) == [TRAM, TOLL, fresh.conflict_id]
    assert desk.look("Ben").at is None
    assert boss.conflict_id not in ids(desk, ALL)


def test_while_a_large_run_is_loaded_the_one_before_is_shown_and_decided_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ids(desk, ALL) == [TRAM, TOLL, BOSS]
    may_go_on = threading.Event()
    load = snapshot_module.load_base

    def slow(store: Store, run: Run) -> snapshot_module.Base:
        may_go_on.wait(10)
        return load(store, run)

    monkeypatch.setattr(snapshot_module, "load_base", slow)
    monkeypatch.setattr(snapshot_module, "PATIENCE_SECONDS", 0.0)
    later = replace(SAMPLE.outcome, conflicts=SAMPLE.outcome.conflicts[:2])
    start_and_finish(desk.store, later, run_id="run-2", articles=16)
    assert ids(desk, ALL) == [TRAM, TOLL, BOSS]
    assert confirm(desk, TRAM).review.state == "decided"
    may_go_on.set()
    deadline = time.monotonic() + 10
    while len(ids(desk, ALL)) == 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ids(desk, ALL) == [TRAM, TOLL]
    assert desk.conflict(TRAM, "Ada").review.state == "decided"


def test_the_models_are_loaded_while_the_claim_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = threading.Event()

    class Bench:
        def __init__(self, _: object) -> None:
            self.encoder, self.nli, self.nlp = "encoder", "nli", "nlp"
            loaded.set()

    monkeypatch.setattr("detector.pipeline.Workbench", Bench)
    with Desk(plain_store(tmp_path / "desk.db"), loads_ahead=True) as desk:
        client = TestClient(create_app(desk, Access(reviewer="Ada")), base_url="http://127.0.0.1")
        assert client.get("/").status_code == 200 and not loaded.is_set()
        assert client.get("/ask", headers={"sec-fetch-site": "cross-site"}).status_code == 200 and not loaded.is_set()
        assert client.get("/ask").status_code == 200 and loaded.wait(5)


def test_more_claims_at_once_than_can_be_looked_up_are_told_to_come_again(desk: Desk) -> None:
    for _ in range(MOST_ASKING):
        desk._may_ask.acquire()
    with pytest.raises(DeskBusy, match="in a moment"):
        desk.ask("Norline cancelled all ferry sailings")
