"""What a reader is told, and in which order."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from report_fixture import Sample, article, conflict, finding, side, statement

from detector.errors import InputError
from detector.records import Outcome, Run, Topic
from detector.report import Report, build_report


def built(sample: Sample, **changes: object) -> Report:
    parts = {"run": sample.run, "outcome": sample.outcome, "articles": sample.articles, "statements": sample.statements}
    return build_report(**(parts | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample()


@pytest.fixture(scope="module")
def report(sample: Sample) -> Report:
    return built(sample)


def test_rank_runs_over_all_lanes_in_the_order_of_the_outcome(sample: Sample, report: Report) -> None:
    assert [entry.conflict_id for entry in report.entries] == [one.conflict_id for one in sample.outcome.conflicts]
    assert [(entry.rank, entry.lane) for entry in report.entries] == [
        (1, "conflict"),
        (2, "conflict"),
        (3, "update"),
        (4, "dispute"),
    ]


def test_the_order_of_the_input_does_not_change_the_report(sample: Sample, report: Report) -> None:
    shuffled = random.Random(7)
    articles, statements = list(sample.articles), list(sample.statements)
    findings = list(sample.outcome.findings)
    for rows in (articles, statements, findings):
        shuffled.shuffle(rows)
    outcome = replace(sample.outcome, findings=tuple(findings))
    assert built(sample, articles=articles, statements=statements, outcome=outcome) == report


def test_the_side_with_more_independent_origins_comes_first(report: Report) -> None:
    tram = report.entries[0]
    assert [(one.label, one.position, one.origins) for one in tram.sides] == [
        ("A", "The council approved the line", 2),
        ("B", "The council did not approve the line", 2),
    ]
    assert len(tram.sides[0].outlets) == 7


def test_sides_of_equal_origins_stand_in_order_of_their_outlets(report: Report) -> None:
    assert [one.outlets for one in report.entries[1].sides] == [("Dock Notes",), ("Evening Quay",), ("Orrin Post",)]


def test_wire_copies_are_one_wording_of_many_outlets(report: Report) -> None:
    wordings = report.entries[0].sides[0].wordings
    assert [len(copies) for copies in wordings] == [6, 1]
    assert [copy.outlet for copy in wordings[0]][:2] == ["Norrland Wire", "Daily Ferry"]


def test_a_statement_stands_between_its_neighbours_without_the_title(report: Report) -> None:
    courier = report.entries[0].sides[1].statements[0]
    assert courier.text == "The council of Orrin did not approve the tram line on Tuesday."
    assert courier.before.strip() == "It was a long evening."
    assert courier.after.strip() == "A new vote is set for May."
    assert courier.article.text[courier.start : courier.end] == courier.text


def test_the_exemplar_is_read_first_then_each_outlet_once_by_date() -> None:
    early = article("Early", "It rained on Monday. It rained on Tuesday.", published="2031-01-01")
    late = article("Late", "It rained all day.", published="2031-01-02")
    other = article("Other", "It was dry.", published="2031-01-03")
    undated = article("Undated", "Rain fell.")
    first, second = statement(early, "It rained on Monday."), statement(early, "It rained on Tuesday.")
    exemplar, fourth, dry = (
        statement(late, "It rained all day."),
        statement(undated, "Rain fell."),
        statement(other, "It was dry."),
    )
    pair = finding(exemplar, dry, 0.9)
    rain = conflict(
        "Did it rain?",
        [side("It rained", [exemplar, fourth, second, first]), side("It was dry", [dry])],
        [pair],
        kind="negation",
    )
    report = build_report(
        run=Run("r", Sample().run.started_at),
        outcome=Outcome(conflicts=(rain,), findings=(pair,)),
        articles=[early, late, other, undated],
        statements=[first, second, exemplar, fourth, dry],
    )
    texts = [one.text for one in report.entries[0].sides[0].statements]
    assert texts == ["It rained all day.", "It rained on Monday.", "Rain fell.", "It rained on Tuesday."]


def test_missing_dates_guessed_outlets_and_skipped_languages_are_said(report: Report) -> None:
    assert report.notes == (
        "1 of 16 articles has no publication date: there an update cannot be told from a conflict.",
        "1 outlet is guessed from the text or the file name: Dock Notes.",
        "2 articles in a language that is not read took no part.",
    )


def test_a_reader_is_warned_of_reserve_of_missing_dates_and_of_news_that_moved_on(report: Report) -> None:
    assert report.entries[1].cautions == (
        "Side A speaks only with reserve (possible).",
        "No publication date from Dock Notes.",
    )
    assert report.entries[2].cautions == (
        "Side B speaks only with reserve (told as a plan).",
        "Side A was published 5 days after side B; news may have moved on.",
    )


def test_an_outlet_on_two_sides_is_named() -> None:
    torn = article("Torn", "The gate is open. The gate is shut.", published="2031-01-01")
    other = article("Other", "The gate stays shut.", published="2031-01-01")
    opened, shut, stays = (
        statement(torn, "The gate is open."),
        statement(torn, "The gate is shut."),
        statement(other, "The gate stays shut."),
    )
    pair = finding(opened, stays, 0.9)
    gate = conflict("Is it open?", [side("Open", [opened]), side("Shut", [shut, stays])], [pair], kind="antonym")
    report = build_report(
        run=Run("r", Sample().run.started_at),
        outcome=Outcome(conflicts=(gate,), findings=(pair,)),
        articles=[torn, other],
        statements=[opened, shut, stays],
    )
    assert report.entries[0].cautions == ("Torn stands on more than one side.",)
    assert [(pair.left, pair.right, pair.differ) for pair in report.outlet_pairs] == [("Other", "Torn", 1)]


def test_outlets_differ_in_the_conflict_lane_only_and_agree_on_one_side_or_in_an_agreement(report: Report) -> None:
    pairs = {(pair.left, pair.right): (pair.differ, pair.agree) for pair in report.outlet_pairs}
    assert pairs["Norrland Wire", "Orrin Courier"] == (1, 0)
    assert pairs["Evening Quay", "Orrin Post"] == (1, 2)
    assert pairs["Coast Radio", "Harbour Times"] == (0, 1), "an update is no conflict between outlets"


def test_an_article_stands_under_the_topic_of_most_of_its_statements(report: Report) -> None:
    tram, fire, rest = report.topics
    assert (tram.label, tram.ranks, len(tram.publications)) == ("tram line in Orrin", (1,), 9)
    assert fire.publications[-1].article.published_at is None, "undated articles come last"
    assert rest.topic_id is None
    assert sum(len(topic.publications) for topic in report.topics) == len(Sample().articles)


def test_pairs_of_an_entry_come_strongest_first(report: Report) -> None:
    assert [round(pair.probability, 2) for pair in report.entries[1].pairs] == [0.91, 0.72, 0.66]
    assert report.entries[1].probability == 0.91


def test_a_statement_that_was_not_given_is_named(sample: Sample) -> None:
    with pytest.raises(InputError, match=sample.statements[0].statement_id):
        built(sample, statements=sample.statements[1:])


def test_an_article_in_another_revision_is_no_evidence(sample: Sample) -> None:
    edited = [replace(one, revision=3) if one.revision == 2 else one for one in sample.articles]
    with pytest.raises(InputError, match="revision 2"):
        built(sample, articles=edited)


def test_a_run_without_conflicts_is_a_report(sample: Sample) -> None:
    report = built(sample, outcome=Outcome(), articles=sample.articles[:1], statements=[])
    assert report.entries == ()
    assert report.notes[-1].startswith("Only one outlet was given (Norrland Wire)")


def test_statements_of_a_topic_that_were_not_given_cost_nothing(sample: Sample) -> None:
    outcome = replace(sample.outcome, topics=(*sample.outcome.topics, Topic("t9", "elsewhere", ("unknown",))))
    assert [topic.label for topic in built(sample, outcome=outcome).topics][-2] == "elsewhere"
