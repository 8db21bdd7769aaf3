"""The last run as the desk holds it in memory: loaded once a run, brought up to date by each review."""

from __future__ import annotations

import gc
import logging
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from threading import Lock, Thread
from types import MappingProxyType

from detector.api import with_reviews
from detector.decisions.states import review_states
from detector.decisions.values import Corrected, ReviewState
from detector.errors import DetectorError, InputError
from detector.records import (
    Agreement,
    Article,
    Conflict,
    Outcome,
    PairFinding,
    Review,
    Run,
    Side,
    Statement,
    digest,
    reading_order,
)
from detector.store import Store

_log = logging.getLogger("detector.review")
ARTICLES_KEPT = 2_000
"""Texts held at once, those read last: some 20 MB. A page of the desk needs a few dozen."""
PATIENCE_SECONDS = 0.5
"""How long a page waits for a new run before it shows the one before once more."""
PLAIN: frozenset[str] = frozenset(("decide", "note"))
"""Actions that change the state of one conflict and nothing else."""


@dataclass(frozen=True, slots=True)
class ArticleCard:
    """What the queue needs of an article: all but its text."""

    article_id: str
    revision: int
    outlet_id: str
    title: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One conflict as the queue filters it; `haystack` is everything that a search looks at, folded."""

    conflict_id: str
    conflict: Conflict
    rank: int
    sides: tuple[Side, ...]
    outlet_ids: frozenset[str]
    earliest: datetime | None
    newest: datetime | None
    haystack: str
    evidence: str


class Articles(Mapping[str, Article]):
    """Articles by id, in the revision that the run used; texts are read when they are needed and some are kept."""

    def __init__(self, store: Store, revisions: Mapping[str, int], names: Mapping[str, str]) -> None:
        self._store = store
        self._revisions = revisions
        self._names = names
        self._kept: OrderedDict[tuple[str, int], Article] = OrderedDict()
        self._lock = Lock()

    def __getitem__(self, article_id: str) -> Article:
        return self.of(article_id, self._revisions[article_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._revisions)

    def __len__(self) -> int:
        return len(self._revisions)

    def revision(self, article_id: str) -> int | None:
        """The revision that the run used, None for an article that it did not know."""
        return self._revisions.get(article_id)

    def of(self, article_id: str, revision: int) -> Article:
        """One revision, under the name that most articles of its outlet use. Raises InputError: there is none."""
        key = (article_id, revision)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._store.article(article_id, revision=revision)
        found = replace(found, outlet=self._names.get(found.outlet_id, found.outlet))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > ARTICLES_KEPT:
                self._kept.popitem(last=False)
        return found


@dataclass(frozen=True)
class Base:
    """What a run found, as it was stored, and what is needed to show it."""

    run: Run
    outcome: Outcome
    statements: Mapping[str, Statement]
    cards: Mapping[str, ArticleCard]
    names: Mapping[str, str]
    articles: Articles = field(repr=False)


def load_base(store: Store, run: Run) -> Base:
    """Everything of one run but the texts of its articles."""
    outcome = store.outcome(run.run_id)
    named = {one for conflict in outcome.conflicts for side in conflict.sides for one in side.statement_ids}
    named |= {one for agreement in outcome.agreements for one in agreement.statement_ids}
    statements = store.statements_by_id(named)
    heads: dict[str, ArticleCard] = {}
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for article in store.articles():
        heads[article.article_id] = ArticleCard(
            article.article_id, article.revision, article.outlet_id, article.title, article.published_at
        )
        used[article.outlet_id][article.outlet] += 1
    names = {key: min(found, key=lambda name: (-found[name], name)) for key, found in used.items()}
    revisions = {key: card.revision for key, card in heads.items()}
    revisions.update({one.article_id: one.revision for one in statements.values()})
    return Base(run, outcome, statements, heads, names, Articles(store, revisions, names))


def evidence_of(conflict: Conflict) -> str:
    """Hash of what is shown as evidence: which statements stand on which side."""
    sides = (" ".join(sorted(side.statement_ids)) for side in conflict.sides)
    return digest("evidence shown", conflict.question, *sorted(sides))


def shown_order(sides: Sequence[Side], names: Mapping[str, str]) -> tuple[Side, ...]:
    """The sides as reports order them."""

    def outlets(side: Side) -> tuple[str, ...]:
        known = {names.get(one, one) for one in side.outlet_ids}
        return tuple(sorted(known, key=lambda name: (name.casefold(), name)))

    return tuple(sides[place] for place in reading_order(sides, [outlets(side) for side in sides]))


@dataclass(frozen=True)
class Snapshot:
    """One state of the desk: a run, the reviews of it, and indexes. Never changed; a new review makes a new one."""

    base: Base
    corrected: Corrected
    reviews: tuple[Review, ...]
    states: Mapping[str, ReviewState]
    rows: tuple[Row, ...]

    @property
    def outcome(self) -> Outcome:
        return self.corrected.outcome

    @cached_property
    def by_id(self) -> Mapping[str, Row]:
        return MappingProxyType({row.conflict_id: row for row in self.rows})

    @cached_property
    def marks(self) -> Mapping[str, tuple[str, ...]]:
        """The states of the queue's filter that hold for each conflict."""
        return {row.conflict_id: marks_of(self.state(row.conflict_id)) for row in self.rows}

    @cached_property
    def findings(self) -> Mapping[str, PairFinding]:
        return {finding.pair.pair_id: finding for finding in self.outcome.findings}

    @cached_property
    def topics(self) -> Mapping[str, str]:
        return {topic.topic_id: topic.label for topic in self.outcome.topics}

    @cached_property
    def of_article(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the conflicts that rest on an article, by rank."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rows:
            for article_id in {self.base.statements[one].article_id for one in members_of(row.conflict)}:
                found[article_id].append(row.conflict_id)
        return {key: tuple(ids) for key, ids in found.items()}

    @cached_property
    def of_topic(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rows:
            if row.conflict.topic_id is not None:
                found[row.conflict.topic_id].append(row.conflict_id)
        return {key: tuple(ids) for key, ids in found.items()}

    @cached_property
    def agreements_of(self) -> Mapping[str, tuple[Agreement, ...]]:
        """Agreements with a statement of an article, by article id."""
        found: dict[str, list[Agreement]] = defaultdict(list)
        for agreement in self.outcome.agreements:
            for article_id in {self.base.statements[one].article_id for one in agreement.statement_ids}:
                found[article_id].append(agreement)
        return {key: tuple(kept) for key, kept in found.items()}

    @cached_property
    def repeated_by(self) -> frozenset[str]:
        """Conflicts that others are called a duplicate of."""
        return frozenset(state.duplicate_of for state in self.states.values() if state.duplicate_of)

    def state(self, conflict_id: str) -> ReviewState:
        return self.states.get(conflict_id) or ReviewState()

    def warmed(self) -> Snapshot:
        """The same, with its indexes made."""
        for index in (
            self.by_id,
            self.marks,
            self.findings,
            self.topics,
            self.of_article,
            self.of_topic,
            self.agreements_of,
        ):
            len(index)
        return self


def marks_of(state: ReviewState) -> tuple[str, ...]:
    """The states of the queue's filter that hold: to do is what is open or stale."""
    if not state.reviews:
        return ("todo", "open", "all")
    marks = ("all", state.status) if state.status == "decided" else ("todo", "all", state.status)
    return (*marks, "disputed") if state.disputed else marks


def members_of(conflict: Conflict) -> tuple[str, ...]:
    return tuple(one for side in conflict.sides for one in side.statement_ids)


def take(base: Base, reviews: Sequence[Review], *, like: Snapshot | None = None) -> Snapshot:
    """The run with all its reviews; rows of `like` that did not change are taken over."""
    done = with_reviews(base.run, base.outcome, statements=base.statements, articles=base.articles, reviews=reviews)
    conflicts = done.outcome.conflicts
    known = {row.conflict_id: row for row in like.rows} if like is not None and like.base is base else {}
    rows = tuple(_row(base, conflict, rank, known) for rank, conflict in enumerate(conflicts, start=1))
    states = review_states(conflicts, base.statements, reviews)
    return Snapshot(base, done, tuple(reviews), states, rows).warmed()


def extended(snapshot: Snapshot, reviews: Sequence[Review]) -> Snapshot | None:
    """The snapshot with further reviews, where each changes one conflict of the list and nothing else; else None."""
    if not all(_is_plain(review, snapshot) for review in reviews):
        return None
    states = dict(snapshot.states)
    for conflict_id in {review.conflict_id for review in reviews}:
        conflict = snapshot.by_id[conflict_id].conflict
        own = [*snapshot.state(conflict_id).reviews, *(one for one in reviews if one.conflict_id == conflict_id)]
        states |= review_states([conflict], snapshot.base.statements, own)
    made = replace(snapshot, reviews=(*snapshot.reviews, *reviews), states=states)
    touched = {review.conflict_id for review in reviews}
    made.__dict__["marks"] = {**snapshot.marks, **{one: marks_of(states[one]) for one in touched}}
    for name in ("by_id", "findings", "topics", "of_article", "of_topic", "agreements_of"):
        made.__dict__[name] = getattr(snapshot, name)
    return made


def _is_plain(review: Review, snapshot: Snapshot) -> bool:
    if review.conflict_id not in snapshot.by_id or review.action not in PLAIN or review.decision == "duplicate":
        return False
    # A new decision on a duplicate, or on what others repeat, may change where chains of duplicates end.
    state = snapshot.state(review.conflict_id)
    return state.duplicate_of is None and review.conflict_id not in snapshot.repeated_by


def _row(base: Base, conflict: Conflict, rank: int, known: Mapping[str, Row]) -> Row:
    row = known.get(conflict.conflict_id)
    if row is not None and (row.conflict is conflict or row.conflict == conflict):
        return row if row.rank == rank else replace(row, rank=rank)
    members = [base.statements[one] for one in members_of(conflict)]
    cards = [base.cards[one.article_id] for one in members if one.article_id in base.cards]
    dates = [card.published_at for card in cards if card.published_at is not None]
    outlet_ids = frozenset(one for side in conflict.sides for one in side.outlet_ids)
    said = [conflict.question, *(side.position for side in conflict.sides), *(one.text for one in members)]
    said += [base.names.get(one, one) for one in sorted(outlet_ids)]
    return Row(
        conflict_id=conflict.conflict_id,
        conflict=conflict,
        rank=rank,
        sides=shown_order(conflict.sides, base.names),
        outlet_ids=outlet_ids,
        earliest=min(dates, default=None),
        newest=max(dates, default=None),
        haystack="\n".join(said).casefold(),
        evidence=evidence_of(conflict),
    )


class Shelf:
    """Keeps the newest snapshot of a store. Reviews are taken in at once, a new run when it has been loaded.

    What was loaded is put out of the garbage collector's sight: looking through it takes longer than most answers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._snapshot: Snapshot | None = None
        self._loading: Thread | None = None

    def current(self) -> Snapshot | None:
        """The snapshot of now, None where no run has succeeded yet. Two short queries when nothing is new.

        While a new run is loaded behind it, the one before is shown; only the first run of all is waited for.
        """
        run = self._store.last_run()
        if run is None:
            return None
        held = self._snapshot
        if held is None:
            with self._lock:
                if self._snapshot is None:
                    self._snapshot = take(load_base(self._store, run), self._reviews(()))
                    gc.freeze()
        elif held.base.run.run_id != run.run_id:
            self._load_behind(run)
        return self._reviewed()

    def _reviewed(self) -> Snapshot | None:
        count = self._store.reviews.count()
        held = self._snapshot
        if held is None or len(held.reviews) == count:
            return held
        with self._lock:
            held = self._snapshot
            assert held is not None
            reviews = self._reviews(held.reviews)
            if reviews != held.reviews:
                new = reviews[len(held.reviews) :]
                quick = extended(held, new) if reviews[: len(held.reviews)] == held.reviews else None
                self._snapshot = quick if quick is not None else take(held.base, reviews, like=held)
            return self._snapshot

    def _load_behind(self, run: Run) -> None:
        """Load a run in a thread. Whoever starts it waits a moment, since most stores are small."""

        def load() -> None:
            try:
                base = load_base(self._store, run)
                with self._lock:
                    self._snapshot = take(base, self._reviews(()))
                gc.freeze()
            except DetectorError as error:
                _log.error("a run could not be loaded", extra={"run": run.run_id, "reason": str(error)})

        with self._lock:
            if self._loading is not None and self._loading.is_alive():
                return
            self._loading = Thread(target=load, daemon=True, name="desk-run")
            self._loading.start()
            started = self._loading
        started.join(PATIENCE_SECONDS)

    def _reviews(self, held: Sequence[Review]) -> tuple[Review, ...]:
        """All reviews in the order recorded; only those not held are read."""
        if not held:
            return tuple(self._store.reviews.all())
        known = {review.review_id: review for review in held}
        return tuple(known.get(one) or self._store.reviews.get(one) for one in self._store.reviews.ids())


class Unknown(InputError):
    """What is asked for is not there."""


class Departed(Unknown):
    """A correction took the conflict off the list; `into` is where it went, if anywhere."""

    def __init__(self, line: str, *, into: str | None) -> None:
        super().__init__(line)
        self.into = into


def require_row(snapshot: Snapshot | None, conflict_id: str) -> Row:
    """Raises Unknown: the run has no such conflict; where it went is said when that is known."""
    row = snapshot.by_id.get(conflict_id) if snapshot is not None else None
    if snapshot is None or row is None:
        gone = next(
            (one for one in snapshot.corrected.departures if one.conflict.conflict_id == conflict_id)
            if snapshot is not None
            else iter(()),
            None,
        )
        if gone is not None:
            where = f"; it went into {gone.into}" if gone.into else ""
            raise Departed(f"{conflict_id}: off the list, {gone.reason}{where}", into=gone.into)
        raise Unknown(f"{conflict_id}: no conflict of this id in the last run; open the queue to see them")
    return row
