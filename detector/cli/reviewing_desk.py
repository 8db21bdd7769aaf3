"""What the reviewing commands work on: the last run as people see it, and the things in it by the names people give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from detector.api import ReviewedRun, reviewed_run
from detector.cli.opening import opened_store
from detector.decisions.states import standing, undone
from detector.decisions.values import ReviewState
from detector.errors import InputError
from detector.records import Conflict, Review
from detector.report import build_report
from detector.report.values import Entry, ShownSide, ShownStatement
from detector.store import Store

_RANK = re.compile(r"#\d{1,5}|\d{1,4}")
_LABEL = re.compile(r"[A-Za-z]{1,2}\d{1,4}")
_SHORTEST = 4
"""Characters of an id's beginning that will do; fewer are a label or a slip."""


@dataclass(frozen=True)
class Desk:
    """The last run with all that people recorded; entries are numbered and labelled as in the report."""

    reviewed: ReviewedRun
    entries: Sequence[Entry]

    def entry(self, conflict_id: str) -> Entry:
        return next(entry for entry in self.entries if entry.conflict_id == conflict_id)

    def state(self, conflict_id: str) -> ReviewState:
        return self.reviewed.states[conflict_id]

    @cached_property
    def homes(self) -> dict[str, str]:
        """The conflict that each review belongs to now, by review id; those in none have no entry."""
        return {
            review.review_id: conflict_id
            for conflict_id, state in self.reviewed.states.items()
            for review in state.reviews
        }

    @property
    def outlets(self) -> dict[str, str]:
        """Names by outlet id."""
        return {article.outlet_id: article.outlet for article in self.reviewed.articles}

    def is_rank(self, name: str) -> bool:
        return _RANK.fullmatch(name) is not None

    def conflict(self, name: str) -> Conflict:
        """By rank ("3", "#3") or by the beginning of an id, also of an id that it had when it was reviewed.

        Raises InputError: it names nothing, or several.
        """
        conflicts = self.reviewed.outcome.conflicts
        if _RANK.fullmatch(name):
            rank = int(name.removeprefix("#"))
            if not 1 <= rank <= len(conflicts):
                listed = f"the list goes from 1 to {len(conflicts)}" if conflicts else "the last run found no question"
                raise InputError(f"{name}: no such rank; {listed} (`detector queue`)")
            return conflicts[rank - 1]
        homes = {conflict.conflict_id: conflict.conflict_id for conflict in conflicts}
        for review in self.reviewed.reviews:
            if home := self.homes.get(review.review_id):
                homes.setdefault(review.conflict_id, home)
        found = {homes[one] for one in _beginning(name, homes)}
        if len(found) != 1:
            raise _unfound(name, found, "conflict", "`detector queue` shows ranks and ids")
        return next(conflict for conflict in conflicts if conflict.conflict_id in found)

    def statement(self, entry: Entry, name: str) -> ShownStatement:
        """By its label ("B2") or by the beginning of its id. Raises InputError."""
        by_label = {f"{side.label}{n}": one for side in entry.sides for n, one in enumerate(side.statements, start=1)}
        if _LABEL.fullmatch(name) and name.upper() in by_label:
            return by_label[name.upper()]
        by_id = {one.statement_id: one for one in by_label.values()}
        found = _beginning(name, by_id)
        if len(found) != 1:
            told = f"`detector history {entry.rank}` shows them, from {min(by_label)} on"
            raise _unfound(name, found, "statement of this conflict", told)
        return by_id[found[0]]

    def side(self, entry: Entry, name: str) -> ShownSide:
        """By its letter, or by a statement on it. Raises InputError."""
        for side in entry.sides:
            if name.upper() == side.label:
                return side
        wanted = self.statement(entry, name)
        return next(side for side in entry.sides if wanted in side.statements)

    def review(self, name: str, reviewer: str) -> Review:
        """By the beginning of its id, or the reviewer's latest standing one on the conflict named. Raises InputError."""
        by_id = {review.review_id: review for review in self.reviewed.reviews}
        found = [] if _RANK.fullmatch(name) else _beginning(name, by_id)
        if len(found) == 1:
            return self._not_undone(by_id[found[0]])
        if len(found) > 1:
            raise _unfound(name, found, "review", "`detector history` shows them")
        own = [one for one in standing(self.reviews_of(name)) if one.reviewer == reviewer]
        if not own:
            raise InputError(f"{name}: nothing by {reviewer} stands on it; `detector history` shows all")
        return own[-1]

    def reviews_of(self, name: str) -> Sequence[Review]:
        """Reviews of the conflict named, also of one that is not in the list now. Raises InputError."""
        ids = _beginning(name, (review.conflict_id for review in self.reviewed.orphans))
        if len(ids) == 1 and not _RANK.fullmatch(name):
            return [review for review in self.reviewed.orphans if review.conflict_id == ids[0]]
        return self.state(self.conflict(name).conflict_id).reviews

    def is_gone(self, review: Review) -> bool:
        """Whether its question is in no conflict now."""
        return review.review_id not in self.homes

    def _not_undone(self, review: Review) -> Review:
        if review.review_id in undone(self.reviewed.reviews):
            raise InputError(f"{review.review_id}: taken back already; take back the undo to have it again")
        return review


def open_desk(store: str | None) -> Desk:
    """Read-only, so that reading commands work while a run goes on and change nothing."""
    with opened_store(store, read_only=True) as opened:
        return desk_of(opened)


def desk_of(store: Store) -> Desk:
    """Raises InputError: no run has succeeded yet."""
    last = store.last_run()
    if last is None:
        raise InputError(f"{store.where}: no run has succeeded yet; make one with `detector run PATH`")
    reviewed = reviewed_run(store, last)
    report = build_report(
        run=last,
        outcome=reviewed.outcome,
        articles=reviewed.articles,
        statements=list(reviewed.statements.values()),
        states=reviewed.states,
    )
    return Desk(reviewed, report.entries)


def record(store: str | None, reviews: Sequence[Review]) -> None:
    with opened_store(store) as opened:
        opened.reviews.add(reviews)


def _beginning(name: str, known: Iterable[str]) -> list[str]:
    return sorted({one for one in known if one.startswith(name)}) if len(name) >= _SHORTEST else []


def _unfound(name: str, found: Iterable[str], sort: str, remedy: str) -> InputError:
    several = sorted(found)
    if several:
        return InputError(f"{name}: {len(several)} ids begin with this; give more of it, for instance {several[0]}")
    if len(name) < _SHORTEST:
        return InputError(
            f"{name or 'an empty name'}: no {sort}; expected at least {_SHORTEST} characters of an id; {remedy}"
        )
    return InputError(f"{name[:40]}: no {sort} has this id; {remedy}")
