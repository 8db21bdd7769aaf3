"""Files made of chosen conflicts: what is in them, what is not, and that nothing in them runs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from desk_site import hostile_store, plain_store
from report_fixture import Sample

from detector.errors import InputError
from detector.review.desk import Desk, Export
from detector.review.exports import DRAFT
from detector.review.snapshot import Unknown
from detector.review.values import DecideRequest, ExportFormat, NoteRequest, QueueFilters, ReportDraft

TRAM, TOLL, BOSS = (one.conflict_id for one in Sample().outcome.conflicts[:3])
INTRODUCTION = "What we found <today>.\n\nTwo questions & *no* answer."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    target = plain_store(tmp_path_factory.mktemp("desk") / "desk.db")
    with Desk(target, clock=lambda: datetime(2031, 3, 10, 9, 30, tzinfo=UTC)) as opened:
        hash_now = opened.conflict(TRAM, "Ada").evidence_hash
        asked = DecideRequest(decision="confirmed", note="On the record.", evidence_hash=hash_now)
        opened.decide(TRAM, asked, "Ada Lind")
        opened.note(TOLL, NoteRequest(note="Ask the brigade."), "Ben Aro")
        yield opened


def made(desk: Desk, form: ExportFormat, *chosen: str, reviews: bool = True, title: str = "Our report") -> Export:
    return desk.export(
        ReportDraft(title=title, introduction=INTRODUCTION, conflict_ids=chosen, format=form, reviews=reviews)
    )


class _Page(HTMLParser):
    """Text, tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, text: str) -> None:
        if self.tags and self.tags[-1] in ("h1", "h2") and text.strip():
            self.headings.append(text.strip())


def test_a_page_has_the_title_the_introduction_and_the_conflicts_in_the_order_chosen(desk: Desk) -> None:
    page = made(desk, "html", TOLL, TRAM).content.decode()
    assert _Page(page).headings == [
        "Our report",
        "1. How many people were hurt in the fire at Weir Dock?",
        "2. Has the council of Orrin approved the tram line?",
    ]
    assert "What we found &lt;today&gt;." in page and "Two questions &amp; *no* answer." in page
    assert "Confirmed (Ada Lind, 10 Mar 2031)" in page
    assert "Ada Lind: On the record." in page and "Ben Aro: Ask the brigade." in page


@pytest.mark.parametrize("form", ["html", "md"])
def test_decisions_and_notes_stay_at_the_desk_when_told_so(desk: Desk, form: ExportFormat) -> None:
    text = made(desk, form, TRAM, TOLL, reviews=False).content.decode()
    assert not re.search("Ada Lind|Ben Aro|Confirmed", text)


def test_a_page_needs_nothing_else_and_runs_nothing_whatever_the_articles_hold(tmp_path: Path) -> None:
    with Desk(hostile_store(tmp_path / "hostile.db")) as desk:
        ids = tuple(row.conflict_id for row in desk.snapshot().rows)  # type: ignore[union-attr]
        draft = ReportDraft(title="<script>x</script>", introduction="<img src=x onerror=y>", conflict_ids=ids)
        page = desk.export(draft).content.decode()
        parsed = _Page(page)
        assert set(parsed.tags) <= set(
            "html head meta title style body main h1 h2 h3 p strong mark blockquote a".split()
        )
        assert {name for name, _ in parsed.attributes} <= {
            "lang", "charset", "http-equiv", "content", "name", "class", "dir", "href", "rel"
        }  # fmt: skip
        links = [value or "" for name, value in parsed.attributes if name == "href"]
        assert all(link.startswith(("http://", "https://")) for link in links)
        assert "default-src 'none'" in page
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", page)
        for form in ("md", "docx", "csv", "json"):
            assert desk.export(draft.model_copy(update={"format": form})).content


def test_markdown_shows_article_text_as_it_is(desk: Desk) -> None:
    text = made(desk, "md", TRAM).content.decode()
    assert text.startswith("# Our report\n\nWhat we found \\<today\\>.\n\nTwo questions &amp; \\*no\\* answer.\n\n## 1")
    assert "> The council of Orrin **approved** the tram line" in text
    assert "[Orrin approves tram](https://norrland-wire.example/tram)" in text


def test_a_word_document_opens_holds_the_same_and_names_no_author(desk: Desk) -> None:
    from docx import Document

    content = made(desk, "docx", TRAM, TOLL).content
    document = Document(io.BytesIO(content))
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert lines[:4] == [
        "Our report",
        "What we found <today>.",
        "Two questions & *no* answer.",
        "1. Has the council of Orrin approved the tram line?",
    ]
    assert "Decision: Confirmed (Ada Lind, 10 Mar 2031)" in lines
    assert document.core_properties.author == ""
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "vba" in name.lower() or name.endswith(".bin")]
    marked = [run.text for paragraph in document.paragraphs for run in paragraph.runs if run.bold]
    assert "approved" in marked
    links = [one.target_ref for one in document.part.rels.values() if one.is_external]
    assert "https://norrland-wire.example/tram" in links and len(set(links)) == len(links)


def test_a_table_has_a_row_a_statement_and_no_formula(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(made(desk, "csv", BOSS, TRAM).content.decode())))
    assert [row["conflict_id"] for row in rows] == [BOSS] * 2 + [TRAM] * 9
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]


def test_json_holds_the_published_report_of_the_chosen_conflicts(desk: Desk) -> None:
    tree = json.loads(made(desk, "json", TOLL).content)
    assert tree["title"] == "Our report" and tree["introduction"] == INTRODUCTION
    assert [one["conflict_id"] for one in tree["report"]["conflicts"]] == [TOLL]
    assert tree["report"]["conflicts"][0]["rank"] == 2


def test_a_claim_review_is_an_unsigned_draft_without_a_rating(desk: Desk) -> None:
    file = made(desk, "claimreview", TRAM)
    assert (file.name, file.media_type) == ("outlets-differ-2031-03-10.draft.jsonld", "application/ld+json")
    tree = json.loads(file.content)
    assert tree["@context"] == "https://schema.org"
    assert len(tree["@graph"]) == 2
    for review in tree["@graph"]:
        assert (review["@type"], review["creativeWorkStatus"], review["abstract"]) == ("ClaimReview", "Draft", DRAFT)
        assert not {"author", "url", "reviewRating", "datePublished", "publisher"} & set(review)
        assert {one["publisher"]["name"] for one in review["itemReviewed"]["appearance"]} == {
            one["name"] for one in review["itemReviewed"]["author"]
        }


def test_a_claim_review_may_be_put_into_a_page_whatever_the_articles_hold(tmp_path: Path) -> None:
    with Desk(hostile_store(tmp_path / "hostile.db")) as desk:
        entries = desk.queue(QueueFilters(state="all"), None).entries
        for entry in entries:
            shown = desk.conflict(entry.conflict_id, None).evidence_hash
            desk.decide(entry.conflict_id, DecideRequest(decision="confirmed", evidence_hash=shown), "Ada Lind")
        content = made(desk, "claimreview", *(entry.conflict_id for entry in entries)).content.decode()
    assert not set("<>&") & set(content)
    assert any(
        "</script>" in side["claimReviewed"] + side["itemReviewed"]["text"] for side in json.loads(content)["@graph"]
    )


def test_a_claim_review_is_made_of_decided_conflicts_only(desk: Desk) -> None:
    with pytest.raises(InputError, match=f"1 chosen conflict not decided.*{TOLL}"):
        made(desk, "claimreview", TRAM, TOLL)


def test_a_conflict_that_is_not_there_or_chosen_twice_is_refused(desk: Desk) -> None:
    with pytest.raises(Unknown):
        made(desk, "html", TRAM, "nowhere")
    with pytest.raises(InputError, match="twice"):
        made(desk, "html", TRAM, TRAM)
