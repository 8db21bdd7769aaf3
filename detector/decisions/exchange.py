"""The queue as a table for people without the tool, and their decisions back from it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast, get_args

from detector.decisions.evidence import seen_statement
from detector.decisions.matching import Questions
from detector.decisions.plain import plain_lines
from detector.decisions.states import make_review, standing
from detector.decisions.values import ReviewState
from detector.errors import InputError
from detector.records import (
    Conflict,
    Decision,
    Kind,
    Lane,
    RejectReason,
    Review,
    SeenStatement,
    Side,
    Statement,
    evidence_hash_of,
    pair_id_of,
)

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "conflict_id",
    "rank",
    "question",
    "kind",
    "lane",
    "sides",
    "so_far",
    "decision",
    "reason",
    "duplicate_of",
    "note",
    "reviewer",
    "evidence",
)
"""`decision` to `reviewer` are to be filled in. `evidence` names the statements shown, by side, so that a decision made
on a table of last week is known to rest on what stood there last week."""

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table that was filled in: its line and its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that could not be taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows: reviews to record, rows that say what is recorded already or nothing, bad ones.

    `waiting` of the reviews are of questions that are in no conflict now; they count when the question comes back.
    """

    reviews: tuple[Review, ...] = ()
    unchanged: int = 0
    empty: int = 0
    problems: tuple[RowProblem, ...] = ()
    waiting: int = 0


def queue_rows(
    conflicts: Iterable[Conflict],
    states: Mapping[str, ReviewState],
    *,
    ranks: Mapping[str, int],
    outlets: Mapping[str, str],
) -> list[dict[str, str]]:
    """One row a conflict. `ranks` is by conflict id, `outlets` gives names by outlet id."""
    rows = []
    for conflict in conflicts:
        state = states.get(conflict.conflict_id, ReviewState())
        told = {
            "conflict_id": conflict.conflict_id,
            "rank": str(ranks[conflict.conflict_id]),
            "question": conflict.question,
            "kind": conflict.kind,
            "lane": conflict.lane,
            "sides": "\n".join(
                f"{side_label(place)}: {side.position} ({', '.join(outlets.get(one, one) for one in side.outlet_ids)})"
                for place, side in enumerate(conflict.sides)
            ),
            "so_far": so_far(state),
            "evidence": " ".join(
                f"{place}:{statement_id}"
                for place, side in enumerate(conflict.sides)
                for statement_id in side.statement_ids
            ),
        }
        rows.append({column: plain_lines(told.get(column, "")) for column in COLUMNS})
    return rows


def side_label(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"A{place - 25}"


def so_far(state: ReviewState) -> str:
    """The standing decisions in a few words: "confirmed (Ada); rejected (Bo); the evidence changed since"."""
    parts = [f"{review.decision} ({name})" for name, review in state.by_reviewer]
    return "; ".join([*parts, *(["the evidence changed since"] if state.status == "stale" else [])])


def to_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """The rows as CSV that spreadsheets open as UTF-8 and in which no cell is a formula."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    table.writerows({column: neutral(row[column]) for column in COLUMNS} for row in rows)
    return "\ufeff" + text.getvalue()


def neutral(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run; `restored` takes it away again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell


def to_frame(rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """The rows as a DataFrame of text."""
    import pandas as pd

    return pd.DataFrame([dict(row) for row in rows], columns=list(COLUMNS), dtype=str)


def rows_of_frame(frame: pd.DataFrame) -> list[Row]:
    """The rows of a DataFrame; its lines count from 1. Raises InputError: a column is missing."""
    names = [str(name).strip().casefold() for name in frame.columns]
    _require_columns(names)
    filled = frame.astype(object).where(frame.notna(), "")
    return [
        Row(number, {name: str(value).strip() for name, value in zip(names, cells, strict=True)})
        for number, cells in enumerate(filled.itertuples(index=False, name=None), start=1)
    ]


def read_csv(content: bytes) -> list[Row]:
    """The rows of a CSV file as spreadsheets save it: any of the usual separators, encodings and line ends.

    Raises InputError: it is no such table, or a column is missing.
    """
    if len(content) > _MOST_BYTES:
        raise InputError(f"{len(content):,} bytes; expected a table of {_MOST_BYTES:,} at most")
    text = _decoded(content)
    named = re.match(r"sep=(.)\r?\n", text)
    head = re.split(r"[\r\n]", text[named.end() if named else 0 :], maxsplit=1)[0]
    separator = named[1] if named else max(",;\t", key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = list(_numbered(table))
    except csv.Error as error:
        raise InputError(f"line {table.line_num}: not CSV ({error}); save the table as CSV again") from error
    rows = rows[1:] if named else rows
    if not rows:
        raise InputError("an empty table; expected what `detector queue --out FILE.csv` writes, filled in")
    names = [cell.strip().casefold() for cell in rows[0][1]]
    _require_columns(names)
    return [
        Row(line, {name: restored(cell.strip()) for name, cell in zip(names, cells, strict=False)})
        for line, cells in rows[1:]
        if any(cell.strip() for cell in cells)
    ]


def _numbered(table: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins on; a cell may span lines."""
    line = 1
    for cells in table:
        yield line, cells
        line = table.line_num + 1


def _decoded(content: bytes) -> str:
    """Raises InputError: the bytes are no text of the encodings in which spreadsheets save."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise InputError("neither UTF-8 nor Windows text; save the table as CSV (UTF-8)")


def _require_columns(names: Sequence[str]) -> None:
    missing = [name for name in ("conflict_id", "decision") if name not in names]
    if missing:
        found = ", ".join(names[:8]) or "none"
        raise InputError(f"no column {' and '.join(missing)} (columns found: {found}); keep the first line as it was")


def evidence_ids(rows: Iterable[Row]) -> set[str]:
    """The statements that the rows were shown with; look these up for `decisions_of`."""
    return {statement_id for row in rows for _, statement_id in _evidence(row)}


def _evidence(row: Row) -> list[tuple[int, str]]:
    found = re.findall(r"(\d{1,3}):([0-9a-zA-Z_-]+)", row.cells.get("evidence", ""))
    return [(int(side), statement_id) for side, statement_id in found]


def decisions_of(
    rows: Sequence[Row],
    *,
    conflicts: Sequence[Conflict],
    statements: Mapping[str, Statement],
    states: Mapping[str, ReviewState],
    reviewer: str | None,
    now: datetime,
    orphans: Sequence[Review] = (),
) -> Imported:
    """Reviews from filled rows; a bad row is told of and the rest goes on. `reviewer` is for rows that name none.

    `statements` holds those of the conflicts and those that the rows were shown with (`evidence_ids`); `orphans` are the
    reviews recorded of questions that are in no conflict now.
    """
    desk = _Desk(rows, conflicts, statements, reviewer, now)
    held, known = standing(orphans), {conflict.conflict_id for conflict in conflicts}
    reviews: dict[str, Review] = {}
    problems: list[RowProblem] = []
    unchanged = empty = waiting = 0
    for row in rows:
        if not row.cells.get("decision") and not row.cells.get("note"):
            empty += 1
            continue
        try:
            conflict, made = desk.review_of(row)
        except InputError as error:
            problems.append(RowProblem(row.line, str(error)))
            continue
        state = states.get(conflict.conflict_id)
        if _is_recorded(made, _own(state, made.reviewer) if state is not None else held):
            unchanged += 1
        elif made.review_id not in reviews:
            reviews[made.review_id] = made
            waiting += conflict.conflict_id not in known
    return Imported(tuple(reviews.values()), unchanged, empty, tuple(problems), waiting)


class _Desk:
    """What the rows of one table are read against."""

    def __init__(
        self,
        rows: Sequence[Row],
        conflicts: Sequence[Conflict],
        statements: Mapping[str, Statement],
        reviewer: str | None,
        now: datetime,
    ) -> None:
        self._questions = Questions(conflicts, statements)
        self._by_id = {conflict.conflict_id: conflict for conflict in conflicts}
        self._by_rank = {row.cells.get("rank", ""): row for row in rows}
        self._statements = statements
        self._reviewer = reviewer
        self._now = now

    def review_of(self, row: Row) -> tuple[Conflict, Review]:
        """The review that a row asks for and the conflict it is about. Raises InputError: the row is bad."""
        cells = row.cells
        conflict, seen = self._conflict_of(row)
        decision = _one_of(get_args(Decision), cells.get("decision", ""), "decision")
        reason = _one_of(get_args(RejectReason), cells.get("reason", ""), "reason")
        repeated = cells.get("duplicate_of", "")
        return conflict, make_review(
            conflict,
            self._statements,
            reviewer=cells.get("reviewer") or self._reviewer or "",
            now=self._now,
            action="decide" if decision else "note",
            decision=cast(Decision | None, decision),
            reason=cast(RejectReason | None, reason),
            note=cells.get("note", ""),
            other=self._other_of(repeated) if repeated else None,
            seen=seen or None,
        )

    def _conflict_of(self, row: Row) -> tuple[Conflict, tuple[SeenStatement, ...]]:
        """By id, else by the evidence: spreadsheets turn some ids into numbers."""
        known = [(side, self._statements.get(one)) for side, one in _evidence(row)]
        seen = tuple(seen_statement(statement, side) for side, statement in known if statement is not None)
        found = self._questions.find(row.cells.get("conflict_id", ""), seen)
        return (self._by_id[found] if found is not None else _gone_conflict(row, seen)), seen

    def _other_of(self, named: str) -> Conflict:
        """The conflict of this id, or of this rank in the table."""
        if named in self._by_rank and named not in self._by_id:
            return self._conflict_of(self._by_rank[named])[0]
        if named not in self._by_id:
            raise InputError(f"duplicate_of {named[:40]}: no conflict of this id or rank; give one of the table")
        return self._by_id[named]


def _one_of(known: Sequence[str], cell: str, column: str) -> str | None:
    """The known word that the cell holds, however it is spaced and capitalised."""
    word = "-".join(cell.casefold().replace("_", " ").split())
    if word and word not in known:
        raise InputError(f"{column} {cell[:40]!r}; expected one of {', '.join(known)}")
    return word or None


def _gone_conflict(row: Row, seen: Sequence[SeenStatement]) -> Conflict:
    """A question that is in no conflict now, as the table showed it: a decision on it waits until it comes back.

    Raises InputError: the row does not tell what was shown, so that nothing could find the question again.
    """
    named = row.cells.get("conflict_id", "")[:40]
    places = sorted({one.side for one in seen})
    if not named or len(places) < 2 or len({one.statement_id for one in seen}) < len(seen):
        raise InputError(
            f"{named or 'no id'}: its question is not in the list of the last run, and the column evidence names no "
            "statements of two sides that the store holds; nothing was recorded of it"
        )
    of_side = [[one for one in seen if one.side == place] for place in places]
    return Conflict(
        conflict_id=named,
        question=row.cells.get("question", ""),
        kind=cast(Kind, _one_of(get_args(Kind), row.cells.get("kind", ""), "kind") or "implicit"),
        lane=cast(Lane, _one_of(get_args(Lane), row.cells.get("lane", ""), "lane") or "conflict"),
        sides=tuple(
            Side(
                position=members[0].text,
                statement_ids=tuple(one.statement_id for one in members),
                outlet_ids=tuple(sorted({one.outlet_id for one in members})),
                origin_count=1,
                exemplar_id=members[0].statement_id,
            )
            for members in of_side
        ),
        pair_ids=(pair_id_of(*sorted((of_side[0][0].statement_id, of_side[1][0].statement_id))),),
        factors=(),
        evidence_hash=evidence_hash_of(one.text_hash for one in seen),
    )


def _own(state: ReviewState, reviewer: str) -> list[Review]:
    """This reviewer's standing decision, and all standing notes."""
    return [review for name, review in state.by_reviewer if name == reviewer] + list(state.notes)


def _is_recorded(made: Review, held: Iterable[Review]) -> bool:
    """Whether one of those that stand says the same of the same evidence."""
    return any(_told(review) == _told(made) for review in held)


def _told(review: Review) -> tuple[object, ...]:
    seen = sorted((one.side, one.statement_id) for one in review.seen)
    return (review.reviewer, review.action, review.decision, review.reason, review.note, review.other_id, seen)
