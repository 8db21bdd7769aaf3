"""The queue: rows narrowed by filters, counted for every value of every filter, a page of them shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any, get_args

from detector.records import Decision, Look, RejectReason, Review
from detector.report.wording import KIND_WORDS, LANE_WORDS, REASON_WORDS, moment_words, one_line, span_words
from detector.review.snapshot import Row, Snapshot
from detector.review.values import (
    Choice,
    Facets,
    QueueEntry,
    QueueFilters,
    QueuePage,
    ReviewSummary,
    RunLine,
    SideLine,
    SinceLook,
)

STATE_WORDS = {
    "todo": "To do",
    "open": "Open",
    "decided": "Decided",
    "stale": "Changed since decided",
    "disputed": "Reviewers differ",
    "all": "All",
}
DECISION_WORDS: dict[Decision, str] = {
    "confirmed": "Confirmed",
    "rejected": "Rejected",
    "unclear": "Unclear",
    "duplicate": "Duplicate",
}
_FACETS = ("state", "decision", "lane", "kind", "outlet", "topic", "reviewer")
_MOST_CHOICES = 200
_EARLIEST = datetime.min.replace(tzinfo=UTC)


_FIRST_TIME = SinceLook(at=None, when="", new=0, changed=0, gone=0, decided_by_others=0, words="")


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since a reviewer last looked, by conflict; without a look nothing is new."""

    reviewer: str | None = None
    new: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    told: SinceLook = _FIRST_TIME


def since(snapshot: Snapshot, look: Look | None, reviewer: str | None) -> Since:
    """Compares the list with what was there then; changed is what has other evidence or was reviewed by others."""
    if look is None:
        return Since(reviewer)
    by_others = {
        conflict_id: {review.action for review in state.reviews if _is_news(review, look)}
        for conflict_id, state in snapshot.states.items()
        if state.reviews
    }
    new, changed = set(), set()
    for row in snapshot.rows:
        seen = look.evidence.get(row.conflict_id)
        if seen is None:
            new.add(row.conflict_id)
        elif seen != row.evidence or by_others.get(row.conflict_id):
            changed.add(row.conflict_id)
    gone = len(look.evidence.keys() - snapshot.by_id.keys())
    decided = sum("decide" in actions for actions in by_others.values())
    facts = [(len(new), "new"), (len(changed), "changed"), (gone, "gone"), (decided, "decided by others")]
    said = ", ".join(f"{count:,} {what}" for count, what in facts if count) or "nothing new"
    when = moment_words(look.at)
    told = SinceLook(
        at=look.at,
        when=when,
        new=len(new),
        changed=len(changed),
        gone=gone,
        decided_by_others=decided,
        words=f"Since {when}: {said}",
    )
    return Since(reviewer, frozenset(new), frozenset(changed), told)


def _is_news(review: Review, look: Look) -> bool:
    return review.created_at > look.at and review.reviewer != look.reviewer


def queue_page(snapshot: Snapshot | None, filters: QueueFilters, held: Since) -> QueuePage:
    """One page of the rows that pass the filters, with the counts beside every filter."""
    rows = snapshot.rows if snapshot is not None else ()
    kept, counts = _sifted(snapshot, filters, held) if snapshot is not None else ([], _Counts())
    kept = ordered(kept, filters, snapshot)
    pages = max(1, -(-len(kept) // filters.size))
    page = min(filters.page, pages)
    shown = kept[(page - 1) * filters.size : page * filters.size]
    return QueuePage(
        entries=tuple(entry_of(row, snapshot, held) for row in shown) if snapshot is not None else (),
        total=len(kept),
        all=len(rows),
        page=page,
        pages=pages,
        size=filters.size,
        previous=page - 1 if page > 1 else None,
        next=page + 1 if page < pages else None,
        filters=filters,
        facets=_facets(snapshot, filters, counts),
        look=held.told,
        run=run_line(snapshot),
        reviews=len(snapshot.reviews) if snapshot is not None else 0,
    )


def matching(snapshot: Snapshot, filters: QueueFilters, held: Since) -> list[Row]:
    """All rows that pass the filters, in their order."""
    tests = list(_tests(snapshot, filters, held).values())
    return ordered([row for row in snapshot.rows if all(test(row) for test in tests)], filters, snapshot)


def ordered(rows: Sequence[Row], filters: QueueFilters, snapshot: Snapshot | None) -> list[Row]:
    if filters.order == "newest":
        return sorted(rows, key=lambda row: (row.newest or _EARLIEST, -row.rank), reverse=True)
    if filters.order == "changed" and snapshot is not None:
        return sorted(rows, key=lambda row: (_touched_at(row, snapshot), -row.rank), reverse=True)
    return list(rows)


def _touched_at(row: Row, snapshot: Snapshot) -> datetime:
    reviews = snapshot.state(row.conflict_id).reviews
    return reviews[-1].created_at if reviews else _EARLIEST


class _Counts(dict[str, Counter[str]]):
    """Counts by facet and value."""

    def __missing__(self, facet: str) -> Counter[str]:
        return self.setdefault(facet, Counter())


Test = Callable[[Row], bool]


def _tests(snapshot: Snapshot, filters: QueueFilters, held: Since) -> dict[str, Test]:
    """A test for each filter that is set."""
    tests: dict[str, Test] = {}
    if filters.state != "all":
        tests["state"] = lambda row: filters.state in snapshot.marks[row.conflict_id]
    if filters.decision is not None:
        tests["decision"] = lambda row: snapshot.state(row.conflict_id).decision == filters.decision
    if filters.lane is not None:
        tests["lane"] = lambda row: row.conflict.lane == filters.lane
    if filters.kind is not None:
        tests["kind"] = lambda row: row.conflict.kind == filters.kind
    if filters.outlet is not None:
        tests["outlet"] = lambda row: filters.outlet in row.outlet_ids
    if filters.topic is not None:
        tests["topic"] = lambda row: row.conflict.topic_id == filters.topic
    if filters.reviewer:
        tests["reviewer"] = lambda row: any(one == filters.reviewer for one in reviewers_of(snapshot, row))
    if filters.since is not None:
        tests["since"] = lambda row: (
            row.newest is not None and row.newest.date() >= (filters.since or row.newest.date())
        )
    if filters.until is not None:
        tests["until"] = lambda row: (
            row.newest is not None and row.newest.date() <= (filters.until or row.newest.date())
        )
    if words := filters.q.casefold().split():
        tests["q"] = lambda row: all(word in row.haystack or word == row.conflict_id for word in words)
    if filters.changed:
        tests["changed"] = lambda row: row.conflict_id in held.new or row.conflict_id in held.changed
    return tests


def _sifted(snapshot: Snapshot, filters: QueueFilters, held: Since) -> tuple[list[Row], _Counts]:
    """The rows that pass all filters, and for each facet the values of the rows that pass all but its own."""
    tests = list(_tests(snapshot, filters, held).items())
    kept: list[Row] = []
    tallied: dict[str, list[Row]] = {facet: [] for facet in _FACETS}
    for row in snapshot.rows:
        failed = ""
        for name, test in tests:
            if not test(row):
                if failed:
                    break
                failed = name
        else:
            if not failed:
                kept.append(row)
            elif failed in tallied:
                tallied[failed].append(row)
    counts = _Counts()
    values: dict[str, Callable[[Row], Iterable[str | None]]] = {
        "state": lambda row: snapshot.marks[row.conflict_id],
        "decision": lambda row: (snapshot.state(row.conflict_id).decision,),
        "lane": lambda row: (row.conflict.lane,),
        "kind": lambda row: (row.conflict.kind,),
        "outlet": lambda row: row.outlet_ids,
        "topic": lambda row: (row.conflict.topic_id,),
        "reviewer": lambda row: reviewers_of(snapshot, row),
    }
    for facet, value_of in values.items():
        passing = chain(kept, tallied[facet])
        tally = Counter(chain.from_iterable(map(value_of, passing)))
        counts[facet] = Counter({value: count for value, count in tally.items() if value is not None})
    return kept, counts


def reviewers_of(snapshot: Snapshot, row: Row) -> tuple[str, ...]:
    return tuple(name for name, _ in snapshot.state(row.conflict_id).by_reviewer)


def _facets(snapshot: Snapshot | None, filters: QueueFilters, counts: _Counts) -> Facets:
    names: Mapping[str, str] = snapshot.base.names if snapshot is not None else {}
    topics: Mapping[str, str] = snapshot.topics if snapshot is not None else {}

    def fixed(facet: str, words: Mapping[Any, str], chosen: str | None, *, empty: bool = False) -> tuple[Choice, ...]:
        return tuple(
            Choice(value=value, words=said, count=counts[facet][value], chosen=value == chosen)
            for value, said in words.items()
            if empty or counts[facet][value] or value == chosen
        )

    def found(facet: str, words: Callable[[str], str], chosen: str | None) -> tuple[Choice, ...]:
        known = dict(counts[facet])
        if chosen:
            known.setdefault(chosen, 0)
        most = sorted(known, key=lambda value: (value != chosen, -known[value], words(value).casefold()))
        return tuple(
            Choice(value=value, words=one_line(words(value)), count=known[value], chosen=value == chosen)
            for value in sorted(most[:_MOST_CHOICES], key=lambda value: words(value).casefold())
        )

    return Facets(
        states=fixed("state", STATE_WORDS, filters.state, empty=True),
        decisions=fixed("decision", DECISION_WORDS, filters.decision),
        lanes=fixed("lane", LANE_WORDS, filters.lane),
        kinds=fixed("kind", KIND_WORDS, filters.kind),
        outlets=found("outlet", lambda value: names.get(value, value), filters.outlet),
        topics=found("topic", lambda value: topics.get(value, value), filters.topic),
        reviewers=found("reviewer", str, filters.reviewer),
    )


def entry_of(row: Row, snapshot: Snapshot, held: Since) -> QueueEntry:
    conflict, names = row.conflict, snapshot.base.names
    known = [snapshot.findings[one] for one in conflict.pair_ids if one in snapshot.findings]
    sure = max((one.probability for one in known if one.relation == "contradicts"), default=0.0)
    return QueueEntry(
        conflict_id=conflict.conflict_id,
        rank=row.rank,
        score=round(conflict.score, 4) + 0.0,
        probability=round(sure, 4),
        question=one_line(conflict.question),
        kind=conflict.kind,
        kind_words=KIND_WORDS[conflict.kind],
        lane=conflict.lane,
        lane_words=LANE_WORDS[conflict.lane],
        topic_id=conflict.topic_id,
        topic=topic_of(row, snapshot),
        outlets=names_of(row.outlet_ids, names),
        sides=tuple(
            SideLine(
                label=label_of(place),
                position=one_line(side.position),
                outlets=names_of(side.outlet_ids, names),
                origins=side.origin_count,
                stance=side.stance,
            )
            for place, side in enumerate(row.sides)
        ),
        earliest=row.earliest,
        newest=row.newest,
        dates=span_words(row.earliest, row.newest),
        review=summary_of(row.conflict_id, snapshot, held.reviewer),
        new=row.conflict_id in held.new,
        changed=row.conflict_id in held.changed,
    )


def topic_of(row: Row, snapshot: Snapshot) -> str | None:
    label = snapshot.topics.get(row.conflict.topic_id or "")
    return one_line(label) if label is not None else None


def names_of(outlet_ids: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    known = {one_line(names.get(one, one)) for one in outlet_ids}
    return tuple(sorted(known, key=lambda name: (name.casefold(), name)))


def label_of(place: int) -> str:
    """A, B, C ... as in every report."""
    return chr(ord("A") + place) if place < 26 else f"A{place - 25}"


def summary_of(conflict_id: str, snapshot: Snapshot, reviewer: str | None) -> ReviewSummary:
    """Where the conflict stands among its reviewers."""
    state = snapshot.state(conflict_id)
    if not state.reviews:
        return ReviewSummary()
    latest = state.review
    own = dict(state.by_reviewer).get(reviewer or "")
    return ReviewSummary(
        state=state.status,
        decision=state.decision,
        reason=latest.reason if latest else None,
        words=_standing_words(state.status, latest, disputed=state.disputed),
        reviewers=tuple(name for name, _ in state.by_reviewer),
        disputed=state.disputed,
        notes=len(state.notes) + sum(bool(one.note) for _, one in state.by_reviewer),
        corrections=len(state.corrections),
        duplicate_of=state.duplicate_of,
        decided_at=latest.created_at if latest else None,
        when=moment_words(latest.created_at) if latest else "",
        mine=own.decision if own else None,
    )


def _standing_words(status: str, latest: Review | None, *, disputed: bool) -> str:
    if latest is None or latest.decision is None:
        return ""
    words = decision_words(latest) + f", by {one_line(latest.reviewer)}"
    if disputed:
        words += "; reviewers differ"
    return words + ("; the evidence changed since" if status == "stale" else "")


def decision_words(review: Review) -> str:
    """ "Rejected: an update": the decision with its reason."""
    said = DECISION_WORDS[review.decision] if review.decision else "No decision"
    return f"{said}: {REASON_WORDS[review.reason]}" if review.reason else said


def run_line(snapshot: Snapshot | None) -> RunLine | None:
    if snapshot is None:
        return None
    run = snapshot.base.run
    moment = run.finished_at or run.started_at
    return RunLine(
        run_id=run.run_id,
        finished_at=run.finished_at,
        when=moment_words(moment),
        articles=run.counts.get("articles", len(snapshot.base.cards)),
        outlets=run.counts.get("outlets", len(snapshot.base.names)),
        statements=run.counts.get("statements", len(snapshot.base.statements)),
        conflicts=len(snapshot.rows),
    )


def todo_count(snapshot: Snapshot) -> int:
    return sum("todo" in snapshot.marks[row.conflict_id] for row in snapshot.rows)


DECISIONS: tuple[Decision, ...] = get_args(Decision)
REASONS: tuple[RejectReason, ...] = get_args(RejectReason)
