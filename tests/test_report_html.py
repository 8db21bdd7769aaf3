"""The HTML page as text: what is in it, and what article text cannot do to it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_fixture import HOSTILE, Sample

from detector.records import Outcome, ScoreFactor
from detector.report import Report, build_report
from detector.report.html import MATRIX_OUTLETS, matrix_of, timeline_of, to_html, waterfall_of
from detector.report.values import OutletPair, OutletRow


def built(sample: Sample) -> Report:
    return build_report(run=sample.run, outcome=sample.outcome, articles=sample.articles, statements=sample.statements)


@pytest.fixture(scope="module")
def report() -> Report:
    return built(Sample())


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return to_html(report)


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


def test_the_same_report_gives_the_same_page(page: str) -> None:
    assert to_html(built(Sample())) == page


def test_the_policy_lets_only_the_page_s_own_style_and_script_work(page: str) -> None:
    policy = next(m["content"] for m in Elements(page).of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none';") and "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_fetches_nothing(page: str) -> None:
    elements = Elements(page)
    assert not elements.of("img", "iframe", "object", "embed", "audio", "video", "base", "form")
    assert [one["href"] for one in elements.of("link")] == ["data:,"]
    assert not [one for one in elements.of("script", "use", "image") if one.get("src") or one.get("href")]
    assert "url(" not in page and "@import" not in page


def test_links_lead_to_web_addresses_or_within_the_page(page: str) -> None:
    links = Elements(page).of("a")
    outside = [one for one in links if not str(one["href"]).startswith("#")]
    assert outside
    for one in outside:
        assert re.match(r"https?://", str(one["href"]))
        assert one["rel"] == "noopener noreferrer"
    ids = {attributes["id"] for _, attributes in Elements(page).found if "id" in attributes}
    assert {str(one["href"])[1:] for one in links if str(one["href"]).startswith("#")} <= ids


def test_article_text_makes_no_element_and_no_handler(page: str) -> None:
    assert HOSTILE not in page
    elements = Elements(page)
    assert len(elements.of("script")) == len(elements.of("style")) == 1
    assert not [
        name for _, attributes in elements.found for name in attributes if name.startswith("on") or name == "style"
    ]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page)


def test_ids_are_unique_and_labels_point_at_them(page: str) -> None:
    found = Elements(page).found
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {attributes["aria-labelledby"] for _, attributes in found if "aria-labelledby" in attributes} <= set(ids)


def test_a_statement_is_set_apart_from_its_context_and_the_difference_is_marked(page: str) -> None:
    assert (
        '<span class="ctx">It was a long evening.</span> <span class="said">The council of Orrin did '
        '<mark>not approve</mark> the tram line on Tuesday.</span> <span class="ctx">A new vote is set for May.</span>'
    ) in page


def test_copies_of_one_text_are_shown_once_with_all_who_carried_it(page: str) -> None:
    assert page.count("31 votes to 12") - page.count("31 votes to 12.”") == 1
    assert "Word for word also in Daily Ferry, Harbour Times, Orrin Post, Evening Quay and 1 more" in page
    assert "7 outlets, 2 independent origins" in page


def test_every_figure_is_a_table_too(page: str, report: Report) -> None:
    assert page.count('<table class="matrix">') == 1
    for pair in report.outlet_pairs:
        assert pair.left in page
    table = page[page.index('id="timeline"') : page.index('id="topics"')]
    assert table.count("<tr>") - 1 == report.article_count
    assert page.count('<table class="waterfall">') == len(report.entries)


def test_the_waterfall_ends_at_the_score(report: Report) -> None:
    bars = waterfall_of(report.entries[0])
    assert sum(bar.contribution for bar in bars) == pytest.approx(report.entries[0].score)
    assert [(bar.left, bar.width) for bar in bars] == [(0.0, 92.06), (92.06, 7.94), (96.03, 3.97)]


def test_factors_of_nothing_draw_no_bar(report: Report) -> None:
    flat = replace(report.entries[0], factors=(ScoreFactor("none", 0.0, 1.0),))
    assert [(bar.left, bar.width) for bar in waterfall_of(flat)] == [(0.0, 0.0)]


def test_the_timeline_runs_from_the_first_article_to_the_last(report: Report) -> None:
    tram, fire = timeline_of(report.topics[0]), timeline_of(report.topics[1])
    assert tram.rows[0][0] == "Norrland Wire"
    assert tram.rows[0][1][0].place == 4.0
    assert max(dot.place for _, dots in tram.rows for dot in dots) == 96.0
    assert [one.outlet for one in fire.undated] == ["Dock Notes"]


def test_articles_of_one_moment_stand_in_the_middle(report: Report) -> None:
    topic = replace(report.topics[0], publications=report.topics[0].publications[:1])
    timeline = timeline_of(topic)
    assert timeline.rows[0][1][0].place == 50.0
    assert timeline.ticks == ("4 Mar 2031, 18:00 UTC",)


def test_the_matrix_keeps_the_outlets_that_take_part_most(report: Report) -> None:
    names = [f"Outlet {number:02d}" for number in range(MATRIX_OUTLETS + 5)]
    rows = tuple(OutletRow(name, name, None, False, 1, 50 - place, 0) for place, name in enumerate(names))
    pairs = tuple(OutletPair(names[0], name, 1, 0) for name in names[1:])
    matrix = matrix_of(replace(report, outlets=rows, outlet_pairs=pairs))
    assert matrix.outlets == tuple(names[:MATRIX_OUTLETS])
    assert matrix.left_out == 5
    assert matrix.cells[0][1] == matrix.cells[1][0] == pairs[0]
    assert matrix.cells[0][0] is None


def test_outlets_that_meet_stand_side_by_side_in_the_matrix(report: Report) -> None:
    rows = tuple(OutletRow(name, name, None, False, 1, 1, 0) for name in ("Ant", "Bee", "Cat", "Dog"))
    pairs = (OutletPair("Ant", "Cat", 3, 0), OutletPair("Bee", "Dog", 2, 1))
    assert matrix_of(replace(report, outlets=rows, outlet_pairs=pairs)).outlets == ("Ant", "Cat", "Bee", "Dog")


def test_what_was_missing_or_guessed_is_on_the_page(page: str, report: Report) -> None:
    for note in report.notes:
        assert note in page
    assert "name guessed" in page and "no date" in page and "edited, revision 2" in page


def test_filters_name_only_what_is_there(page: str) -> None:
    options = [one["value"] for one in Elements(page).of("option")]
    assert "negation" in options and "dispute" in options
    assert "forecast" not in options and "cause" not in options


def test_an_empty_report_says_so(report: Report) -> None:
    sample = Sample()
    sample.outcome = Outcome()
    page = to_html(built(sample))
    assert "No question was found on which these outlets differ." in page
    assert 'role="search"' not in page


def test_fifty_conflicts_stay_under_600_kilobytes(report: Report) -> None:
    many = tuple(replace(report.entries[place % 3], rank=place + 1, conflict_id=f"c{place}") for place in range(50))
    assert len(to_html(replace(report, entries=many)).encode()) < 600_000
