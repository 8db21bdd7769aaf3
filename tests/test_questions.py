"""What readers found in real articles, and how many entries of a report ask it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.errors import InputError
from detector.evaluation.__main__ import main
from detector.evaluation.questions import Question, find_asked, read_questions

IN_RECESSION = Question("theme", "Is it a recession?", "conflict", 2, (frozenset("ab"), frozenset("cx")))
ODDS = Question("theme", "How likely is one?", "explained", 1, (frozenset("d"), frozenset("e"), frozenset("x")))
ROUNDED = Question("theme", "How many, to the hundred?", "explained", 0, (frozenset("f"), frozenset("g")))
ALIKE = Question("theme", "Did prices rise?", "agreement", 0, (frozenset("hi"),))
ELSEWHERE = Question("another", "Who resigned?", "conflict", 2, (frozenset("m"), frozenset("n")))
LISTED = [IN_RECESSION, ODDS, ROUNDED, ALIKE, ELSEWHERE]


def report(*entries: tuple[str, ...]) -> dict[str, object]:
    """Entries of sides, each a string of one-letter statement ids."""
    return {
        "conflicts": [
            {
                "rank": rank,
                "question": f"Entry {rank}?",
                "sides": [{"statements": [{"statement_id": one} for one in side]} for side in sides],
            }
            for rank, sides in enumerate(entries, start=1)
        ]
    }


def test_an_entry_asks_a_question_when_its_sides_are_on_different_sides_of_it() -> None:
    found = find_asked(report(("a", "c"), ("a", "b"), ("z", "d", "e")), LISTED)
    assert [entry.asks for entry in found.entries] == [(IN_RECESSION,), (), (ODDS,)]
    assert [entry.wanted for entry in found.entries] == [True, False, True]


def test_of_several_questions_that_an_entry_asks_the_most_wanted_comes_first_and_all_are_found() -> None:
    certain = Question("theme", "How deep is it?", "conflict", 2, (frozenset("d"), frozenset("x")))
    found = find_asked(report(("ad", "x")), [*LISTED, certain])
    assert found.entries[0].asks == (certain, IN_RECESSION, ODDS)
    assert found.recall(1) == (2, 2)


def test_what_is_trivial_or_alike_is_not_what_an_editor_wants() -> None:
    found = find_asked(report(("f", "g"), ("h", "i")), LISTED)
    assert [entry.wanted for entry in found.entries] == [False, False]
    assert found.precision(10) == 0.0


def test_figures_are_of_the_first_entries_and_of_the_articles_reported_on() -> None:
    found = find_asked(report(("z", "y"), ("a", "c"), ("b", "x"), ("d", "e")), LISTED)
    assert found.precision(2) == 0.5 and found.precision(20) == 0.75
    assert found.recall(1) == (0, 1) and found.recall(3) == (1, 1)


def test_a_report_on_other_articles_is_refused() -> None:
    with pytest.raises(InputError, match="none of the statements that were read"):
        find_asked(report(("y", "z")), LISTED)


def test_the_shipped_questions_are_whole_and_hold_no_words_of_articles() -> None:
    listed = read_questions()
    assert len(listed) == 753 and {one.label for one in listed} == {"conflict", "explained", "agreement"}
    for one in listed:
        assert one.interest in (0, 1, 2) and len(one.question) < 130
        assert len(one.sides) == 1 if one.label == "agreement" else len(one.sides) >= 2
        assert all(len(statement) == 16 for side in one.sides for statement in side)


def test_the_command_names_the_question_of_each_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = next(one for one in read_questions() if one.label == "conflict" and one.interest == 2)
    sides = [{"statements": [{"statement_id": min(side)}]} for side in listed.sides]
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"conflicts": [{"rank": 1, "question": "So?", "sides": sides}]}), encoding="utf-8")
    assert main(["questions", str(path)]) == 0
    assert listed.question[:40] in capsys.readouterr().out
    assert main(["questions", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["precision"] == {"5": 1.0, "10": 1.0, "20": 1.0}


def test_what_is_no_report_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    path.write_text("[]", encoding="utf-8")
    assert main(["questions", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no report; expected one in its JSON form" in line
