"""What changed and what reviewers decided, in every form of the report."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from changes_fixture import changes_of, decided, review, reviewed_report, states_of
from report_fixture import HOSTILE, Sample
from rich.console import Console

from detector.changes import CHANGE_STATES
from detector.decisions.values import ReviewState
from detector.report import FORMATS, Report, build_report, print_report, to_frame, write_report
from detector.report.changed import narrowed
from detector.report.html import decision_marks, revised_pieces, to_html
from detector.report.json import as_tree, schema, to_json, to_jsonl
from detector.report.markdown import to_markdown
from detector.report.plain import change_lines
from detector.report.tables import to_csv
from detector.report.wording import CHANGE_WORDS, badge_words, decision_words


@pytest.fixture(scope="module")
def report() -> Report:
    return reviewed_report()


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return to_html(report)


def plain_report(states: dict[str, ReviewState] | None = None) -> Report:
    sample = Sample()
    return build_report(
        run=sample.run, outcome=sample.outcome, articles=sample.articles, statements=sample.statements, states=states
    )


def printed(report: Report, *, limit: int | None = None) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_report(report, console, limit=limit)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_report_compared_with_nothing_has_no_section_on_changes() -> None:
    report = plain_report()
    assert report.changes is None and change_lines(report) == []
    assert as_tree(report)["changes"] is None
    assert {entry["change"] for entry in as_tree(report)["conflicts"]} == {None}
    for text in (to_markdown(report), to_html(report), printed(report)):
        assert "Changes since" not in text and "What changed" not in text


def test_each_entry_knows_what_became_of_it(report: Report) -> None:
    assert [entry.change.state for entry in report.entries if entry.change] == ["grown", "edited", "new", "unchanged"]
    grown, edited = report.entries[0].change, report.entries[1].change
    assert grown and edited
    assert grown.says == ("Coast Radio joined side A.",)
    assert edited.says == ("Orrin Post changed its text.",)
    assert grown.joined == (("A", "Coast Radio"),)


def test_the_label_of_a_side_that_someone_joined_is_the_one_shown(report: Report) -> None:
    side = next(side for side in report.entries[0].sides if side.label == "A")
    assert "Coast Radio" in side.outlets


def test_a_settled_question_says_why_and_whose_side_is_gone(report: Report) -> None:
    assert report.changes
    (settled,) = report.changes.settled
    assert (settled.question, settled.rank_before, settled.reason) == ("Were the boats saved?", 2, "side-gone")
    assert [(side.outlets, side.gone) for side in settled.sides] == [
        (("Dock Notes",), False),
        (("Evening Quay",), True),
    ]
    assert settled.says == (
        "What Evening Quay said does not stand there any more.",
        "Evening Quay changed its text.",
    )


def test_json_with_changes_and_decisions_meets_the_published_schema(report: Report) -> None:
    tree = json.loads(to_json(report))
    validator = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())
    assert list(validator.iter_errors(tree)) == []
    assert tree["changes"]["counts"] == {
        "new": 1, "grown": 1, "shrunk": 0, "edited": 1, "moved": 0, "settled": 1, "unchanged": 1, "added": 2, "revised": 2,
    }  # fmt: skip
    assert [one["state"] for one in tree["changes"]["conflicts"]] == ["grown", "edited", "new"]
    assert [one["article"]["outlet"] for one in tree["changes"]["revisions"]] == ["Orrin Post", "Evening Quay"]
    first = tree["changes"]["revisions"][0]
    assert first["read_at"] == "2031-03-09T12:00:00Z"
    assert first["sentences"][0]["before"] == "The fire hurt nobody, the brigade said."
    (start, end), = first["sentences"][0]["before_highlights"]  # fmt: skip
    assert first["sentences"][0]["before"][start:end] == "nobody"


def test_the_schema_refuses_changes_and_decisions_that_lack_a_named_key(report: Report) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for key in ("since", "counts", "settled", "revisions"):
        tree = json.loads(to_json(report))
        del tree["changes"][key]
        assert not validator.is_valid(tree)
    for key in ("decision", "reviewer", "status", "changed"):
        tree = json.loads(to_json(report))
        del tree["conflicts"][0]["decision"][key]
        assert not validator.is_valid(tree)


def test_a_report_written_before_there_were_changes_still_meets_the_schema() -> None:
    tree = json.loads(to_json(plain_report()))
    del tree["changes"]
    for entry in tree["conflicts"]:
        del entry["change"], entry["reviewer_notes"]
    jsonschema.validate(tree, schema())


def test_the_same_history_gives_the_same_bytes(report: Report) -> None:
    assert to_json(reviewed_report()) == to_json(report)
    assert to_html(reviewed_report()) == to_html(report)


def test_json_gives_the_decision_that_stands_and_null_where_none_does(report: Report) -> None:
    disputed, stale, open_one, rejected = (entry["decision"] for entry in as_tree(report)["conflicts"])
    assert open_one is None
    assert (disputed["decision"], disputed["disputed"], len(disputed["reviews"])) == ("confirmed", True, 2)
    assert (stale["decision"], stale["status"], stale["reviewer"]) == ("confirmed", "stale", "Ana")
    assert [(one["what"], one["outlet"]) for one in stale["changed"]] == [
        ("reworded", "Orrin Post"),
        ("added", "Dock Notes"),
    ]
    assert (rejected["reason"], rejected["set_aside"]) == ("not-same-matter", True)
    assert as_tree(report)["conflicts"][2]["reviewer_notes"][0]["note"] == "The board calls back at noon."


def test_jsonl_ends_with_what_is_settled_and_revised(report: Report) -> None:
    rows = [json.loads(line) for line in to_jsonl(report).splitlines()]
    assert [row["type"] for row in rows][4:] == ["agreement", "settled", "revision", "revision"]


def test_tables_tell_change_and_decision_of_each_row(report: Report, tmp_path: Path) -> None:
    rows = {row["rank"]: row for row in csv.DictReader(io.StringIO(to_csv(report)))}
    told = {rank: (row["change"], row["decision"], row["decision_status"]) for rank, row in rows.items()}
    assert told == {
        "1": ("grown", "confirmed", "disputed"),
        "2": ("edited", "confirmed", "stale"),
        "3": ("new", "", ""),
        "4": ("unchanged", "rejected", "decided"),
    }
    assert list(to_frame(report).columns)[-3:] == ["change", "decision", "decision_status"]
    for suffix in FORMATS:
        write_report(report, tmp_path / f"report{suffix}")


def test_terminal_tells_what_changed_before_the_list_in_80_columns(report: Report) -> None:
    text = printed(report)
    assert max(map(len, text.splitlines())) <= 80
    assert text.index("What changed since 8 Mar 2031, 06:00 UTC") < text.index("Outlets   Score")
    assert "      - Orrin Post: The fire hurt *nobody*, the brigade said.\n" in text
    assert "      + Orrin Post: The fire hurt *12 people*, the brigade said.\n" in text
    assert "Articles added: 2, from Coast Radio" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_a_changed_sentence_is_shown_once_in_plain_text(report: Report) -> None:
    text = "\n".join(change_lines(report))
    assert text.count("*nobody*") == 1
    assert "1 changed sentence is shown above." in text


def test_what_reviewers_set_aside_stands_at_the_end_in_a_line_and_is_not_hidden(report: Report) -> None:
    text = printed(report)
    assert text.index("Set aside by reviewers") > text.index("3. Is Nils Brand still harbour chief?")
    assert text.count("Was the gate shut?") == 1
    assert "rejected by" in text[text.index("Set aside") :]
    markdown = to_markdown(report)
    assert markdown.count("Was the gate shut?") == 1
    assert markdown.index("## Set aside by reviewers") > markdown.index("## 3. ")


def test_a_limit_counts_only_what_is_not_set_aside(report: Report) -> None:
    assert "1 more entry not shown" in printed(report, limit=2)
    assert "Set aside by reviewers" in printed(report, limit=2)


def test_a_stale_decision_shows_what_changed_since(report: Report) -> None:
    text = " ".join(printed(report).split())
    assert "Decision: confirmed by Ana, 8 Mar 2031; the evidence has changed since. “Called the brigade.”" in text
    assert "Orrin Post changed “The fire hurt nobody, the brigade said.” to “The fire hurt 12 people" in text
    assert "New from Dock Notes: “Around twenty were hurt, maybe more.”" in text
    assert "Note by Ana: “The board calls back at noon.”" in text


def test_reviewers_who_disagree_are_all_named(report: Report) -> None:
    decision = report.entries[0].decision
    assert decision
    assert decision_words(decision) == (
        "confirmed by Ben, 8 Mar 2031; reviewers disagree: rejected by Ana, 8 Mar 2031 (an update)"
    )
    assert badge_words(decision) == "Reviewers disagree (2 decisions)"
    assert decision_marks(report.entries[0]) == ("confirmed", "decided", "disputed")


def test_a_duplicate_names_the_question_that_it_repeats() -> None:
    sample = Sample()
    tram, toll = (one.conflict_id for one in sample.outcome.conflicts[:2])
    state = replace(decided(review(toll, "Ana", "duplicate")), duplicate_of=tram)
    entry = plain_report({toll: state}).entries[1]
    assert entry.folded and entry.decision
    assert decision_words(entry.decision) == "called a duplicate of question 1 by Ana, 8 Mar 2031"


def test_markdown_has_a_table_of_the_edited_articles(report: Report) -> None:
    text = to_markdown(report)
    assert "## Changes since 8 Mar 2031, 06:00 UTC" in text
    assert "| The fire hurt **nobody**, the brigade said. | The fire hurt **12 people**, the brigade said. |" in text
    assert "- **Grown**: 1. Has the council of Orrin approved the tram line? Coast Radio joined side A." in text
    assert HOSTILE not in text
    assert not [line for line in text.splitlines() if re.search(r"[^ ] $", line)]


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_has_the_section_badges_and_links_to_each_entry(page: str, report: Report) -> None:
    section = page[page.index('<section id="changes"') : page.index('<section id="questions"')]
    for entry in report.entries[:3]:
        assert f'href="#{entry.conflict_id}"' in section
    assert '<del dir="auto">The fire hurt <mark>nobody</mark>, the brigade said.</del>' in section
    assert '<ins dir="auto">The fire hurt <mark>12 people</mark>, the brigade said.</ins>' in section
    assert '<span class="tag change grown">Grown</span>' in page[page.index('<section id="questions"') :]
    assert "Confirmed by Ana, 8 Mar 2031; evidence changed since" in page


def test_ids_of_the_page_are_unique_and_every_link_leads_somewhere(page: str) -> None:
    found = Tags(page).found
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    inside = [str(a["href"])[1:] for tag, a in found if tag == "a" and str(a["href"]).startswith("#")]
    assert set(inside) <= set(ids)


def test_texts_of_articles_and_reviewers_make_no_element(page: str) -> None:
    assert HOSTILE not in page
    tags = [tag for tag, _ in Tags(page).found]
    assert tags.count("script") == tags.count("style") == 1 and "img" not in tags
    assert not [name for _, attributes in Tags(page).found for name in attributes if name.startswith("on")]


def test_questions_set_aside_are_folded_on_the_page(page: str) -> None:
    aside = page[page.index('<details id="set-aside">') :]
    assert "1 question set aside by reviewers" in aside
    assert "Was the gate shut?" in aside
    assert page.index('<details id="set-aside">') > page.index("Is Nils Brand still harbour chief?")


def test_every_state_has_its_word() -> None:
    assert set(CHANGE_WORDS) == set(CHANGE_STATES)


def test_a_sentence_without_end_is_shortened_on_the_page() -> None:
    pieces = revised_pieces("a" * 100_000 + " end", ((100_001, 100_004),))
    assert [marked for _, marked in pieces] == [False, True]
    assert sum(len(text) for text, _ in pieces) < 300


def test_a_report_of_what_changed_keeps_ranks_and_says_what_is_left_out(report: Report) -> None:
    only = narrowed(report, lambda entry: bool(entry.change and entry.change.is_news), "Only what is new or changed")
    assert [entry.rank for entry in only.entries] == [1, 2, 3]
    assert only.notes[0] == "Only what is new or changed: 3 questions of 4."
    open_ones = narrowed(report, lambda entry: entry.rank == 3, "Only what is not decided")
    assert 'data-rank="3"' in to_html(open_ones)
    assert {rank for topic in open_ones.topics for rank in topic.ranks} <= {3}
    jsonschema.validate(json.loads(to_json(open_ones)), schema())
    assert narrowed(report, lambda _: True, "All").notes == report.notes


def test_what_else_differs_between_the_runs_is_said_as_a_caution() -> None:
    sample = Sample()
    changes = replace(changes_of(sample), setup=("settings [conflicts]", "model: nli"), complete=False)
    report = build_report(
        run=sample.run,
        outcome=sample.outcome,
        articles=sample.articles,
        statements=sample.statements,
        changes=changes,
        states=states_of(sample),
    )
    text = " ".join(printed(report).split())
    assert "Not only the articles differ between the two runs: settings [conflicts] and model: nli." in text
    assert "what was added or revised is not known" in text
    assert "Articles: 2 added" not in text
    assert "settings [conflicts] and model: nli" in to_html(report)
