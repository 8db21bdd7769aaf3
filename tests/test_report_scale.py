"""The scale of a decision in every form of the report, and quotation marks and line ends that a reader can copy."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import jsonschema
import pytest
from report_fixture import Sample
from rich.console import Console

from detector.records import Stance
from detector.report import Report, build_report, print_report
from detector.report.html import to_html
from detector.report.json import schema, to_json
from detector.report.markdown import to_markdown
from detector.report.wording import quoted, scale_words


def report_with(*stances: Stance | None) -> Report:
    """The invented run, the first sides of its first conflict with these stances."""
    sample = Sample()
    first, *others = sample.outcome.conflicts
    sides = tuple(replace(side, stance=stance) for side, stance in zip(first.sides, stances, strict=True))
    outcome = replace(sample.outcome, conflicts=(replace(first, sides=sides), *others))
    return build_report(run=sample.run, outcome=outcome, articles=sample.articles, statements=sample.statements)


@pytest.fixture(scope="module")
def report() -> Report:
    return report_with("accepted", "rejected")


def printed(report: Report) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_report(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_outlet_of_a_decision_stands_on_one_step(report: Report) -> None:
    entry = report.entries[0]
    assert [step for step, _ in entry.scale] == ["rejected", "unlikely", "undecided", "open", "accepted"]
    assert sorted(name for _, names in entry.scale for name in names) == sorted(entry.outlets)
    assert all(other.scale == () for other in report.entries[1:])


def test_an_outlet_whose_own_words_tell_no_stance_stands_on_its_side_and_on_no_step() -> None:
    sample = Sample()
    first, *others = sample.outcome.conflicts
    stances: tuple[Stance, ...] = ("accepted", "rejected")
    approving, rejecting = (replace(side, stance=one) for side, one in zip(first.sides, stances, strict=True))
    statements = [
        replace(one, wording="The hall was full on Tuesday evening.")
        if one.statement_id in rejecting.statement_ids
        else one
        for one in sample.statements
    ]
    outcome = replace(sample.outcome, conflicts=(replace(first, sides=(approving, rejecting)), *others))
    entry = build_report(run=sample.run, outcome=outcome, articles=sample.articles, statements=statements).entries[0]
    placed = {name for _, names in entry.scale for name in names}
    assert placed < set(entry.outlets)


def test_json_gives_the_stance_of_each_side_and_null_where_no_decision_is_at_stake(report: Report) -> None:
    tree = json.loads(to_json(report))
    jsonschema.validate(tree, schema())
    assert {side["stance"] for side in tree["conflicts"][0]["sides"]} == {"accepted", "rejected"}
    assert {side["stance"] for side in tree["conflicts"][1]["sides"]} == {None}
    assert all(set(side["outlet_stances"]) == set(side["outlets"]) for side in tree["conflicts"][0]["sides"])


def test_a_report_written_before_there_were_stances_still_meets_the_schema(report: Report) -> None:
    tree = json.loads(to_json(report))
    for side in (side for entry in tree["conflicts"] for side in entry["sides"]):
        del side["stance"], side["outlet_stances"]
    jsonschema.validate(tree, schema())


def test_text_reports_name_the_steps_with_their_outlets_on_one_line(report: Report) -> None:
    line = scale_words(report.entries[0])
    assert line.startswith("rejected (Fell Gazette and Orrin Courier") and " – accepted (" in line
    assert (
        sum(
            text.startswith("Scale: rejected (Fell Gazette and Orrin Courier")
            for text in to_markdown(report).splitlines()
        )
        == 1
    )
    assert "Scale: rejected (Fell Gazette and Orrin Courier" in printed(report)


def test_the_page_shows_the_scale_as_a_list_and_only_for_a_decision(report: Report) -> None:
    page = to_html(report)
    assert page.count('<figure class="scale"') == 1
    for step in ("Rejected", "Unlikely", "Undecided", "Open", "Accepted"):
        assert f"<b>{step}</b>" in page
    assert '<figure class="scale"' not in to_html(report_with(None, None))


def test_no_printed_line_ends_in_spaces(report: Report) -> None:
    assert [line for line in printed(report).splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The dam held.", "“The dam held.”"),
        ("“The dam held.”", "“The dam held.”"),
        ("“The dam held.", "“The dam held.”"),
        ("The dam held.”", "“The dam held.”"),
        ('"The dam held," he said.', '"The dam held," he said.'),
        ('He said "no"', '“He said "no"”'),
    ],
)
def test_quotation_marks_are_not_doubled(text: str, shown: str) -> None:
    assert quoted(text) == shown
