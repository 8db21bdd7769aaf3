"""diff, report --since and --fail-on as people and schedulers meet them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from report_fixture import Sample, article, conflict, finding, side, statement
from store_values import NOON, succeed

from detector import cli, pipeline
from detector.records import Article, Conflict, Outcome, Run, Statement
from detector.store import Store, open_store

Call = Callable[..., int]
POST = article("Harbour Post", "The council approved the tram line.", title="Tram", published="2025-03-17")
TIMES = article("Ellery Times", "The council did not approve the tram line.", title="No tram", published="2025-03-17")
RADIO = article("Radio Ellery", "The tram line was approved by the council.", title="Yes", published="2025-03-18")
EDITED = replace(TIMES, text=TIMES.text.replace("did not approve", "put off"), revision=2, text_hash="other")
YES = statement(POST, "The council approved the tram line.")
NO = statement(TIMES, "The council did not approve the tram line.")
ALSO = statement(RADIO, "The tram line was approved by the council.")
TRAM = conflict(
    "Was the tram line approved?", [side("yes", [YES]), side("no", [NO])], [finding(YES, NO, 0.9)], kind="negation"
)
GROWN = replace(TRAM, sides=(side("yes", [YES, ALSO]), side("no", [NO])))


def add(store: Store, *articles: tuple[Article, list[Statement]]) -> None:
    store.add_articles([one for one, _ in articles])
    for one, statements in articles:
        store.put_statements(one, "test", statements)


def outcome(*conflicts: Conflict) -> Outcome:
    return Outcome(conflicts=conflicts)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Monday: the Post against the Times. Tuesday: the radio joins the Post. Wednesday: the Times edits its text."""
    path = tmp_path / "news.db"
    with open_store(path) as opened:
        add(opened, (POST, [YES]), (TIMES, [NO]))
        succeed(opened, "aa-monday", outcome(TRAM))
        add(opened, (RADIO, [ALSO]))
        succeed(opened, "ab-tuesday", outcome(GROWN), at=NOON + timedelta(days=1))
        add(opened, (EDITED, []))
        succeed(opened, "bb-wednesday", outcome(), at=NOON + timedelta(days=2))
    monkeypatch.setenv(cli.STORE_VARIABLE, str(path))
    return path


@pytest.fixture
def call(store: Path) -> Call:
    return lambda *words: cli.main([str(word) for word in words])


@pytest.fixture
def told(call: Call, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def printed(*words: object) -> str:
        assert call(*words) == 0
        return capsys.readouterr().out

    return printed


@pytest.fixture
def tree(told: Callable[..., str]) -> Callable[..., Any]:
    return lambda *words: json.loads(told(*words, "--json"))


def test_diff_compares_the_last_two_runs(told: Callable[..., str]) -> None:
    assert told("diff") == (
        "What changed since 19 Mar 2025, 12:01 UTC\n"
        "Questions: 1 settled. Articles: 0 added, 1 changed.\n"
        "\n"
        "Settled\n"
        "   -  Was the tram line approved? (was question 1)\n"
        "      What Ellery Times said does not stand there any more. Ellery Times changed\n"
        "      its text.\n"
        "      - Ellery Times: The council *did not approve* the tram line.\n"
        "      + Ellery Times: The council *put off* the tram line.\n"
        "\n"
        "Articles whose text was changed\n"
        "   -  Ellery Times: No tram (revision 2, read 20 Mar 2025, 12:00 UTC)\n"
        "      1 changed sentence is shown above.\n"
    )


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        (("-3", "-2"), {"grown": 1, "added": 1}),
        (("aa", "ab-tuesday"), {"grown": 1, "added": 1}),
        (("aa",), {"settled": 1, "added": 1, "revised": 1}),
        (("-1", "-1"), {}),
        (("--since", "2025-03-19"), {"settled": 1, "added": 1, "revised": 1}),
        (("--since", "2025-03-19T18:00Z"), {"settled": 1, "revised": 1}),
    ],
)
def test_runs_are_named_by_id_by_age_or_by_time(tree: Callable[..., Any], words: tuple[str, ...], counts: Any) -> None:
    assert {name: count for name, count in tree("diff", *words)["counts"].items() if count} == counts


def test_who_joined_which_side_is_told(told: Callable[..., str]) -> None:
    printed = told("diff", "-3", "-2")
    assert "Grown\n   1. Was the tram line approved?\n      Radio Ellery joined side A.\n" in printed
    assert "Articles added: 1, from Radio Ellery" in printed


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("diff", "--fail-on", "settled"), 1),
        (("diff", "--fail-on", "revised"), 1),
        (("diff", "--fail-on", "new", "--fail-on", "grown"), 0),
        (("diff", "-3", "-2", "--fail-on", "grown"), 1),
        (("report", "--quiet", "--fail-on", "revised"), 1),
        (("report", "--quiet", "--fail-on", "new"), 0),
        (("report", "--quiet", "--since", "2025-03-18T18:00Z", "--fail-on", "settled"), 1),
    ],
)
def test_a_scheduler_is_told_by_the_exit_code(call: Call, words: tuple[str, ...], code: int) -> None:
    assert call(*words) == code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("diff", "zz"), "has an id that begins so"),
        (("diff", "a"), "more than one run"),
        (("diff", "-9"), "no such run"),
        (("diff", "--nonsense"), "no such option"),
        (("diff", "aa", "--since", "yesterday"), "give one of them"),
        (("diff", "--since", "the day after"), "that is no time"),
        (("report", "--since", "tomorrow"), "still to come"),
    ],
)
def test_a_mistake_is_one_line_with_what_to_do(
    call: Call, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert call(*words) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("detector: ") and said in captured.err
    assert captured.err.count("\n") == 1


def test_a_time_before_the_first_run_is_said_and_the_first_run_taken(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("report", "--since", "2020-01-01T00:00Z") == 0
    captured = capsys.readouterr()
    assert "No run had finished by 1 Jan 2020: compared with the first one, of 18 Mar 2025, 12:01 UTC." in captured.err
    assert "What changed since 18 Mar 2025, 12:01 UTC" in captured.out


def test_the_first_run_has_nothing_to_compare_with_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(tmp_path / "first.db") as opened:
        add(opened, (POST, [YES]), (TIMES, [NO]))
        succeed(opened, "only", outcome(TRAM))
    where = ["--store", str(tmp_path / "first.db")]
    assert cli.main(["diff", *where, "--fail-on", "new"]) == 0
    assert capsys.readouterr().out == "Run only is the first: there is nothing to compare it with yet.\n"
    assert cli.main(["diff", *where, "--json"]) == 0
    assert capsys.readouterr().out == "null\n"
    for words in (["--since", "2026-01-01"], ["--only", "changed"], ["--fail-on", "new"], ["--since", "2020-01-01"]):
        assert cli.main(["report", *where, *words]) == 0
        captured = capsys.readouterr()
        told_plainly = "Run only is the first: there is nothing to compare it with yet.\n"
        assert captured.err == ("" if words[1] == "2026-01-01" else told_plainly)
        assert "Was the tram line approved?" in captured.out
    assert cli.main(["diff", "--store", str(tmp_path / "none.db")]) == 2


def test_a_report_of_what_changed_leaves_the_rest_out(
    store: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = Sample()
    with open_store(store) as opened:
        opened.add_articles(sample.articles)
        for home in sample.articles:
            same = (home.article_id, home.revision)
            opened.put_statements(
                home, "test", [one for one in sample.statements if (one.article_id, one.revision) == same]
            )
        succeed(
            opened, "c1", replace(sample.outcome, conflicts=sample.outcome.conflicts[:2]), at=NOON + timedelta(days=3)
        )
        succeed(
            opened, "c2", replace(sample.outcome, conflicts=sample.outcome.conflicts[:3]), at=NOON + timedelta(days=4)
        )
    assert call("report", "--only", "changed", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [(entry["rank"], entry["change"]["state"]) for entry in report["conflicts"]] == [(3, "new")]
    assert report["notes"][0] == "Only what is new or changed: 1 question of 3."
    opinion = ["--reviewer", "Ana", "--quiet"]
    assert call("decide", report["conflicts"][0]["conflict_id"], "rejected", "--reason", "update", *opinion) == 0
    capsys.readouterr()
    assert call("report", "--only", "open", "--json") == 0
    assert [entry["rank"] for entry in json.loads(capsys.readouterr().out)["conflicts"]] == [1, 2]
    assert call("report", "--json", "--fail-on", "update") == 0
    decision = json.loads(capsys.readouterr().out)["conflicts"][2]["decision"]
    assert (decision["decision"], decision["reason"], decision["reviewer"], decision["set_aside"]) == (
        "rejected", "update", "Ana", True,
    )  # fmt: skip


def test_a_run_that_is_only_reported_again_alarms_nobody_twice(
    store: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOON + timedelta(days=5)

    def run_once(opened: Store, **_: object) -> Run:
        if "new-run" not in [known.run_id for known in opened.runs()]:
            succeed(opened, "new-run", outcome(GROWN), at=later)
        last = opened.last_run()
        assert last is not None
        return last

    monkeypatch.setattr(pipeline, "run", run_once)
    assert call("run", "--quiet", "--fail-on", "new") == 1
    assert call("run", "--quiet", "--fail-on", "new") == 0
    assert call("run", "--quiet", "--fail-on", "conflict") == 1


def test_the_same_store_gives_the_same_bytes(tree: Callable[..., Any], told: Callable[..., str]) -> None:
    assert told("report", "--json") == told("report", "--json")
    assert tree("report")["changes"] == tree("diff")
