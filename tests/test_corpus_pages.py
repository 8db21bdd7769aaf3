"""HTML pages: the text one reads, and the metadata the page declares."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detector.corpus import read_paths
from detector.records import Article, Rejection
from detector.settings import ReadingSettings

PARAGRAPHS = (
    "The dam above Orlec held on Monday, the water board said, after two days of rain in the valley.",
    "Engineers lowered the lake by a metre overnight. Nobody was hurt, and the road to the coast is open again.",
    "“It held,” said Lida Marosh, who runs the board. “I would not bet on a third night like these two, though.”",
)
TEXT = "\n\n".join(PARAGRAPHS)
NEWS = {"@type": "NewsArticle", "headline": "Dam holds", "datePublished": "2031-03-08T09:15:00+01:00"}


def page(*, head: str = "", around: str = "", html: str = '<html lang="en-GB">') -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return f"<!doctype html>{html}<head>{head}</head><body><nav><a>Home</a> <a>World</a></nav><main><article><h1>Dam holds</h1>{body}</article>{around}</main></body></html>"


def read(folder: Path, content: str, name: str = "page.html") -> Article:
    (folder / name).write_text(content, encoding="utf-8")
    (reading,) = read_paths([folder / name], ReadingSettings())
    assert isinstance(reading, Article), reading
    return reading


def linked(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(NEWS | fields)}</script>'


def test_the_article_is_read_and_what_stands_around_it_is_not(tmp_path: Path) -> None:
    around = (
        "<aside><h2>Related stories</h2><ul><li>Ferry fares</li></ul></aside><p class='share'>Share: <a>Email</a></p>"
        "<figure><img src='x'><figcaption>A soldier. Image: Channel Twelve</figcaption></figure>"
    )
    consent = "<div class='cookie'><p>We value your privacy. We store cookies on your device.</p></div><footer>© 2031 Twelve</footer>"
    one = read(tmp_path, page(head="<meta property='og:site_name' content='Twelve'>", around=around + consent))
    assert one.text == f"Dam holds\n\n{TEXT}"
    assert (one.outlet, one.outlet_guessed, one.language) == ("Twelve", False, "en")


@pytest.mark.parametrize(
    "script",
    [
        linked(author={"name": "J. Pryce"}, publisher={"name": "Twelve"}),
        f'<script type="application/ld+json">{json.dumps([NEWS | {"author": ["J. Pryce"], "publisher": {"name": "Twelve"}}])}</script>',
        '<script type="application/ld+json">' + json.dumps({"@graph": [{"@type": "WebSite"}, NEWS | {"author": [{"name": "J. Pryce"}], "publisher": {"name": "Twelve"}}]}) + "</script>",
        '<script type="application/ld+json">{broken</script>' + linked(author="J. Pryce", publisher=[{"name": "Twelve"}]),
    ],
    ids=["object", "list", "graph", "after a broken one"],
)  # fmt: skip
def test_json_ld_gives_headline_date_author_and_outlet(tmp_path: Path, script: str) -> None:
    one = read(tmp_path, page(head=script))
    assert (one.title, one.outlet, one.author) == ("Dam holds", "Twelve", "J. Pryce")
    assert one.published_at == datetime(2031, 3, 8, 8, 15, tzinfo=UTC)


def test_meta_tags_give_what_json_ld_does_not(tmp_path: Path) -> None:
    head = (
        '<title>Dam holds | Twelve News</title><meta property="og:site_name" content="Twelve News"><meta property="og:title" content="The dam holds">'
        '<meta property="article:published_time" content="2031-03-08T09:15:00Z"><link rel="canonical" href="https://twelve.example/dam"><meta name="author" content="J. Pryce">'
    )
    one = read(tmp_path, page(head=head))
    assert (one.title, one.outlet, one.url, one.author) == (
        "The dam holds",
        "Twelve News",
        "https://twelve.example/dam",
        "J. Pryce",
    )
    assert one.published_at == datetime(2031, 3, 8, 9, 15, tzinfo=UTC)


def test_a_time_element_gives_the_date(tmp_path: Path) -> None:
    one = read(tmp_path, page(around='<time datetime="2031-03-08">8 March</time>'))
    assert one.published_at == datetime(2031, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "around", "outlet"),
    [
        ('<link rel="canonical" href="https://www.twelve.example/dam">', "", "twelve.example"),
        ("<title>Dam holds | Twelve News</title>", "", "Twelve News"),
        ("", "<footer>© 2031 Twelve News. Terms.</footer>", "Twelve News"),
        ("", "", "Page"),
    ],
    ids=["address", "title", "footer", "file name"],
)
def test_an_outlet_the_page_does_not_declare_is_a_guess(tmp_path: Path, head: str, around: str, outlet: str) -> None:
    one = read(tmp_path, page(head=head, around=around))
    assert (one.outlet, one.outlet_guessed) == (outlet, True)


def test_a_saved_page_tells_its_address(tmp_path: Path) -> None:
    saved = "<!doctype html><!-- saved from url=(0026)https://twelve.example/dam -->" + page().removeprefix(
        "<!doctype html>"
    )
    assert read(tmp_path, saved).url == "https://twelve.example/dam"


def test_the_declared_encoding_of_a_page_is_used(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(
        page(head='<meta charset="windows-1251">').replace("Orlec", "Орлец").encode("cp1251", "xmlcharrefreplace")
    )
    (one,) = read_paths([tmp_path / "a.html"], ReadingSettings())
    assert isinstance(one, Article) and "Орлец" in one.text


@pytest.mark.parametrize(
    ("cut", "reason"),
    [
        ("<html><body><div><article><p>The dam held on Monday, the water board said", "cut off"),
        ("<html><body><p>The dam held</p><script>var a = 1;", "cut off"),
        ("<html><body><p>The dam held</p><img src='x", "cut off"),
    ],
)
def test_a_page_cut_off_is_reported(tmp_path: Path, cut: str, reason: str) -> None:
    (tmp_path / "a.html").write_text(cut, encoding="utf-8")
    (found,) = read_paths([tmp_path / "a.html"], ReadingSettings())
    assert isinstance(found, Rejection) and reason in found.reason


def test_a_page_whose_last_tags_are_left_out_is_not_cut_off(tmp_path: Path) -> None:
    whole = page().replace("</body></html>", "")
    assert read(tmp_path, whole).text == f"Dam holds\n\n{TEXT}"


def test_a_piece_of_html_without_a_head_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)).text == TEXT


def test_scripts_and_addresses_of_scripts_never_reach_the_article(tmp_path: Path) -> None:
    head = '<meta property="og:site_name" content="<b>Twelve</b>"><link rel="canonical" href="javascript:alert(1)">'
    one = read(tmp_path, page(head=head, around="<script>alert('dam')</script><p onclick=alert(1)>x</p>"))
    assert one.url is None and one.outlet == "Twelve" and "alert" not in one.text


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000 + TEXT,
        "<html><body>" + "<div>" * 3_000 + f"<p>{TEXT}</p>" + "</div>" * 3_000 + "</body></html>",
        "<" * 500_000,
        "<!--" * 100_000,
        "<p " + "a='b' " * 50_000 + f">{TEXT}</p>",
        '<script type="application/ld+json">' + "[" * 50_000 + "</script>",
    ],
    ids=["deep", "deep and closed", "brackets", "comments", "attributes", "deep json"],
)  # fmt: skip
def test_a_hostile_page_ends_in_an_article_or_a_reason(tmp_path: Path, hostile: str) -> None:
    (tmp_path / "a.html").write_text(hostile, encoding="utf-8")
    (reading,) = read_paths([tmp_path / "a.html"], ReadingSettings())
    assert isinstance(reading, (Article, Rejection))
