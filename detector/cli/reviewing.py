"""Commands of reviewers: queue, decide, split, move, merge, undo, history, stats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.app import app
from detector.cli.opening import opened_store
from detector.cli.options import JsonOption, Lanes, QuietOption, StoreOption
from detector.cli.output import fail_if, print_lines, say, write_whole
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.cli.reviewing_desk import Desk
    from detector.decisions.exchange import Imported
    from detector.records import Conflict, Review
    from detector.report.values import Entry

REVIEWER_VARIABLE = "DETECTOR_REVIEWER"


class Decisions(StrEnum):
    confirmed = "confirmed"
    rejected = "rejected"
    unclear = "unclear"
    duplicate = "duplicate"


class Reasons(StrEnum):
    not_same_matter = "not-same-matter"
    update = "update"
    quote = "quote"
    numbers_compatible = "numbers-compatible"
    model_error = "model-error"
    other = "other"


class Status(StrEnum):
    todo = "todo"
    open = "open"
    stale = "stale"
    decided = "decided"
    disputed = "disputed"
    all = "all"


class Kinds(StrEnum):
    negation = "negation"
    number = "number"
    date = "date"
    place = "place"
    person = "person"
    cause = "cause"
    outcome = "outcome"
    attribution = "attribution"
    antonym = "antonym"
    implicit = "implicit"


ConflictArgument = Annotated[
    str, typer.Argument(metavar="CONFLICT", help="Rank in the list (3 or #3), or the beginning of a conflict's id.")
]
ReviewerOption = Annotated[
    str | None,
    typer.Option(
        "--reviewer", metavar="NAME", envvar=REVIEWER_VARIABLE, help="Who decides; the environment may name them."
    ),
]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="A remark, kept with the review.")]


@app.command()
def decide(
    conflict: Annotated[
        str | None,
        typer.Argument(metavar="CONFLICT", help="Rank in the list (3 or #3), or the beginning of a conflict's id."),
    ] = None,
    decision: Annotated[
        Decisions | None,
        typer.Argument(metavar="DECISION", help="confirmed, rejected, unclear or duplicate; none leaves a note only."),
    ] = None,
    reviewer: ReviewerOption = None,
    reason: Annotated[
        Reasons | None,
        typer.Option(
            "--reason",
            metavar="WHY",
            help="Why rejected: not-same-matter, update, quote, numbers-compatible, model-error, other.",
        ),
    ] = None,
    note: NoteOption = "",
    of: Annotated[
        str | None, typer.Option("--of", metavar="OTHER", help="With duplicate: the conflict that it repeats.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Take decisions from a table of `detector queue --out`, filled in."
        ),
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Record what a person decided of a conflict.

    Nothing is overwritten: the latest decision stands, earlier ones stay in the history, and `detector undo` takes one
    back. A decision stays with its question in later runs, and is marked when the evidence changes.
    """
    from detector.cli.reviewing_desk import open_desk, record
    from detector.decisions.states import make_review

    if table is not None:
        _require_alone(conflict, decision, reason, note, of)
        _decide_from(table, reviewer, store, json=json, quiet=quiet)
        return
    if conflict is None:
        raise InputError("no conflict named; give its rank or id (`detector queue` shows them), or --from FILE.csv")
    desk = open_desk(store)
    about = desk.conflict(conflict)
    review = make_review(
        about,
        desk.reviewed.statements,
        reviewer=reviewer or "",
        now=datetime.now(UTC),
        action="decide" if decision else "note",
        decision=decision.value if decision else None,
        reason=reason.value if reason else None,
        note=note,
        other=desk.conflict(of) if of is not None else None,
    )
    record(store, [review])
    _tell(store, review, about, json=json, quiet=quiet)


def _require_alone(*given: object) -> None:
    if any(given):
        raise InputError(
            "--from FILE takes everything from the table; leave out conflict, decision, reason, note and of"
        )


def _decide_from(table: Path, reviewer: str | None, store: str | None, *, json: bool, quiet: bool) -> None:
    from detector import screens
    from detector.cli.reviewing_desk import record
    from detector.cli.reviewing_lines import import_lines

    made = _read_table(table, reviewer, store)
    if made.reviews:
        record(store, made.reviews)
    if json:
        print_lines([screens.as_json(made)])
    elif not quiet or made.problems:
        print_lines(import_lines(made))
    fail_if(bool(made.problems))


def _read_table(table: Path, reviewer: str | None, store: str | None) -> Imported:
    from detector.cli.reviewing_desk import desk_of
    from detector.decisions.exchange import decisions_of, evidence_ids, read_csv

    try:
        rows = read_csv(table.read_bytes())
    except InputError as error:
        raise InputError(f"--from {table}: {error}") from error
    with opened_store(store, read_only=True) as opened:
        desk = desk_of(opened)
        seen = opened.statements_by_id(evidence_ids(rows))
    return decisions_of(
        rows,
        conflicts=desk.reviewed.outcome.conflicts,
        statements={**seen, **desk.reviewed.statements},
        states=desk.reviewed.states,
        reviewer=reviewer,
        now=datetime.now(UTC),
        orphans=desk.reviewed.orphans,
    )


@app.command()
def split(
    conflict: ConflictArgument,
    statement: Annotated[
        str,
        typer.Argument(metavar="STATEMENT", help="Its label (B2, see `detector history CONFLICT`) or its id."),
    ],
    reviewer: ReviewerOption = None,
    note: NoteOption = "",
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take a statement off a conflict: it is about something else.

    Later runs respect it, also when they group anew. A conflict left with one side leaves the list.
    """
    from detector.cli.reviewing_desk import open_desk, record
    from detector.decisions.states import make_review

    desk = open_desk(store)
    about = desk.conflict(conflict)
    named = desk.statement(desk.entry(about.conflict_id), statement)
    review = make_review(
        about,
        desk.reviewed.statements,
        reviewer=reviewer or "",
        now=datetime.now(UTC),
        action="split",
        note=note,
        statement_id=named.statement_id,
    )
    record(store, [review])
    _tell(store, review, about, json=json, quiet=quiet, before=desk)


@app.command()
def move(
    conflict: ConflictArgument,
    statement: Annotated[
        str,
        typer.Argument(metavar="STATEMENT", help="Its label (B2, see `detector history CONFLICT`) or its id."),
    ],
    side: Annotated[
        str, typer.Argument(metavar="SIDE", help="The side that it belongs on: its letter, or a statement on it.")
    ],
    reviewer: ReviewerOption = None,
    note: NoteOption = "",
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Put a statement on another side of a conflict.

    Later runs respect it. A conflict in which no two statements of different sides exclude each other leaves the list.
    """
    from detector.cli.reviewing_desk import open_desk, record
    from detector.decisions.states import make_review

    desk = open_desk(store)
    about = desk.conflict(conflict)
    entry = desk.entry(about.conflict_id)
    review = make_review(
        about,
        desk.reviewed.statements,
        reviewer=reviewer or "",
        now=datetime.now(UTC),
        action="move",
        note=note,
        statement_id=desk.statement(entry, statement).statement_id,
        to_side=desk.side(entry, side).statements[0].statement_id,
    )
    record(store, [review])
    _tell(store, review, about, json=json, quiet=quiet, before=desk)


@app.command()
def merge(
    conflict: ConflictArgument,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The conflict that asks the same; it is taken in.")],
    reviewer: ReviewerOption = None,
    note: NoteOption = "",
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make two conflicts one: they ask the same question.

    Sides that share statements, outlets or words are joined; `detector move` puts right what was joined wrongly.
    """
    from detector.cli.reviewing_desk import open_desk, record
    from detector.decisions.states import make_review

    desk = open_desk(store)
    about = desk.conflict(conflict)
    review = make_review(
        about,
        desk.reviewed.statements,
        reviewer=reviewer or "",
        now=datetime.now(UTC),
        action="merge",
        note=note,
        other=desk.conflict(other),
    )
    record(store, [review])
    _tell(store, review, about, json=json, quiet=quiet, before=desk)


@app.command()
def undo(
    what: Annotated[
        str,
        typer.Argument(
            metavar="REVIEW", help="Id of a review (`detector history`), or a conflict: your latest review of it."
        ),
    ],
    reviewer: ReviewerOption = None,
    note: NoteOption = "",
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take back a decision, a note, a correction or an undo.

    It stays in the history, with who took it back and when.
    """
    from detector.cli.reviewing_desk import open_desk, record
    from detector.decisions.states import make_undo, reviewer_name

    name = reviewer_name(reviewer or "")
    taken_back = open_desk(store).review(what, name)
    review = make_undo(taken_back, reviewer=name, now=datetime.now(UTC), note=note)
    record(store, [review])
    _tell(store, review, None, json=json, quiet=quiet, taken_back=taken_back)


def _tell(
    store: str | None,
    review: Review,
    about: Conflict | None,
    *,
    json: bool,
    quiet: bool,
    taken_back: Review | None = None,
    before: Desk | None = None,
) -> None:
    """What was recorded, how to take it back, and what came of a correction to the list as it was `before`."""
    from detector import screens
    from detector.cli.reviewing_desk import open_desk
    from detector.cli.reviewing_lines import SHORT_ID, review_words, status_words
    from detector.report.wording import one_line
    from detector.screens import wrapped

    if json:
        print_lines([screens.as_json(review)])
        return
    if quiet:
        return
    words = f"took back: {review_words(taken_back)}" if taken_back is not None else review_words(review)
    lines = wrapped(f"{review.reviewer}: {words} — {one_line(review.question)}")
    if about is not None and before is not None:
        lines += _correction_lines(before, open_desk(store), review, about)
    elif about is not None and review.action == "decide":
        state = open_desk(store).state(about.conflict_id)
        if state.disputed:
            lines += wrapped(f"Now {status_words(state)}.")
    print_lines(lines)
    say(f"Take it back with `detector undo {review.review_id[:SHORT_ID]}`.")


def _correction_lines(before: Desk, after: Desk, review: Review, about: Conflict) -> list[str]:
    """What was taken in, what became of the conflict, and its number where a correction gave it another."""
    from detector.cli.reviewing_lines import entry_lines
    from detector.report.wording import one_line
    from detector.screens import wrapped

    lines = []
    if review.action == "merge" and review.other_id:
        lines += wrapped(f"Taken in: {one_line(before.entry(review.other_id).question)}")
    gone = [one for one in after.reviewed.departures if one.review.review_id == review.review_id and one.into is None]
    if gone:
        return lines + wrapped(f"It leaves the list: {gone[0].reason}.")
    if about.conflict_id not in after.reviewed.states:
        return lines
    was, entry = before.entry(about.conflict_id).rank, after.entry(about.conflict_id)
    lines += ["", *entry_lines(entry)]
    if entry.rank != was:
        lines += ["", *wrapped(f"It is number {entry.rank} now, no longer {was}; others may have moved as well.")]
    return lines


@app.command()
def queue(
    status: Annotated[
        Status,
        typer.Option(
            "--status", metavar="STATE", help="todo (open or changed), open, stale, decided, disputed or all."
        ),
    ] = Status.todo,
    lane: Annotated[
        Lanes | None, typer.Option("--lane", metavar="LANE", help="Only conflict, update, forecast or dispute.")
    ] = None,
    kind: Annotated[
        Kinds | None, typer.Option("--kind", metavar="KIND", help=f"Only one kind: {', '.join(Kinds)}.")
    ] = None,
    outlet: Annotated[
        str | None, typer.Option("--outlet", metavar="NAME", help="Only with this outlet on a side; a part will do.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write them as CSV to fill in; see `decide --from`.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, metavar="N", help="Entries shown in the terminal.")] = 20,
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show what to review next, by rank, with counts.

    Without --status, what is open and what changed since it was decided.
    """
    from detector import screens
    from detector.cli.reviewing_desk import open_desk
    from detector.cli.reviewing_lines import count_line, queue_lines
    from detector.decisions.states import standing
    from detector.report.wording import count_words
    from detector.screens import wrapped

    desk = open_desk(store)
    chosen = [
        entry
        for entry in desk.entries
        if _is_wanted(desk, entry, status) and _fits(entry, lane=lane, kind=kind, outlet=outlet)
    ]
    if out is not None:
        _write_table(desk, chosen, out)
    if json:
        print_lines([screens.as_json([_queue_row(desk, entry) for entry in chosen])])
    elif not quiet:
        lines = [count_line(desk.reviewed.states.values()), ""]
        lines += queue_lines(chosen[:limit], desk.reviewed.states) if chosen else ["Nothing to show."]
        if waiting := len({one.conflict_id for one in standing(desk.reviewed.orphans) if one.action == "decide"}):
            is_in = "is" if waiting == 1 else "are"
            told = (
                f"{count_words(waiting, 'more decided question')} {is_in} in no conflict now; `detector history` shows"
            )
            lines += ["", *wrapped(f"{told} what was decided, and it counts again when the question comes back")]
        if len(chosen) > limit:
            lines += ["", f"and {count_words(len(chosen) - limit, 'more question')}; --limit {len(chosen)} shows all"]
        print_lines(lines)
    if out is not None and not quiet:
        say(
            f"Written: {out} ({count_words(len(chosen), 'question')}); take it back with `detector decide --from {out}`"
        )


def _is_wanted(desk: Desk, entry: Entry, status: Status) -> bool:
    state = desk.state(entry.conflict_id)
    if status is Status.todo:
        return state.status in ("open", "stale")
    if status is Status.disputed:
        return state.disputed
    return status is Status.all or state.status == status.value


def _fits(entry: Entry, *, lane: Lanes | None, kind: Kinds | None, outlet: str | None) -> bool:
    if (lane and entry.lane != lane.value) or (kind and entry.kind != kind.value):
        return False
    return outlet is None or any(outlet.casefold() in name.casefold() for name in entry.outlets)


def _write_table(desk: Desk, entries: Sequence[Entry], out: Path) -> None:
    from detector.decisions.exchange import queue_rows, to_csv

    if out.suffix.lower() != ".csv":
        raise InputError(f"--out {out}: expected a file that ends in .csv")
    by_id = {conflict.conflict_id: conflict for conflict in desk.reviewed.outcome.conflicts}
    rows = queue_rows(
        [by_id[entry.conflict_id] for entry in entries],
        desk.reviewed.states,
        ranks={entry.conflict_id: entry.rank for entry in entries},
        outlets=desk.outlets,
    )
    write_whole(out, to_csv(rows))


def _queue_row(desk: Desk, entry: Entry) -> dict[str, object]:
    state = desk.state(entry.conflict_id)
    return {
        "rank": entry.rank,
        "conflict_id": entry.conflict_id,
        "question": entry.question,
        "kind": entry.kind,
        "lane": entry.lane,
        "score": entry.score,
        "probability": entry.probability,
        "status": state.status,
        "decision": state.decision,
        "disputed": state.disputed,
        "set_aside": state.folded,
        "duplicate_of": state.duplicate_of,
        "reviewers": {name: review.decision for name, review in state.by_reviewer},
        "decided_at": state.review.created_at if state.review else None,
        "change": state.change,
        "sides": [
            {"label": side.label, "position": side.position, "outlets": side.outlets, "origins": side.origins}
            for side in entry.sides
        ],
    }


@app.command()
def history(
    conflict: Annotated[
        str | None,
        typer.Argument(metavar="CONFLICT", help="Rank or beginning of an id; without one, all that was recorded."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Newest reviews shown.")] = 50,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show what was recorded, what was taken back, and what changed since.

    Of one CONFLICT also its sides, with the labels of their statements. Reviews whose question is in no conflict now
    are shown as well; they count again when the question comes back.
    """
    from detector import screens
    from detector.cli.reviewing_desk import open_desk
    from detector.cli.reviewing_lines import entry_lines, history_lines

    desk = open_desk(store)
    reviews = desk.reviewed.reviews if conflict is None else desk.reviews_of(conflict)
    about = desk.conflict(conflict) if conflict is not None and not (reviews and desk.is_gone(reviews[0])) else None
    if json:
        print_lines([screens.as_json([_history_row(desk, review) for review in reviews])])
        return
    lines = [*entry_lines(desk.entry(about.conflict_id)), ""] if about is not None else []
    lines += history_lines(
        reviews[-limit:],
        all_reviews=desk.reviewed.reviews,
        homes=desk.homes if about is None else None,
        departures=desk.reviewed.departures if about is None else (),
        state=desk.state(about.conflict_id) if about is not None else None,
        outlets=desk.outlets,
    )
    if len(reviews) > limit:
        lines.append(f"and {len(reviews) - limit:,} earlier; --limit {len(reviews)} shows all")
    print_lines(lines)


def _history_row(desk: Desk, review: Review) -> dict[str, object]:
    from detector.decisions.states import undone

    return {
        "review": review,
        "conflict_now": desk.homes.get(review.review_id),
        "undone": review.review_id in undone(desk.reviewed.reviews),
    }


@app.command()
def stats(store: StoreOption = None, json: JsonOption = False) -> None:
    """Show how often decisions confirm what the program finds, and how far reviewers agree.

    Precision by kind, lane and factor with its 95 % interval, from the latest decision on each question; unclear ones and
    duplicates are counted apart.
    """
    from detector import screens
    from detector.cli.reviewing_desk import open_desk
    from detector.cli.reviewing_lines import stats_lines
    from detector.decisions.precision import stats_of

    reviewed = open_desk(store).reviewed
    found = stats_of(reviewed.states, reviewed.orphans)
    print_lines([screens.as_json(found)] if json else stats_lines(found))
