"""The reviewing commands as people meet them: what they print, what they keep, and what they refuse."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector import cli
from detector.records import Outcome, Review, Statement
from detector.store import open_store
from tests.report_fixture import Sample
from tests.store_values import succeed

Call = Callable[..., int]
FIRE = "How many people were hurt in the fire at Weir Dock?"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one run: a tram line (1), a fire with three figures (2), a resignation (3), hostile text (4)."""
    sample = Sample()
    path = tmp_path / "news.db"
    with open_store(path) as opened:
        opened.add_articles(sample.articles)
        of_article: dict[tuple[str, int], list[Statement]] = defaultdict(list)
        for one in sample.statements:
            of_article[one.article_id, one.revision].append(one)
        for home in sample.articles:
            opened.put_statements(home, "test", of_article[home.article_id, home.revision])
        succeed(opened, "run-1", sample.outcome)
    monkeypatch.setenv(cli.STORE_VARIABLE, str(path))
    monkeypatch.setenv("DETECTOR_REVIEWER", "Ada")
    return path


@pytest.fixture
def call(store: Path) -> Call:
    return lambda *words: cli.main([str(word) for word in words])


@pytest.fixture
def told(call: Call, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command that succeeds prints on stdout, on one line."""

    def printed(*words: object) -> str:
        capsys.readouterr()
        assert call(*words) == 0
        return " ".join(capsys.readouterr().out.split())

    return printed


@pytest.fixture
def as_json(call: Call, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def tree(*words: object) -> Any:
        capsys.readouterr()
        assert call(*words, "--json") == 0
        return json.loads(capsys.readouterr().out)

    return tree


def recorded(store: Path) -> list[Review]:
    with open_store(store, read_only=True) as opened:
        return opened.reviews.all()


def test_the_queue_shows_what_is_open_by_rank_with_counts(told: Callable[..., str]) -> None:
    shown = told("queue")
    assert shown.startswith("4 questions: 4 open, 0 decided 1 Has the council")
    assert f"2 {FIRE} open · different numbers" in shown
    assert "Evening Quay" in shown


def test_a_decision_leaves_the_queue_keeps_its_number_and_is_set_aside_in_the_report(told: Callable[..., str]) -> None:
    assert told("decide", 2, "rejected", "--reason", "update") == f"Ada: rejected (update) — {FIRE}"
    assert FIRE not in told("queue")
    assert told("queue", "--status", "decided").startswith("4 questions: 3 open, 1 decided (1 rejected) 2 How many")
    assert "3 Is Nils Brand still harbour chief?" in told("queue")


def test_a_conflict_is_named_by_rank_or_by_the_beginning_of_its_id(
    store: Path, call: Call, as_json: Callable[..., Any]
) -> None:
    row = as_json("queue")[1]
    for name in ("2", "#2", row["conflict_id"][:6], row["conflict_id"]):
        assert call("decide", name, "confirmed") == 0
    assert {one.conflict_id for one in recorded(store)} == {row["conflict_id"]} and len(recorded(store)) == 4


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("decide",), "no conflict named"),
        (("decide", "9", "confirmed"), "9: no such rank; the list goes from 1 to 4"),
        (("decide", "zzzz", "confirmed"), "zzzz: no conflict has this id"),
        (("decide", "a", "confirmed"), "expected at least 4 characters"),
        (("decide", "1", "confirmed", "--reason", "quote"), "only a rejection has a reason"),
        (("decide", "1", "duplicate"), "name the other conflict"),
        (("decide", "1", "duplicate", "--of", "1"), "the same one"),
        (("decide", "1"), "without words"),
        (("decide", "1", "confirmed", "--from", "x.csv"), "takes everything from the table"),
        (("decide", "1", "confirmed", "--reviewer", " "), "name of its reviewer"),
        (("split", "2", "Z9"), "no statement of this conflict"),
        (("move", "2", "A1", "A"), "on that side already"),
        (("merge", "2", "2"), "the same one"),
        (("undo", "2"), "nothing by Ada stands on it"),
        (("undo", "ffffffff"), "no conflict has this id"),
        (("queue", "--out", "queue.xlsx"), "ends in .csv"),
        (("decide", "--from", "none.csv"), "No such file"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do_and_records_nothing(
    store: Path, call: Call, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], line: str
) -> None:
    assert call(*words) == 2
    captured = capsys.readouterr()
    assert line in captured.err and captured.err.count("\n") == 1 and captured.out == ""
    assert recorded(store) == []


def test_a_store_that_is_not_there_is_not_made_by_a_decision(
    tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.db"
    assert call("decide", "1", "confirmed", "--store", missing) == 2
    assert "missing.db" in capsys.readouterr().err and not missing.exists()


def test_an_undo_opens_the_question_again_and_can_be_taken_back_itself(
    store: Path, call: Call, told: Callable[..., str]
) -> None:
    call("decide", 2, "confirmed")
    assert told("undo", 2) == f"Ada: took back: confirmed — {FIRE}"
    assert told("queue", "--status", "open").startswith("4 questions: 4 open")
    told("undo", recorded(store)[1].review_id[:8])
    assert told("queue", "--status", "decided").startswith("4 questions: 3 open, 1 decided (1 confirmed)")
    assert call("undo", recorded(store)[1].review_id) == 2


def test_reviewers_who_differ_are_told_so_and_their_agreement_is_measured(
    call: Call, told: Callable[..., str], as_json: Callable[..., Any]
) -> None:
    call("decide", 1, "confirmed")
    assert "Now disputed: confirmed by Ada, rejected by Bo." in told("decide", 1, "rejected", "--reviewer", "Bo")
    assert "1 disputed" in told("queue")
    assert [row["rank"] for row in as_json("queue", "--status", "disputed")] == [1]
    stats = as_json("stats")
    assert (stats["judged_twice"], stats["disputed"], stats["alpha"]) == (1, 1, 0.0)
    assert "Krippendorff's alpha 0.00" in told("stats")


def test_stats_give_precision_with_its_interval(call: Call, told: Callable[..., str]) -> None:
    assert "No question has been decided yet" in told("stats")
    call("decide", 2, "confirmed")
    call("decide", 1, "rejected", "--reason", "quote")
    shown = told("stats")
    assert "Different numbers 1 0 0 0 100 % (21 % to 100 %)" in shown
    assert "Yes or no 0 1 0 0 0 % (0 % to 79 %)" in shown
    assert "Rejected because: quote 1" in shown


def test_a_split_statement_is_off_the_conflict_at_once_and_back_after_an_undo(
    call: Call, told: Callable[..., str], as_json: Callable[..., Any]
) -> None:
    before = as_json("queue")
    (label,) = re.findall(r"([ABC]1) “Around twenty were hurt, maybe more.” — Dock Notes", told("history", 2))
    assert "split off “Around twenty were hurt, maybe more.”" in told("split", 2, label, "--note", "another fire")
    (after,) = [row for row in as_json("queue") if row["question"] == FIRE]
    assert sorted(name for side in after["sides"] for name in side["outlets"]) == ["Evening Quay", "Orrin Post"]
    call("undo", after["conflict_id"])
    assert as_json("queue") == before


def test_a_moved_statement_stands_on_the_other_side(
    call: Call, told: Callable[..., str], as_json: Callable[..., Any]
) -> None:
    (label,) = re.findall(r"([ABC]1) “Around twenty", told("history", 2))
    (goal,) = re.findall(r"([ABC])1 “The fire hurt 12 people", told("history", 2))
    assert call("move", 2, label, goal.lower()) == 0
    (row,) = [row for row in as_json("queue") if row["question"] == FIRE]
    assert sorted(side["outlets"] for side in row["sides"]) == [["Dock Notes", "Orrin Post"], ["Evening Quay"]]


def test_a_conflict_that_a_correction_takes_off_the_list_is_in_the_history(
    call: Call, told: Callable[..., str]
) -> None:
    assert "It leaves the list: fewer than two sides are left after a split." in told("split", 3, "A1")
    assert "Left the list: Is Nils Brand still harbour chief?" in told("history")
    assert told("queue").startswith("3 questions")


def test_a_question_off_the_list_can_still_be_looked_up_and_put_back(
    store: Path, call: Call, told: Callable[..., str]
) -> None:
    call("split", 3, "A1")
    gone = recorded(store)[0].conflict_id
    assert "Ada: split off" in told("history", gone[:8])
    told("undo", gone[:8])
    assert told("queue").startswith("4 questions")


def test_merged_conflicts_are_one_entry_until_the_merge_is_undone(told: Callable[..., str], store: Path) -> None:
    assert FIRE in told("merge", 2, 3)
    assert told("queue").startswith("3 questions")
    assert "Is Nils Brand still harbour chief?" in told("history")
    told("undo", recorded(store)[0].review_id)
    assert told("queue").startswith("4 questions")


def test_the_history_of_a_conflict_shows_sides_reviews_and_what_was_taken_back(
    call: Call, told: Callable[..., str], as_json: Callable[..., Any]
) -> None:
    call("decide", 2, "unclear", "--note", "Ask the brigade.")
    call("undo", 2, "--reviewer", "Ada")
    shown = told("history", 2)
    assert "Ada: unclear [" in shown and "taken back by Ada" in shown and "note: Ask the brigade." in shown
    assert "A1 " in shown and "Evening Quay, 6 Mar 2031, 11:00 UTC" in shown
    rows = as_json("history", 2)
    assert [(row["review"]["action"], row["undone"]) for row in rows] == [("decide", True), ("undo", False)]


def test_explain_shows_a_conflict_as_people_corrected_it_with_what_they_recorded(
    store: Path, call: Call, told: Callable[..., str]
) -> None:
    assert "What people recorded" not in told("explain", 2)
    (label,) = re.findall(r"([ABC]1) “Around twenty", told("history", 2))
    call("decide", "#2", "confirmed", "--note", "Seen both.")
    call("split", 2, label)
    corrected = told("explain", recorded(store)[0].conflict_id[:8])
    assert "(1 outlet, 1 origin): Dock Notes" not in corrected
    assert corrected.count("Side ") == 2
    assert "What people recorded" in corrected and "Ada: confirmed" in corrected and "Ada: split off" in corrected
    assert "Changed since the decision" in corrected


def test_explain_of_a_question_that_a_correction_took_off_the_list_says_so(
    store: Path, call: Call, told: Callable[..., str]
) -> None:
    call("split", 3, "A1")
    shown = told("explain", recorded(store)[0].conflict_id)
    assert "Is Nils Brand still harbour chief?" in shown
    assert "Left the list: Is Nils Brand still harbour chief?" in shown and "fewer than two sides" in shown


def test_filters_narrow_the_queue(as_json: Callable[..., Any]) -> None:
    assert [row["rank"] for row in as_json("queue", "--lane", "update")] == [3]
    assert [row["rank"] for row in as_json("queue", "--kind", "number")] == [2]
    assert [row["rank"] for row in as_json("queue", "--outlet", "harbour times")] == [1, 3]
    assert as_json("queue", "--status", "stale") == []


def test_the_queue_goes_out_as_a_table_and_comes_back_as_decisions(
    store: Path, tmp_path: Path, call: Call, told: Callable[..., str]
) -> None:
    table = tmp_path / "queue.csv"
    told("queue", "--out", table)
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"decision": "confirmed", "note": "Seen the minutes."}
    rows[1] |= {"decision": "perhaps"}
    rows[2] |= {"decision": "Duplicate", "duplicate_of": "2", "reviewer": "Cy"}
    with table.open("w", encoding="cp1252", errors="replace", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    assert call("decide", "--from", table) == 1
    assert [(one.reviewer, one.decision, one.note) for one in recorded(store)] == [
        ("Ada", "confirmed", "Seen the minutes."),
        ("Cy", "duplicate", ""),
    ]
    assert call("decide", "--from", table) == 1
    assert len(recorded(store)) == 2


def test_a_table_decision_on_a_question_that_has_left_the_list_is_kept_and_shown_as_waiting(
    store: Path, tmp_path: Path, call: Call, told: Callable[..., str]
) -> None:
    table = tmp_path / "q.csv"
    call("queue", "--out", table, "--quiet")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    with table.open("w", encoding="utf-8", newline="") as stream:
        written = csv.DictWriter(stream, rows[0])
        written.writeheader()
        written.writerow(rows[1] | {"decision": "confirmed"})
    with open_store(store) as opened:
        succeed(opened, "run-2", Outcome())
    assert "1 question of them in no conflict of the last run: kept" in told("decide", "--from", table)
    assert f"{FIRE} (in no conflict now)" in told("history")
    assert "1 more decided question is in no conflict now; `detector history` shows" in told("queue")
    assert "0 reviews recorded, 1 recorded already" in told("decide", "--from", table)


def test_what_became_of_a_table_is_told_with_the_line_of_each_bad_row(
    tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("conflict_id,decision\nnobody,confirmed\n,\n", encoding="utf-8")
    assert call("decide", "--from", table) == 1
    assert capsys.readouterr().out.startswith("0 reviews recorded, 1 bad row\nline 2: nobody: its question is not")
    table.write_text("verdict\nyes\n", encoding="utf-8")
    assert call("decide", "--from", table) == 2
    assert "mine.csv: no column conflict_id and decision" in capsys.readouterr().err


def test_hostile_text_steers_no_terminal(told: Callable[..., str], call: Call) -> None:
    call("decide", 4, "unclear", "--note", "\x1b[31mred\u202e", "--reviewer", "Ev\x1b[0me")
    shown = told("queue", "--status", "all") + told("history") + told("history", 4)
    assert not set("\x1b\u202e\x07") & set(shown)


def test_reading_commands_change_nothing_in_the_store(store: Path, call: Call) -> None:
    call("decide", 1, "confirmed")
    before = store.read_bytes()
    for words in (("queue",), ("history",), ("history", "1"), ("stats",), ("queue", "--json")):
        assert call(*words) == 0
    assert store.read_bytes() == before


def test_quiet_leaves_only_mistakes(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("decide", 1, "confirmed", "--quiet") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_help_of_the_reviewing_commands_loads_nothing_heavy() -> None:
    names = ("queue", "decide", "split", "move", "merge", "undo", "history", "stats")
    code = f"from detector.cli import main\nfor name in {names}: assert main([name, '--help']) == 0\n"
    code += "import sys; print('LOADED', *sorted(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert loaded.isdisjoint({"torch", "spacy", "pandas", "numpy", "sqlalchemy", "rich", "krippendorff"})
