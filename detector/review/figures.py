"""Where the desk stands: how much is decided, by whom, and how far reviewers agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from detector.decisions.precision import stats_of
from detector.decisions.states import orphans, standing
from detector.decisions.values import Stats
from detector.records import Review
from detector.report.wording import KIND_WORDS, LANE_WORDS, REASON_WORDS, day, moment_words, one_line
from detector.review.answers import (
    DepartedLine,
    Disagreement,
    PrecisionLine,
    ReviewerLine,
    StatsView,
)
from detector.review.queue import DECISION_WORDS, DECISIONS, REASONS, decision_words, run_line
from detector.review.snapshot import Snapshot
from detector.review.values import (
    Choice,
)

MOST_DAYS = 30
MOST_DISAGREEMENTS = 100


def stats_view(snapshot: Snapshot | None) -> StatsView:
    """Counts of the run that is shown; decisions on questions of earlier runs count in the agreement."""
    reviews = snapshot.reviews if snapshot is not None else ()
    decided = [one for one in standing(reviews) if one.action == "decide"]
    states = (
        Counter(state for row in snapshot.rows for state in snapshot.marks[row.conflict_id]) if snapshot else Counter()
    )
    stats = _stats(snapshot)
    tally = Counter(one.decision for one in decided)
    reasons = Counter(one.reason for one in decided)
    days = Counter(one.created_at.date() for one in decided)
    return StatsView(
        run=run_line(snapshot),
        total=states["all"],
        todo=states["todo"],
        decided=states["decided"],
        stale=states["stale"],
        disputed=states["disputed"],
        decisions=tuple(Choice(value=one, words=DECISION_WORDS[one], count=tally[one]) for one in DECISIONS),
        reasons=tuple(Choice(value=one, words=REASON_WORDS[one], count=reasons[one]) for one in REASONS),
        reviewers=_reviewers(decided),
        alpha=stats.alpha,
        alpha_words=_alpha_words(stats),
        shared=stats.judged_twice,
        disagreements=_disagreements(snapshot),
        days=tuple(
            Choice(value=one.isoformat(), words=_day_words(one, decided), count=days[one])
            for one in sorted(days, reverse=True)[:MOST_DAYS]
        ),
        departed=_departed(snapshot),
        precision=_precision(stats),
    )


def _precision(stats: Stats) -> tuple[PrecisionLine, ...]:
    """All, then kinds and lanes, those with most decisions first; factors are the ranking's matter."""
    words: dict[str, str] = {str(name): said for name, said in [*KIND_WORDS.items(), *LANE_WORDS.items()]}
    kept = [one for one in stats.precision if one.of != "factor" and one.rate is not None]
    order = {"all": 0, "kind": 1, "lane": 2}
    return tuple(
        PrecisionLine(
            of=one.of,
            name=one.name,
            words="All" if one.of == "all" else words.get(one.name, one.name),
            confirmed=one.confirmed,
            rejected=one.rejected,
            rate=one.rate,
            low=one.low,
            high=one.high,
        )
        for one in sorted(kept, key=lambda one: (order[one.of], -one.confirmed - one.rejected, one.name))
    )


def _stats(snapshot: Snapshot | None) -> Stats:
    if snapshot is None:
        return stats_of({})
    conflicts = snapshot.outcome.conflicts
    return stats_of(snapshot.states, orphans(conflicts, snapshot.base.statements, snapshot.reviews))


def _day_words(wanted: date, decided: Sequence[Review]) -> str:
    return day(next(one.created_at for one in decided if one.created_at.date() == wanted))


def _alpha_words(stats: Stats) -> str:
    if stats.judged_twice == 0:
        return "No conflict was decided by two reviewers yet."
    if stats.alpha is None:
        return "Reviewers gave one and the same decision everywhere: agreement beyond chance cannot be told."
    level = "good" if stats.alpha >= 0.8 else "tentative" if stats.alpha >= 0.667 else "low"
    return f"Agreement is {level} (Krippendorff's alpha; 1 is full agreement, 0 what chance gives)."


def _reviewers(decided: Sequence[Review]) -> tuple[ReviewerLine, ...]:
    of: dict[str, list[Review]] = defaultdict(list)
    for one in decided:
        of[one.reviewer].append(one)
    lines = []
    for name, own in of.items():
        tally = Counter(one.decision for one in own)
        last = max(one.created_at for one in own)
        lines.append(
            ReviewerLine(
                reviewer=one_line(name),
                decisions=len(own),
                confirmed=tally["confirmed"],
                rejected=tally["rejected"],
                unclear=tally["unclear"],
                duplicate=tally["duplicate"],
                last_at=last,
                when=moment_words(last),
            )
        )
    return tuple(sorted(lines, key=lambda line: (-line.decisions, line.reviewer.casefold())))


def _disagreements(snapshot: Snapshot | None) -> tuple[Disagreement, ...]:
    if snapshot is None:
        return ()
    rows = [row for row in snapshot.rows if snapshot.state(row.conflict_id).disputed]
    return tuple(
        Disagreement(
            conflict_id=row.conflict_id,
            rank=row.rank,
            question=one_line(row.conflict.question),
            decisions=tuple(
                f"{one_line(name)}: {decision_words(review).lower()}"
                for name, review in snapshot.state(row.conflict_id).by_reviewer
            ),
        )
        for row in rows[:MOST_DISAGREEMENTS]
    )


def _departed(snapshot: Snapshot | None) -> tuple[DepartedLine, ...]:
    """What corrections took off the list, the latest first."""
    gone = snapshot.corrected.departures if snapshot is not None else ()
    return tuple(
        DepartedLine(
            conflict_id=one.conflict.conflict_id,
            question=one_line(one.conflict.question),
            words=f"{one_line(one.review.reviewer)}: {one.reason}",
            into=one.into,
            review_id=one.review.review_id,
            when=moment_words(one.review.created_at),
        )
        for one in sorted(gone, key=lambda one: one.review.created_at, reverse=True)
    )
