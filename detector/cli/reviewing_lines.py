"""What the reviewing commands print, as lines of plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from detector.decisions.exchange import Imported
from detector.decisions.states import undone
from detector.decisions.values import Departure, EvidenceChange, Precision, ReviewState, Stats
from detector.records import Review, SeenStatement
from detector.report.values import Entry, ShownSide, ShownStatement
from detector.report.wording import (
    KIND_WORDS,
    LANE_WORDS,
    clipped,
    count_words,
    listed,
    moment_words,
    one_line,
    quoted,
    repeats_statement,
)
from detector.screens import wrapped

SHORT_ID = 8
_ACTIONS = {"note": "note", "split": "split off", "move": "moved", "merge": "merged", "undo": "took back"}


def count_line(states: Iterable[ReviewState]) -> str:
    """ "12 questions: 8 open, 2 changed since they were decided, 2 decided (1 confirmed, 1 rejected)"."""
    held = list(states)
    by_status = Counter(state.status for state in held)
    decisions = Counter(state.decision for state in held if state.status == "decided" and state.decision)
    parts = [f"{by_status['open']} open"]
    if by_status["stale"]:
        parts.append(f"{by_status['stale']} changed since decided")
    told = ", ".join(f"{count} {word}" for word, count in sorted(decisions.items()))
    parts.append(f"{by_status['decided']} decided" + (f" ({told})" if told else ""))
    if disputed := sum(state.disputed for state in held):
        parts.append(f"{disputed} disputed")
    return f"{count_words(len(held), 'question')}: {', '.join(parts)}"


def queue_lines(entries: Sequence[Entry], states: Mapping[str, ReviewState]) -> list[str]:
    """Two or three lines an entry: rank, state and question; then what tells entries apart."""
    lines: list[str] = []
    for entry in entries:
        state = states[entry.conflict_id]
        lines += wrapped(f"{entry.rank:>3}  {one_line(entry.question)}", hanging=5)
        lane = "" if entry.lane == "conflict" else f"{LANE_WORDS[entry.lane].lower()}, "
        sides = " : ".join(listed(side.outlets, most=3) for side in entry.sides)
        lines += wrapped(
            f"{status_words(state)} · {lane}{KIND_WORDS[entry.kind].lower()} · {entry.conflict_id[:SHORT_ID]}", indent=5
        )
        lines += wrapped(sides, indent=5)
    return lines


def status_words(state: ReviewState) -> str:
    """ "open", "confirmed by Ada", "disputed: confirmed by Ada, rejected by Bo", "changed since confirmed by Ada"."""
    if state.review is None:
        return "open"
    votes = [f"{review.decision} by {one_line(name)}" for name, review in state.by_reviewer]
    told = f"disputed: {', '.join(votes)}" if state.disputed else listed(votes)
    return f"changed since: {told}" if state.status == "stale" else told


def entry_lines(entry: Entry) -> list[str]:
    """The question with its sides and statements, each with the label by which split and move know it."""
    lines = wrapped(f"{entry.rank}. {one_line(entry.question)}", hanging=3)
    lines += wrapped(
        f"{LANE_WORDS[entry.lane]} · {KIND_WORDS[entry.kind].lower()} · {entry.conflict_id}", indent=3, hanging=2
    )
    for side in entry.sides:
        repeats = repeats_statement(side.position, side.statements)
        heading = listed(side.outlets, most=3) if repeats else clipped(side.position, 160)
        lines += wrapped(f"{side.label}  {heading}", hanging=3)
        for label, statement in labelled(side):
            when = moment_words(statement.article.published_at)
            said = f"{label}  {quoted(clipped(statement.text, 160))} — {one_line(statement.outlet)}, {when}"
            lines += wrapped(said, indent=3, hanging=4)
    return lines


def labelled(side: ShownSide) -> list[tuple[str, ShownStatement]]:
    return [(f"{side.label}{number}", one) for number, one in enumerate(side.statements, start=1)]


def review_lines(review: Review, *, undone_by: Review | None = None, now_in: str | None = "") -> list[str]:
    """One review: when, who, what, of which question; `now_in` is the conflict it is in now, None for none."""
    what = review_words(review)
    head = f"{moment_words(review.created_at)}  {one_line(review.reviewer)}: {what}  [{review.review_id[:SHORT_ID]}]"
    lines = wrapped(head, hanging=4)
    if undone_by is not None:
        when = moment_words(undone_by.created_at)
        lines += wrapped(f"taken back by {one_line(undone_by.reviewer)}, {when}", indent=4)
    if review.note:
        lines += wrapped(f"note: {one_line(review.note)}", indent=4, hanging=6)
    if now_in != "":
        where = f"conflict {now_in[:SHORT_ID]}" if now_in else "in no conflict now"
        lines += wrapped(f"{one_line(review.question)} ({where})", indent=4)
    return lines


def history_lines(
    reviews: Sequence[Review],
    *,
    all_reviews: Sequence[Review],
    homes: Mapping[str, str] | None,
    departures: Sequence[Departure],
    state: ReviewState | None,
    outlets: Mapping[str, str],
) -> list[str]:
    """The reviews, then what changed since the decision, or which conflicts left the list; `homes` where of several."""
    by_undone = {one.other_id: one for one in all_reviews if one.action == "undo"}
    taken_back = undone(all_reviews)
    lines: list[str] = []
    for review in reviews:
        undone_by = by_undone.get(review.review_id) if review.review_id in taken_back else None
        lines += review_lines(review, undone_by=undone_by, now_in="" if homes is None else homes.get(review.review_id))
    if state is not None:
        lines += change_lines(state.change, outlets)
    for gone in departures:
        why = f"merged into {gone.into[:SHORT_ID]}" if gone.into else gone.reason
        words = f"Left the list: {one_line(gone.conflict.question)} ({gone.conflict.conflict_id[:SHORT_ID]}): {why}"
        lines += wrapped(words, hanging=2)
    return lines or ["Nothing was recorded yet."]


def review_words(review: Review) -> str:
    if review.action == "decide":
        of = f" of {(review.other_id or '')[:SHORT_ID]}" if review.decision == "duplicate" else ""
        return f"{review.decision}{of}" + (f" ({review.reason.replace('-', ' ')})" if review.reason else "")
    words = _ACTIONS[review.action]
    if review.action in ("merge", "undo"):
        return f"{words} {(review.other_id or '')[:SHORT_ID]}"
    if review.action in ("split", "move"):
        said = next((one.text for one in review.seen if one.statement_id == review.statement_id), "")
        return f"{words} {quoted(clipped(said, 80))}"
    return words


def change_lines(change: EvidenceChange | None, outlets: Mapping[str, str]) -> list[str]:
    """What changed since the decision, a line each; nothing when nothing did."""
    if change is None or change.is_empty:
        return []
    reworded = {one.statement_id for pair in change.reworded for one in pair}
    lines = ["Changed since the decision:"]
    for before, after in change.reworded:
        lines += wrapped(f"- {_outlet(before, outlets)} reworded {_said(before)}", indent=2, hanging=2)
        lines += wrapped(f"  into {_said(after)}", indent=2, hanging=2)
    for sign, words, found in (("+", "new", change.added), ("-", "gone", change.removed), ("~", "moved", change.moved)):
        for one in found:
            if one.statement_id not in reworded or words == "moved":
                lines += wrapped(f"{sign} {words}: {_outlet(one, outlets)} {_said(one)}", indent=2, hanging=2)
    if change.sides_gone:
        lines += wrapped(f"- {count_words(len(change.sides_gone), 'side')} of then no longer there", indent=2)
    return lines


def _outlet(one: SeenStatement, outlets: Mapping[str, str]) -> str:
    return one_line(outlets.get(one.outlet_id, one.outlet_id))


def _said(one: SeenStatement) -> str:
    return quoted(clipped(one.text, 120))


def import_lines(made: Imported) -> list[str]:
    counts = [f"{count_words(len(made.reviews), 'review')} recorded"]
    if made.unchanged:
        counts.append(f"{made.unchanged} recorded already")
    if made.empty:
        counts.append(f"{count_words(made.empty, 'row')} not filled in")
    if made.problems:
        counts.append(f"{count_words(len(made.problems), 'bad row')}")
    lines = [", ".join(counts)]
    if made.waiting:
        lines += wrapped(
            f"{count_words(made.waiting, 'question')} of them in no conflict of the last run: kept, shown by `detector history`, "
            "and counted again when the question comes back"
        )
    for problem in made.problems:
        lines += wrapped(f"line {problem.line}: {one_line(problem.reason)}", hanging=2)
    return lines


def stats_lines(stats: Stats) -> list[str]:
    """Precision by sort with intervals, then how far reviewers agree."""
    if not stats.reviewers:
        return ["No question has been decided yet; `detector queue` shows what to begin with."]
    words: dict[str, str] = {str(name): said for name, said in [*KIND_WORDS.items(), *LANE_WORDS.items()]}
    names = ["All questions" if one.of == "all" else words.get(one.name, one.name) for one in stats.precision]
    width = max(map(len, names)) + 1
    lines = [f"{'':<{width}} confirmed rejected unclear duplicate  precision (95 %)"]
    heading = ""
    for one, name in zip(stats.precision, names, strict=True):
        if one.of != heading and one.of != "all":
            lines += ["", f"By {one.of}"]
        heading = one.of
        lines.append(
            f"{name:<{width}} {one.confirmed:>9} {one.rejected:>8} {one.unclear:>7} {one.duplicate:>9}  {_rate(one)}"
        )
    lines += ["", f"Decisions: {', '.join(f'{one_line(name)} {count}' for name, count in stats.reviewers)}"]
    if stats.reasons:
        told = ", ".join(f"{reason.replace('-', ' ')} {count}" for reason, count in stats.reasons)
        lines.append(f"Rejected because: {told}")
    lines += wrapped(_agreement(stats))
    return [line.rstrip() for line in lines]


def _rate(one: Precision) -> str:
    if one.rate is None or one.low is None or one.high is None:
        return "—"
    return f"{one.rate:>4.0%}  ({one.low:.0%} to {one.high:.0%})".replace("%", " %")


def _agreement(stats: Stats) -> str:
    if not stats.judged_twice:
        return "Agreement: no question was decided by two reviewers yet."
    twice = (
        f"{count_words(stats.judged_twice, 'question')} decided by two reviewers or more, {stats.disputed} differently"
    )
    if stats.alpha is None:
        return f"Agreement: {twice}; Krippendorff's alpha is not defined while all decisions are the same."
    return f"Agreement: {twice}; Krippendorff's alpha {stats.alpha:.2f} (1 is full agreement, 0 is chance)."
