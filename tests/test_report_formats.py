"""JSON, tables, Markdown, terminal and files."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from report_fixture import HOSTILE, Sample
from rich.console import Console

from detector.errors import InputError
from detector.records import Outcome
from detector.report import FORMATS, Report, agreements_frame, build_report, print_report, to_frame, write_report
from detector.report.json import as_tree, schema, to_json, to_jsonl
from detector.report.markdown import escaped, to_markdown
from detector.report.tables import to_csv
from detector.report.wording import shown, span_words, web_link


def built(sample: Sample) -> Report:
    return build_report(run=sample.run, outcome=sample.outcome, articles=sample.articles, statements=sample.statements)


@pytest.fixture(scope="module")
def report() -> Report:
    return built(Sample())


# ------------------------------------------------------------------------------------------------------------- JSON


def test_json_meets_the_published_schema(report: Report) -> None:
    validator = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())
    jsonschema.Draft202012Validator.check_schema(schema())
    assert list(validator.iter_errors(json.loads(to_json(report)))) == []


def test_the_schema_refuses_a_report_without_a_named_key(report: Report) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for broken in ("conflicts", "agreements", "run", "schema"):
        tree = as_tree(report)
        del tree[broken]
        assert not validator.is_valid(tree)
    for named in ("decision", "lane", "question", "sides", "factors", "pairs", "rank"):
        tree = as_tree(report)
        del tree["conflicts"][0][named]
        assert not validator.is_valid(tree)


def test_json_holds_the_keys_of_the_contract(report: Report) -> None:
    tree = json.loads(to_json(report))
    assert list(tree)[:2] == ["schema", "run"]
    assert tree["schema"] == "detector-report/1"
    entry = tree["conflicts"][0]
    assert list(entry)[:7] == ["conflict_id", "rank", "score", "kind", "lane", "question", "decision"]
    assert entry["decision"] is None
    assert set(entry["sides"][0]) == {"position", "outlets", "origins", "stance", "outlet_stances", "statements"}
    spoken = entry["sides"][0]["statements"][0]
    assert {"statement_id", "text", "start", "end", "speaker", "modality", "article"} <= set(spoken)
    assert {"article_id", "outlet", "title", "published_at", "url", "path"} <= set(spoken["article"])
    assert spoken["article"]["published_at"] == "2031-03-04T18:00:00Z"


def test_the_same_outcome_gives_the_same_bytes_whenever_and_however_long_it_ran() -> None:
    sample = Sample()
    first = to_json(built(sample))
    sample.run = replace(
        sample.run,
        run_id="other",
        started_at=datetime(2040, 1, 1, tzinfo=UTC),
        finished_at=None,
        seconds={"score": 99.0},
    )
    sample.run = replace(sample.run, settings=dict(reversed(sample.run.settings.items())))
    assert to_json(built(sample)) == first


def test_numbers_have_four_decimals_and_factors_add_up(report: Report) -> None:
    tree = as_tree(report)
    assert tree["conflicts"][0]["pairs"][0]["similarity"] == 0.7123
    for entry in tree["conflicts"]:
        assert sum(factor["contribution"] for factor in entry["factors"]) == pytest.approx(entry["score"], abs=1e-3)


def test_offsets_and_highlights_fit_the_text(report: Report) -> None:
    texts = {one.article_id: one.text for one in Sample().articles}
    for entry in as_tree(report)["conflicts"]:
        for one in (one for side in entry["sides"] for one in side["statements"]):
            assert texts[one["article"]["article_id"]][one["start"] : one["end"]] == one["text"]
            assert all(0 <= start < end <= len(one["text"]) for start, end in one["highlights"])


def test_jsonl_holds_one_conflict_or_agreement_a_line(report: Report) -> None:
    rows = [json.loads(line) for line in to_jsonl(report).splitlines()]
    assert [row["type"] for row in rows] == ["conflict"] * 4 + ["agreement"]
    assert {**rows[0]} == {"type": "conflict", **as_tree(report)["conflicts"][0]}


def test_half_a_surrogate_pair_survives_in_json_and_breaks_no_other_format(tmp_path: Path) -> None:
    sample = Sample()
    sample.articles[0] = replace(sample.articles[0], title="odd \ud800 title")
    report = built(sample)
    for suffix in FORMATS:
        write_report(report, tmp_path / f"report{suffix}")
    titles = [
        one["article"]["title"]
        for entry in json.loads((tmp_path / "report.json").read_text("utf-8"))["conflicts"]
        for side in entry["sides"]
        for one in side["statements"]
    ]
    assert "odd \ud800 title" in titles


# ----------------------------------------------------------------------------------------------------------- tables


def test_csv_has_a_row_for_each_statement_of_each_side(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(report))))
    assert len(rows) == sum(len(side.statements) for entry in report.entries for side in entry.sides)
    assert rows[0]["rank"] == "1"
    assert rows[0]["side"] == "A"
    assert rows[0]["outlet"] == "Norrland Wire"
    assert rows[0]["position"] == "The council approved the line"


def test_no_cell_starts_a_formula(report: Report) -> None:
    cells = [cell for row in csv.reader(io.StringIO(to_csv(report))) for cell in row]
    assert "'=cmd|'/c calc'!A1" in cells
    assert "'-open" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_frame_and_parquet_are_one_table(report: Report, tmp_path: Path) -> None:
    frame = to_frame(report)
    write_report(report, tmp_path / "report.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "report.parquet"), frame)
    assert str(frame["published_at"].dt.tz) == "UTC"
    assert frame["published_at"].isna().sum() == 1
    assert frame["rank"].tolist() == sorted(frame["rank"])


def test_frames_of_a_run_without_conflicts_keep_their_columns() -> None:
    sample = Sample()
    sample.outcome = Outcome()
    empty = built(sample)
    assert list(to_frame(empty).columns) == list(to_frame(built(Sample())).columns)
    assert len(to_frame(empty)) == len(agreements_frame(empty)) == 0


def test_agreements_have_a_frame_of_their_own(report: Report) -> None:
    assert agreements_frame(report)["outlet"].tolist() == ["Orrin Post", "Evening Quay"]


# --------------------------------------------------------------------------------------------------------- markdown


def test_markdown_marks_the_difference_and_names_outlet_date_and_link(report: Report) -> None:
    text = to_markdown(report)
    assert "## 1. Has the council of Orrin approved the tram line?" in text
    assert "> The council of Orrin did **not approve** the tram line on Tuesday." in text
    assert "— Orrin Courier, 5 Mar 2031, 06:30 UTC, [No tram yet](https://courier.example/no-tram)" in text
    assert "7 outlets, 2 independent origins" in text


def test_article_text_makes_no_markup_in_markdown(report: Report) -> None:
    text = to_markdown(report)
    assert HOSTILE not in text
    assert "<img" not in text.replace("\\<img", "")
    assert not re.search(r"[^\\]\]\(javascript:", text)
    assert not re.search(r"[\x1b\u202e]", text)
    assert escaped("# not a heading") == "\\# not a heading"
    assert escaped("1. not a list") == "1\\. not a list"
    assert escaped("- neither") == "\\- neither"


# --------------------------------------------------------------------------------------------------------- terminal


def printed(report: Report, *, width: int = 80, terminal: bool = False, limit: int | None = None) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=terminal, color_system="standard" if terminal else None
    )
    print_report(report, console, limit=limit)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_terminal_fits_80_columns_and_names_every_side(report: Report) -> None:
    text = printed(report)
    assert max(map(len, text.splitlines())) <= 80
    for words in (
        "1. Has the council",
        "A  The council approved the line",
        "2 independent origins",
        "(guessed)",
    ):
        assert words in text


def test_without_colour_the_difference_is_still_marked(report: Report) -> None:
    assert "*not approve*" in printed(report)
    assert "*not approve*" not in printed(report, terminal=True)


def test_article_text_moves_no_cursor_and_makes_no_rich_markup(report: Report) -> None:
    plain = printed(report)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", plain)
    assert "[bold]by[/bold]" in plain


def test_terminal_says_how_many_entries_are_left_out(report: Report) -> None:
    text = printed(report, limit=1)
    assert "Is Nils Brand still harbour chief?" not in text
    assert "3 more entries not shown" in text


def test_terminal_says_when_nothing_was_found() -> None:
    sample = Sample()
    sample.outcome = Outcome()
    assert "No question was found on which these outlets differ." in printed(built(sample))


# ------------------------------------------------------------------------------------------------------------ files


def test_an_unknown_suffix_names_the_known_ones(report: Report, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.docx is not a report format; expected one of \.html, \.md, \.csv, \.json"):
        write_report(report, tmp_path / "report.docx")
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_finished_leaves_the_old_file(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.json"
    target.write_text("old")

    def fails(_: Report) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("detector.report.json.to_json", fails)
    with pytest.raises(InputError, match="No space left on device"):
        write_report(report, target)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text() == "old"


def test_every_format_is_written_twice_the_same(report: Report, tmp_path: Path) -> None:
    for suffix in FORMATS:
        first, second = tmp_path / f"first{suffix}", tmp_path / "deep" / f"second{suffix.upper()}"
        write_report(report, first)
        write_report(built(Sample()), second)
        assert first.read_bytes() == second.read_bytes()


# ---------------------------------------------------------------------------------------------------- words and links


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//host.example/x", "https://", "http://[x", "https://a.example/\"x", "file:///etc/passwd",
     "https://a.example/ b", "https://a.example/\u202ex", "", None],
)  # fmt: skip
def test_only_plain_web_addresses_are_links(address: str | None) -> None:
    assert web_link(address) is None


def test_a_web_address_is_kept_as_it_is() -> None:
    assert web_link("https://a.example/path?q=1&r=(2)#x") == "https://a.example/path?q=1&r=(2)#x"


def test_shown_text_has_no_steering_characters() -> None:
    assert shown("a\u202eb\x1b[0m\u200bc\r\nd") == "a\ufffdb\ufffd[0mc\nd"


def test_a_span_of_days_says_month_and_year_once() -> None:
    first, second, third = (
        datetime(2031, 3, 7, tzinfo=UTC),
        datetime(2031, 3, 9, tzinfo=UTC),
        datetime(2031, 4, 1, tzinfo=UTC),
    )
    assert span_words(first, second) == "7–9 Mar 2031"
    assert span_words(first, third) == "7 Mar – 1 Apr 2031"
    assert span_words(first, first) == "7 Mar 2031"
    assert span_words(None, None) == "no dates known"
