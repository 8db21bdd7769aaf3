"""The desk's verbs: what reviewers see and record. One object owns the store; any number of threads may ask it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread
from typing import Any

from detector.decisions.states import CORRECTIONS, make_review, make_undo, undone
from detector.errors import DetectorError, InputError
from detector.records import Look, Review, Statement
from detector.review.answers import (
    ArticleView,
    AskView,
    RunProgress,
    StatsView,
)
from detector.review.figures import stats_view
from detector.review.progress import RunWatch
from detector.review.queue import (
    Since,
    decision_words,
    matching,
    ordered,
    queue_page,
    since,
    summary_of,
    todo_count,
)
from detector.review.reading import article_view, ask_view
from detector.review.snapshot import Row, Shelf, Snapshot, Unknown, require_row
from detector.review.values import (
    ConflictView,
    DecideRequest,
    MergeRequest,
    MoveRequest,
    NoteRequest,
    QueueFilters,
    QueuePage,
    Recorded,
    ReportDraft,
    SinceLook,
    SplitRequest,
    UndoRequest,
)
from detector.review.views import conflict_view, may_undo
from detector.settings import Settings
from detector.store import Store, open_store

MOST_ASKING = 4
"""Claims that wait for their answer; more would keep everyone else waiting too."""


class DeskBusy(DetectorError):
    """Too many ask for the same at once."""


class ConflictChanged(DetectorError):
    """The evidence is not the one that was shown."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file to hand out."""

    name: str
    media_type: str
    content: bytes


class Desk:
    """Made by `Desk(target)`; a context manager that closes the store and ends a run it started."""

    def __init__(
        self,
        target: str | Path,
        *,
        settings: Settings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        models: dict[str, Any] | None = None,
        run_command: tuple[str, ...] | None = None,
        loads_ahead: bool = False,
    ) -> None:
        """`models` (encoder, nli, nlp) replace those of the settings when a claim is asked about.

        With `loads_ahead` they are loaded as soon as somebody is about to ask.
        """
        self.store: Store = open_store(target)
        self.settings = settings or Settings()
        self._clock = clock
        self._shelf = Shelf(self.store)
        self._models = dict(models or {})
        self._loads_ahead = loads_ahead
        self._asking = Lock()
        self._may_ask = BoundedSemaphore(MOST_ASKING)
        self._known: dict[str, tuple[Snapshot, Look, Since]] = {}
        command = {"command": run_command} if run_command else {}
        self._watch = RunWatch(self.store, target=str(target), settings=self.settings, **command)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._watch.stop()
        self.store.close()

    def warm(self) -> None:
        """Load the last run in a thread, so that the first page need not wait for it; errors show with that page."""

        def load() -> None:
            with suppress(DetectorError):
                self.snapshot()

        Thread(target=load, daemon=True, name="desk-load").start()

    def snapshot(self) -> Snapshot | None:
        return self._shelf.current()

    # Reading

    def queue(self, filters: QueueFilters, reviewer: str | None) -> QueuePage:
        snapshot = self.snapshot()
        return queue_page(snapshot, filters, self._since(snapshot, reviewer))

    def conflict(self, conflict_id: str, reviewer: str | None, filters: QueueFilters | None = None) -> ConflictView:
        """Raises InputError: the run has no such conflict; Departed: a correction took it off the list."""
        snapshot = self.snapshot()
        row = require_row(snapshot, conflict_id)
        assert snapshot is not None
        held = self._since(snapshot, reviewer)
        previous_id, next_id = _beside(row, snapshot, filters or QueueFilters(), held)
        return conflict_view(row, snapshot, held, previous_id=previous_id, next_id=next_id)

    def article(self, article_id: str, revision: int | None = None, statement_id: str | None = None) -> ArticleView:
        """Without a revision the one that the statement is of, or the run used. Raises InputError: there is none."""
        snapshot = self.snapshot()
        revisions = self.store.revisions(article_id)
        if not revisions:
            raise Unknown(f"{article_id}: no article of this id; open it from a conflict")
        focus = self._statement(snapshot, article_id, statement_id) if statement_id else None
        if revision is None:
            used = snapshot.base.articles.revision(article_id) if snapshot is not None else None
            revision = focus.revision if focus is not None else used or revisions[-1].revision
        article = next((one for one in revisions if one.revision == revision), None)
        if article is None:
            known = ", ".join(str(one.revision) for one in revisions)
            raise Unknown(f"{article_id}: no revision {revision}; expected one of {known}")
        shown_focus = focus if focus is not None and focus.revision == revision else None
        return article_view(article, revisions, snapshot, focus=shown_focus)

    def _statement(self, snapshot: Snapshot | None, article_id: str, statement_id: str) -> Statement:
        found = snapshot.base.statements.get(statement_id) if snapshot is not None else None
        if found is None:
            found = self.store.statements_by_id([statement_id]).get(statement_id)
        if found is None or found.article_id != article_id:
            raise Unknown(f"{statement_id}: no statement of this id in the article; open it from a conflict")
        return found

    def ask(self, claim: str) -> AskView:
        """The stance of every outlet on a claim; one question at a time, the first loads the models.

        Raises InputError: the claim is empty, or nothing was analysed yet. DeskBusy: others wait already.
        """
        from detector import queries

        if not self._may_ask.acquire(blocking=False):
            raise DeskBusy("several claims are being looked up; ask again in a moment")
        try:
            with self._asking:
                return ask_view(queries.ask(self.store, claim, settings=self.settings, **self._loaded()))
        finally:
            self._may_ask.release()

    def expect_claim(self) -> None:
        """Somebody is about to ask: the models are loaded in a thread while they type; errors show with the answer."""
        if self._models or not self._loads_ahead:
            return
        self._loads_ahead = False

        def load() -> None:
            with suppress(DetectorError), self._asking:
                self._loaded()

        Thread(target=load, daemon=True, name="desk-models").start()

    def _loaded(self) -> dict[str, Any]:
        from detector.pipeline import Workbench

        if not self._models:
            bench = Workbench(self.settings)
            self._models = {"encoder": bench.encoder, "nli": bench.nli, "nlp": bench.nlp}
        return self._models

    def stats(self, reviewer: str | None = None) -> StatsView:
        return stats_view(self.snapshot())

    def export(self, draft: ReportDraft, reviewer: str | None = None) -> Export:
        """Raises InputError: a chosen conflict is not in the run, or none of them can be in such a file."""
        from detector.review.exports import export

        return export(draft, self.snapshot(), now=self._clock())

    # Looking

    def look(self, reviewer: str | None) -> SinceLook:
        """What happened since the reviewer last said to have looked."""
        return self._since(self.snapshot(), reviewer).told

    def looked(self, reviewer: str) -> SinceLook:
        """From now on everything that is there counts as seen by the reviewer."""
        snapshot = self.snapshot()
        if snapshot is not None:
            seen = {row.conflict_id: row.evidence for row in snapshot.rows}
            self.store.looks.put(Look(reviewer, self._clock(), snapshot.base.run.run_id, seen))
        return self.look(reviewer)

    def _since(self, snapshot: Snapshot | None, reviewer: str | None) -> Since:
        """Worked out once for each state of the desk and each look."""
        at = self.store.looks.at(reviewer) if snapshot is not None and reviewer is not None else None
        if snapshot is None or reviewer is None or at is None:
            return Since(reviewer)
        known = self._known.get(reviewer)
        if known is not None and known[0] is snapshot and known[1].at == at:
            return known[2]
        look = known[1] if known is not None and known[1].at == at else self.store.looks.get(reviewer)
        if look is None:
            return Since(reviewer)
        held = since(snapshot, look, reviewer)
        self._known[reviewer] = (snapshot, look, held)
        return held

    # Runs

    def progress(self) -> RunProgress:
        return self._watch.progress()

    def start_run(self) -> RunProgress:
        """Raises RunGoingOn: one is going on, here or elsewhere."""
        self._watch.start()
        return self._watch.progress()

    # Recording

    def decide(self, conflict_id: str, asked: DecideRequest, reviewer: str) -> Recorded:
        """Raises ConflictChanged: the evidence is not the one that was shown. InputError: unknown conflict."""
        row, snapshot = self._row(conflict_id)
        if asked.evidence_hash != row.evidence:
            raise ConflictChanged(
                "the evidence changed since this page was opened; read it again, then decide (nothing was recorded)"
            )
        other = require_row(snapshot, asked.duplicate_of).conflict if asked.duplicate_of else None
        review = make_review(
            row.conflict,
            snapshot.base.statements,
            reviewer=reviewer,
            now=self._clock(),
            decision=asked.decision,
            reason=asked.reason,
            note=asked.note,
            other=other,
        )
        return self._record(review, f"{decision_words(review)}.")

    def note(self, conflict_id: str, asked: NoteRequest, reviewer: str) -> Recorded:
        review = self._reviewed(conflict_id, reviewer, action="note", note=asked.note)
        return self._record(review, "Note kept.")

    def split(self, conflict_id: str, asked: SplitRequest, reviewer: str) -> Recorded:
        review = self._reviewed(conflict_id, reviewer, action="split", note=asked.note, statement_id=asked.statement_id)
        return self._record(review, "Taken off its side.")

    def move(self, conflict_id: str, asked: MoveRequest, reviewer: str) -> Recorded:
        review = self._reviewed(
            conflict_id,
            reviewer,
            action="move",
            note=asked.note,
            statement_id=asked.statement_id,
            to_side=asked.to_side,
        )
        return self._record(review, "Moved to the other side.")

    def merge(self, conflict_id: str, asked: MergeRequest, reviewer: str) -> Recorded:
        row, snapshot = self._row(conflict_id)
        review = make_review(
            row.conflict,
            snapshot.base.statements,
            reviewer=reviewer,
            now=self._clock(),
            action="merge",
            note=asked.note,
            other=require_row(snapshot, asked.other_id).conflict,
        )
        return self._record(review, "Merged: the two are one conflict now.")

    def undo(self, conflict_id: str, asked: UndoRequest, reviewer: str) -> Recorded:
        """Take back one record of a conflict, also of one that a correction took off the list.

        Raises InputError: there is nothing to take back, or it is another's to take back.
        """
        snapshot = self.snapshot()
        if snapshot is None:
            raise Unknown(f"{conflict_id}: no run has succeeded yet; make one with `detector run`")
        review = _to_undo(snapshot, conflict_id, asked.review_id, reviewer)
        what = decision_words(review).lower() if review.action == "decide" else review.action
        return self._record(
            make_undo(review, reviewer=reviewer, now=self._clock()), f"Taken back: {what}.", conflict_id=conflict_id
        )

    def _row(self, conflict_id: str) -> tuple[Row, Snapshot]:
        snapshot = self.snapshot()
        row = require_row(snapshot, conflict_id)
        assert snapshot is not None
        return row, snapshot

    def _reviewed(self, conflict_id: str, reviewer: str, **what: Any) -> Review:
        row, snapshot = self._row(conflict_id)
        return make_review(row.conflict, snapshot.base.statements, reviewer=reviewer, now=self._clock(), **what)

    def _record(self, review: Review, words: str, *, conflict_id: str | None = None) -> Recorded:
        self.store.reviews.add([review])
        snapshot = self.snapshot()
        assert snapshot is not None
        shown = conflict_id or review.conflict_id
        row = snapshot.by_id.get(shown)
        gone = next((one for one in snapshot.corrected.departures if one.conflict.conflict_id == shown), None)
        if row is None and gone is not None:
            words += f" The conflict is off the list: {gone.reason}."
        return Recorded(
            review_id=review.review_id,
            conflict_id=shown,
            review=summary_of(shown, snapshot, review.reviewer),
            next_id=_next_todo(snapshot, row),
            todo=todo_count(snapshot),
            words=words,
            departed=row is None,
            into=gone.into if gone is not None else None,
        )


def _to_undo(snapshot: Snapshot, conflict_id: str, review_id: str | None, reviewer: str) -> Review:
    """The record to take back: the one named, else the reviewer's last of this conflict that stands."""
    taken_back = undone(snapshot.reviews)
    of_conflict = list(snapshot.state(conflict_id).reviews)
    known = {review.review_id for review in of_conflict}
    for review in snapshot.reviews:
        touches = conflict_id in (review.conflict_id, review.other_id if review.action in CORRECTIONS else None)
        if touches and review.review_id not in known:
            of_conflict.append(review)
    stands = [one for one in of_conflict if one.action != "undo" and one.review_id not in taken_back]
    if review_id is None:
        own = [one for one in stands if one.reviewer == reviewer]
        if not own:
            raise InputError("there is nothing of yours to take back here")
        return max(own, key=lambda one: one.created_at)
    found = next((one for one in stands if one.review_id == review_id), None)
    if found is None:
        raise Unknown(f"{review_id}: no record of this conflict that stands; load the page again")
    if not may_undo(found, reviewer):
        raise InputError(f"{review_id}: a decision of {found.reviewer}; only they can take it back")
    return found


def _next_todo(snapshot: Snapshot, row: Row | None) -> str | None:
    """The next conflict still to do, by rank, from the top again after the last."""
    rank = row.rank if row is not None else 0
    others = [*snapshot.rows[rank:], *snapshot.rows[: max(rank - 1, 0)]]
    return next((one.conflict_id for one in others if "todo" in snapshot.marks[one.conflict_id]), None)


def _beside(row: Row, snapshot: Snapshot, filters: QueueFilters, held: Since) -> tuple[str | None, str | None]:
    """The conflicts before and after one in the list that the filters give; the conflict itself need not be in it."""
    rows = matching(snapshot, filters, held)
    places = {one.conflict_id: number for number, one in enumerate(rows)}
    if row.conflict_id not in places:
        rows = ordered(sorted([*rows, row], key=lambda one: one.rank), filters, snapshot)
        places = {one.conflict_id: number for number, one in enumerate(rows)}
    place = places[row.conflict_id]
    before = rows[place - 1].conflict_id if place > 0 else None
    after = rows[place + 1].conflict_id if place + 1 < len(rows) else None
    if after is None and filters.state in ("todo", "open") and place > 0:
        after = rows[0].conflict_id
    return before, after
