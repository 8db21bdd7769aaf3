"""The queue as a table and back: for people who have a spreadsheet and not the tool."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.decisions.exchange import (
    COLUMNS,
    Imported,
    decisions_of,
    evidence_ids,
    neutral,
    queue_rows,
    read_csv,
    restored,
    rows_of_frame,
    to_csv,
    to_frame,
)
from detector.decisions.states import orphans, review_states
from detector.errors import InputError
from detector.records import Conflict, Review
from tests.decisions_values import NOON, Newsroom


@pytest.fixture
def room() -> Newsroom:
    return Newsroom()


def two_questions(room: Newsroom) -> list[Conflict]:
    return [
        room.conflict([room.say("Herald", f"The bridge {n} is open.")], [room.say("Post", f"The bridge {n} is shut.")])
        for n in ("north", "south")
    ]


def exported(room: Newsroom, conflicts: Sequence[Conflict], *reviews: Review) -> list[dict[str, str]]:
    states = review_states(conflicts, room.statements, reviews)
    ranks = {conflict.conflict_id: rank for rank, conflict in enumerate(conflicts, start=1)}
    return queue_rows(conflicts, states, ranks=ranks, outlets={"herald": "The Herald", "post": "The Post"})


def imported(room: Newsroom, content: str | bytes, conflicts: Sequence[Conflict], *reviews: Review) -> Imported:
    rows = read_csv(content if isinstance(content, bytes) else content.encode())
    assert evidence_ids(rows) <= set(room.statements)
    return decisions_of(
        rows,
        conflicts=conflicts,
        statements=room.statements,
        states=review_states(conflicts, room.statements, reviews),
        reviewer="Desk",
        now=NOON,
        orphans=orphans(conflicts, room.statements, reviews),
    )


def filled(rows: Sequence[dict[str, str]], *given: dict[str, str]) -> str:
    return to_csv([row | cells for row, cells in zip(rows, given, strict=True)])


def test_a_table_holds_a_row_a_question_with_sides_outlets_and_what_was_decided(room: Newsroom) -> None:
    conflicts = two_questions(room)
    rows = exported(room, conflicts, room.review(conflicts[0], "Ada"))
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert rows[0]["sides"] == "A: The bridge north is open. (The Herald)\nB: The bridge north is shut. (The Post)"
    assert [row["so_far"] for row in rows] == ["confirmed (Ada)", ""]
    assert rows[0]["decision"] == rows[0]["reviewer"] == ""


def test_what_is_filled_in_comes_back_as_reviews_of_what_was_shown(room: Newsroom) -> None:
    conflicts = two_questions(room)
    table = filled(
        exported(room, conflicts),
        {"decision": "Rejected", "reason": "Numbers compatible", "note": "=not a formula", "reviewer": "Cy"},
        {"decision": "", "note": "Ask the ministry."},
    )
    made = imported(room, table, conflicts)
    first, second = made.reviews
    assert (first.decision, first.reason, first.note, first.reviewer) == (
        "rejected",
        "numbers-compatible",
        "=not a formula",
        "Cy",
    )
    assert (second.action, second.note, second.reviewer) == ("note", "Ask the ministry.", "Desk")
    assert {one.statement_id for one in first.seen} == {
        one for side in conflicts[0].sides for one in side.statement_ids
    }
    states = review_states(conflicts, room.statements, made.reviews)
    assert [states[one.conflict_id].status for one in conflicts] == ["decided", "open"]


def test_a_table_read_twice_records_nothing_twice(room: Newsroom) -> None:
    conflicts = two_questions(room)
    table = filled(exported(room, conflicts), {"decision": "confirmed"}, {"note": "Hm."})
    first = imported(room, table, conflicts)
    again = imported(room, table, conflicts, *first.reviews)
    assert (len(first.reviews), again.reviews, again.unchanged) == (2, (), 2)


def test_a_decision_on_the_table_of_last_week_is_known_to_rest_on_last_weeks_evidence(room: Newsroom) -> None:
    yes, no = room.say("Herald", "The bridge is open."), room.say("Post", "The bridge is shut.")
    conflict = room.conflict([yes], [no])
    table = filled(exported(room, [conflict]), {"decision": "confirmed"})
    grown = room.conflict([room.edit(yes, "The bridge is open to all.")], [no, room.say("Echo", "It is shut.")])
    made = imported(room, table, [grown])
    assert [one.text for one in made.reviews[0].seen] == ["The bridge is open.", "The bridge is shut."]
    state = review_states([grown], room.statements, made.reviews)[grown.conflict_id]
    assert (state.status, state.decision) == ("stale", "confirmed")


def test_bad_rows_are_told_of_by_line_and_the_rest_goes_on(room: Newsroom) -> None:
    conflicts = two_questions(room)
    rows = exported(room, conflicts)
    table = to_csv(
        [
            rows[0] | {"decision": "maybe"},
            rows[0] | {"decision": "confirmed"},
            rows[1] | {"decision": "confirmed", "reason": "quote"},
            rows[1] | {"decision": "rejected", "reason": "dull"},
            rows[1] | {"decision": "duplicate"},
            rows[1] | {"decision": "duplicate", "duplicate_of": "99"},
            rows[1] | {"conflict_id": "nobody", "evidence": "", "decision": "confirmed"},
            rows[1],
        ]
    )
    made = imported(room, table, conflicts)
    assert [one.decision for one in made.reviews] == ["confirmed"] and made.empty == 1
    assert [(one.line, one.reason.split(";")[0]) for one in made.problems] == [
        (2, "decision 'maybe'"),
        (6, "reason quote with decision confirmed"),
        (8, "reason 'dull'"),
        (10, "duplicate of nothing"),
        (12, "duplicate_of 99: no conflict of this id or rank"),
        (
            14,
            "nobody: its question is not in the list of the last run, and the column evidence names no "
            "statements of two sides that the store holds",
        ),
    ]


def test_a_decision_on_a_question_that_is_listed_no_longer_waits_until_it_comes_back(room: Newsroom) -> None:
    gone, stays = two_questions(room)
    table = filled(exported(room, [gone, stays]), {"decision": "confirmed", "note": "Seen."}, {"decision": "rejected"})
    made = imported(room, table, [stays])
    assert (len(made.reviews), made.waiting, made.problems) == (2, 1, ())
    waiting = made.reviews[0]
    assert (waiting.conflict_id, waiting.question) == (gone.conflict_id, gone.question)
    assert orphans([stays], room.statements, made.reviews) == [waiting]
    again = imported(room, table, [stays], *made.reviews)
    assert (again.reviews, again.unchanged) == ((), 2)
    back = replace(gone, conflict_id="under another id")
    state = review_states([stays, back], room.statements, made.reviews)[back.conflict_id]
    assert (state.status, state.decision) == ("decided", "confirmed")


@pytest.mark.parametrize("evidence", ["", "0:nobody 1:knows", "0:{one}", "0:{one} 1:{one}"])
def test_a_question_listed_no_longer_is_refused_where_nothing_could_find_it_again(
    room: Newsroom, evidence: str
) -> None:
    gone, stays = two_questions(room)
    rows = exported(room, [gone])
    shown = evidence.format(one=gone.sides[0].exemplar_id)
    table = filled(rows, {"decision": "confirmed", "evidence": shown})
    made = decisions_of(
        read_csv(table.encode()),
        conflicts=[stays],
        statements=room.statements,
        states={},
        reviewer="Desk",
        now=NOON,
    )
    assert made.reviews == () and "evidence names no statements of two sides" in made.problems[0].reason


def test_a_duplicate_may_be_named_by_its_rank_in_the_table(room: Newsroom) -> None:
    conflicts = two_questions(room)
    table = filled(exported(room, conflicts), {}, {"decision": "duplicate", "duplicate_of": "1"})
    (review,) = imported(room, table, conflicts).reviews
    assert (review.conflict_id, review.other_id) == (conflicts[1].conflict_id, conflicts[0].conflict_id)


def test_an_id_that_a_spreadsheet_turned_into_a_number_is_made_good_by_the_evidence(room: Newsroom) -> None:
    conflicts = two_questions(room)
    table = filled(exported(room, conflicts), {"conflict_id": "1.23E+15", "decision": "confirmed"}, {})
    assert imported(room, table, conflicts).reviews[0].conflict_id == conflicts[0].conflict_id


def saved(separator: str, encoding: str, line_end: str, first_line: str = "") -> Callable[[str], bytes]:
    """Writes a table as a spreadsheet of another country would."""

    def save(table: str) -> bytes:
        rows = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"), newline="")))
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
        return (first_line + text.getvalue()).encode(encoding)

    return save


@pytest.mark.parametrize(
    "save",
    [
        saved(",", "utf-8", "\n"),
        saved(";", "utf-8-sig", "\r\n"),
        saved(";", "cp1252", "\r\n"),
        saved("\t", "utf-16", "\r\n"),
        saved(";", "utf-8", "\r\n", "sep=;\r\n"),
        saved(",", "utf-8", "\r"),
    ],
    ids=["plain", "bom-semicolon", "windows", "unicode-text", "sep-line", "old-mac"],
)
def test_a_table_is_read_however_a_spreadsheet_saved_it(room: Newsroom, save: Callable[[str], bytes]) -> None:
    conflicts = two_questions(room)
    table = filled(exported(room, conflicts), {"decision": "unclear", "note": "Café, “two” lines;\nor so"}, {})
    (review,) = imported(room, save(table), conflicts).reviews
    assert (review.decision, review.note) == ("unclear", "Café, “two” lines;\nor so")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "an empty table"),
        (b"id,verdict\n1,2\n", "no column conflict_id and decision"),
        (b"conflict_id,question\n1,2\n", "no column decision"),
        (b"\x81\x8d\xff\x00", "save the table as CSV"),
    ],
)
def test_what_is_no_such_table_is_refused_in_one_line(content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_csv(content)


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1", "@sum", "\t=1", "＝1", "'=1", "''-"])
def test_no_cell_is_a_formula_and_what_was_meant_comes_back(text: str) -> None:
    assert neutral(text).startswith("'") and restored(neutral(text)) == text


@given(st.text(max_size=30))
def test_every_text_survives_being_made_harmless(text: str) -> None:
    assert restored(neutral(text)) == text
    assert not neutral(text).startswith(("=", "+", "-", "@"))


def test_hostile_article_text_is_harmless_in_the_table(room: Newsroom) -> None:
    hostile = room.conflict([room.say("=cmd|' /C calc'!A1", "=HYPERLINK(\u202e1) \x1b[31m")], [room.say("Post", "No.")])
    hostile = replace(hostile, question="=1+1\x00")
    (cells,) = list(csv.DictReader(io.StringIO(to_csv(exported(room, [hostile])).removeprefix("\ufeff"))))
    assert cells["question"] == "'=1+1"
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells.values())
    assert not set("\x00\x1b\u202e") & set("".join(cells.values()))


def test_a_data_frame_makes_the_same_round_trip(room: Newsroom) -> None:
    conflicts = two_questions(room)
    frame = to_frame(exported(room, conflicts))
    assert tuple(frame.columns) == COLUMNS
    frame.loc[1, "decision"] = "confirmed"
    made = decisions_of(
        rows_of_frame(frame), conflicts=conflicts, statements=room.statements, states={}, reviewer="Ada", now=NOON
    )
    assert [(one.conflict_id, one.decision) for one in made.reviews] == [(conflicts[1].conflict_id, "confirmed")]
    with pytest.raises(InputError, match="no column decision"):
        rows_of_frame(frame.drop(columns="decision"))
