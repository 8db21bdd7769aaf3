"""Where outlet, title, date and author come from, and in which order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detector.corpus import read_paths
from detector.corpus.dates import date_in_name, read_date
from detector.corpus.drafts import author_names, domain_of, language_code, one_line, outlet_name, web_address
from detector.corpus.language import detect_language
from detector.corpus.markup import markdown_text
from detector.corpus.paragraphs import paragraphs_of
from detector.records import Article, Rejection
from detector.settings import ReadingSettings

BODY = (
    "The dam above Orlec held on Monday, the water board said, after two days of rain.\n\n"
    "Engineers lowered the lake by a metre overnight. Nobody was hurt, and the road is open."
)


def read(folder: Path, **files: str) -> list[Article | Rejection]:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return list(read_paths([folder], ReadingSettings()))


def article(folder: Path, name: str, text: str) -> Article:
    (folder / name).write_text(text, encoding="utf-8")
    (reading,) = read_paths([folder / name], ReadingSettings())
    assert isinstance(reading, Article), reading
    return reading


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


def test_header_lines_of_a_bare_text_are_its_metadata(tmp_path: Path) -> None:
    text = f"Outlet: The Valletta Courier\nTitle: Nine days\nDate: 8 March 2031\nBy: Graziella Demicoli\n\n{BODY}"
    one = article(tmp_path, "x.txt", text)
    assert (one.outlet, one.title, one.author) == ("The Valletta Courier", "Nine days", "Graziella Demicoli")
    assert one.published_at == day(2031, 3, 8) and one.outlet_guessed
    assert one.text == f"Nine days\n\n{BODY}"


@pytest.mark.parametrize(
    ("header", "outlet", "published"),
    [
        ("SOURCE: National Klaxon\nHEADLINE: INFERNO\nDATE: Tuesday, May 6, 2031", "National Klaxon", day(2031, 5, 6)),
        ("Publication: The Argus\nDate: Tuesday 2 September 2031", "The Argus", day(2031, 9, 2)),
        ("Source: KXQV Radio\nProgram: Midday\nAir date: June 5, 2031", "KXQV Radio", day(2031, 6, 5)),
        ("**Outlet:** Dales Gazette\n**Published:** Friday 25 July 2031", "Dales Gazette", day(2031, 7, 25)),
    ],
)
def test_header_lines_go_by_many_names(tmp_path: Path, header: str, outlet: str, published: datetime) -> None:
    one = article(tmp_path, "x.txt", f"{header}\n\n{BODY}")
    assert (one.outlet, one.published_at) == (outlet, published)
    assert one.text.endswith(BODY)


def test_the_first_words_of_a_transcript_are_no_header(tmp_path: Path) -> None:
    spoken = f"HOST (Ellen Vasquez): This is Midday, and it has rained for two days.\n\n{BODY}"
    one = article(tmp_path, "kxqv_midday.txt", spoken)
    assert one.text == spoken and one.outlet == "Kxqv Midday"


@pytest.mark.parametrize(
    ("name", "text", "outlet"),
    [
        ("x.txt", f"{BODY}\n\n© 2031 Daily Lantern. All rights reserved.", "Daily Lantern"),
        ("x.txt", f"{BODY}\n\nFollow us | Puzzles | © National Klaxon 2031", "National Klaxon"),
        ("x.txt", f"{BODY}\n\nCopyright Capital Ledger 2031. Please use the sharing tools.", "Capital Ledger"),
        ("x.txt", f"VALLETTA, March 7 (Meridian) — {BODY}", "Meridian"),
        ("x.txt", f"(Reuters) - {BODY}", "Reuters"),
        ("harbourstreet.txt", f"HARBOUR STREET\nnotes from the wrong end of Port Ellery\n\n{BODY}", "Harbour Street"),
        ("early-digest.txt", f"The Early Digest — Wednesday 7 May\n\n{BODY}", "The Early Digest"),
        ("goalmouth.txt", f"GOALMOUTH :: DEADLINE DAY\n\n{BODY}", "Goalmouth"),
        ("le-carillon-english.txt", f"Le Carillon, English edition\nPEOPLE\n\n{BODY}", "Le Carillon"),
        ("ruckus_sport.txt", f"THE DAILY RUCKUS | SPORT | Sat 13 March 2032\n\n{BODY}", "The Daily Ruckus"),
        ("ticker-east24.txt", f"EAST24 LIVE: TRUCE OFFER\n\n{BODY}", "East24"),
        ("ash-and-bracken.txt", f"ASH & BRACKEN\nA forester's blog, updated when it rains\n\n{BODY}", "Ash & Bracken"),
        ("count-room-live.txt", f"COUNT ROOM LIVE\nThe Ohio Ledger's minute-by-minute.\n\n{BODY}", "The Ohio Ledger"),
        ("courrier-boukara.txt", f"Le Courrier de Boukara\n\n{BODY}", "Le Courrier de Boukara"),
        ("ceasefire.txt", f"Ceasefire talks collapse\n\n{BODY}", "Ceasefire"),
        ("ceasefire-talks.txt", f"Ceasefire talks collapse\n\n{BODY}", "Ceasefire Talks"),
        ("ceasefire.txt", f"CEASEFIRE TALKS COLLAPSE\n\n{BODY}", "Ceasefire"),
        ("sport-final.txt", f"THE BIG SPORT STORY\n\n{BODY}", "Sport"),
        ("daily-lantern-2031-03-08.txt", BODY, "Daily Lantern"),
        ("valletta_courier.txt", BODY, "Valletta Courier"),
        ("BBC article 2031-03-08.txt", BODY, "BBC"),
        ("news.example.com.txt", BODY, "news.example.com"),
        ("1.txt", BODY, "1"),
    ],
)
def test_without_a_manifest_the_text_or_the_file_name_gives_the_outlet(
    tmp_path: Path, name: str, text: str, outlet: str
) -> None:
    one = article(tmp_path, name, text)
    assert (one.outlet, one.outlet_guessed) == (outlet, True)


def test_a_photo_agency_is_not_the_outlet(tmp_path: Path) -> None:
    assert article(tmp_path, "courier.txt", f"{BODY}\n\nPhoto © 2031 Getty Images").outlet == "Courier"


def test_a_day_beside_the_masthead_is_no_headline(tmp_path: Path) -> None:
    text = f"DAILY COMET - Monday, July 19 2032\n\nHOLIDAY HELL: BRITS FLEE INFERNO\n\n{BODY}"
    one = article(tmp_path, "daily_comet.txt", text)
    assert (one.outlet, one.title) == ("Daily Comet", "HOLIDAY HELL: BRITS FLEE INFERNO")
    assert one.published_at == datetime(2032, 7, 19, tzinfo=UTC)


def test_a_masthead_and_its_tagline_are_not_in_the_text(tmp_path: Path) -> None:
    text = f"Falls Family Notes\nthe group blog for tired parents\n\nHep A: what a week\n\nPosted Friday by Janine\n\n{BODY}"
    one = article(tmp_path, "falls-family-notes.txt", text)
    assert one.text == f"Hep A: what a week\n\n{BODY}"


def test_the_first_line_of_a_bare_text_is_its_title_when_it_is_no_sentence(tmp_path: Path) -> None:
    assert article(tmp_path, "a.txt", f"PEACE AT LAST! Warlord and minister shake on it\n\n{BODY}").title is not None
    assert article(tmp_path, "b.txt", BODY).title is None
    assert article(tmp_path, "c.txt", f"• Guns fall silent\n\n{BODY}").title is None


def test_a_manifest_goes_before_what_the_text_says(tmp_path: Path) -> None:
    manifest = "path,outlet,title,published,url,author\nsub.txt,The Courier,Dam holds,2031-03-08T06:00:00Z,https://c.example/dam,A. Moss\n"
    (one,) = read(tmp_path, manifest__csv=manifest, sub__txt=f"Outlet: Someone Else\n\n{BODY}")
    assert isinstance(one, Article)
    assert (one.outlet, one.outlet_guessed, one.title) == ("The Courier", False, "Dam holds")
    assert (one.url, one.author) == ("https://c.example/dam", "A. Moss")
    assert one.published_at == datetime(2031, 3, 8, 6, tzinfo=UTC)
    assert one.text == f"Dam holds\n\n{BODY}"


def test_a_manifest_of_a_folder_above_is_used_and_json_lines_will_do(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text(BODY, encoding="utf-8")
    (one,) = read(tmp_path, manifest__jsonl=json.dumps({"path": "sub/a.txt", "outlet": "The Courier"}))
    assert isinstance(one, Article) and one.outlet == "The Courier"
    (alone,) = read_paths([tmp_path / "sub" / "a.txt"], ReadingSettings())
    assert isinstance(alone, Article) and alone.outlet == "A"


def test_what_a_manifest_leaves_open_is_guessed(tmp_path: Path) -> None:
    manifest = "path,outlet,published\ndaily_courier.txt,,2031-03-08\n"
    (one,) = read(tmp_path, manifest__csv=manifest, daily_courier__txt=BODY)
    assert isinstance(one, Article)
    assert (one.outlet, one.outlet_guessed, one.published_at) == ("Daily Courier", True, day(2031, 3, 8))


def test_a_manifest_that_names_what_is_not_there_is_reported(tmp_path: Path) -> None:
    manifest = "path,outlet\na.txt,The Courier\ngone.txt,X\n../../etc/passwd,X\n,X\n"
    one, *rejected = read(tmp_path, manifest__csv=manifest, a__txt=BODY)
    assert isinstance(one, Article) and one.outlet == "The Courier"
    assert [(found.path or "").split("/")[-1] for found in rejected] == [
        "manifest.csv:3",
        "manifest.csv:4",
        "manifest.csv:5",
    ]


def test_a_broken_manifest_is_reported_and_the_texts_are_read(tmp_path: Path) -> None:
    one, found = read(tmp_path, manifest__jsonl="{nonsense\n", a__txt=BODY)
    assert isinstance(one, Article) and isinstance(found, Rejection)


def test_front_matter_is_metadata_and_is_not_guessed(tmp_path: Path) -> None:
    text = f'---\noutlet: Frontier Analysis\ntitle: "The easy part: over"\ndate: 2031-03-09\nurl: https://f.example/p\nauthor: [A, B]\n---\n\n# The easy part: over\n\n{BODY}'
    one = article(tmp_path, "x.md", text)
    assert (one.outlet, one.outlet_guessed, one.author) == ("Frontier Analysis", False, "A, B")
    assert one.published_at == day(2031, 3, 9)
    assert one.text == f"The easy part: over\n\n{BODY}"


def test_front_matter_with_an_unquoted_colon_is_read_too(tmp_path: Path) -> None:
    one = article(tmp_path, "x.md", f"---\noutlet: Notes\ntitle: Peace: at last\n---\n{BODY}")
    assert (one.outlet, one.title) == ("Notes", "Peace: at last")


def test_a_page_saved_as_text_is_read_as_a_page(tmp_path: Path) -> None:
    page = f"<!DOCTYPE html><html><head><meta property='og:site_name' content='Channel Twelve'></head><body><article><h1>Dam holds</h1>{''.join(f'<p>{p}</p>' for p in BODY.split(chr(10) * 2))}</article></body></html>"
    one = article(tmp_path, "x.txt", page)
    assert (one.outlet, one.title, one.text) == ("Channel Twelve", "Dam holds", f"Dam holds\n\n{BODY}")


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("2031-03-08", day(2031, 3, 8)),
        ("2031-03-08T09:15:00+01:00", datetime(2031, 3, 8, 8, 15, tzinfo=UTC)),
        ("2031-03-08 09:15:00", datetime(2031, 3, 8, 9, 15, tzinfo=UTC)),
        ("2031-03-07T22:40:00Z", datetime(2031, 3, 7, 22, 40, tzinfo=UTC)),
        ("Mon, 05 May 2031 20:10:00 GMT", datetime(2031, 5, 5, 20, 10, tzinfo=UTC)),
        ("Friday 25 July 2031", day(2031, 7, 25)),
        ("May 6, 2031, 6:30 pm EST", datetime(2031, 5, 6, 23, 30, tzinfo=UTC)),
        ("July 29th, 2022", day(2022, 7, 29)),
        ("8 mars 2031", day(2031, 3, 8)),
        ("24.07.2031", day(2031, 7, 24)),
        ("07/24/2031", day(2031, 7, 24)),
        ("20310308", day(2031, 3, 8)),
        (1_657_000_000, datetime(2022, 7, 5, 5, 46, 40, tzinfo=UTC)),
        ("1657000000000", datetime(2022, 7, 5, 5, 46, 40, tzinfo=UTC)),
        (datetime(2031, 3, 8), day(2031, 3, 8)),
        (datetime(2031, 3, 8).date(), day(2031, 3, 8)),
    ],
)
def test_a_date_is_read_in_the_forms_people_write(given: object, read_as: datetime) -> None:
    assert read_date(given) == read_as


@pytest.mark.parametrize(
    "given",
    ["", "yesterday", "two days ago", "Friday", "2031", "March 2031", "03/04/2031", "31 February 2031", "1850-01-01", "x" * 500,
     7, True, None, float("nan"), float("inf"), "0001-01-01T00:00:00+14:00", [], "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_a_date_that_is_not_certain_is_none(given: object) -> None:
    assert read_date(given) is None


def test_a_day_in_an_address_or_a_file_name_is_the_date(tmp_path: Path) -> None:
    assert date_in_name("https://x.example/2022/07/29/story.html") == day(2022, 7, 29)
    assert date_in_name("daily-lantern-2031-03-08.txt") == day(2031, 3, 8)
    assert date_in_name("article_5d909498-20991399-ba4") is None
    record = json.dumps({"text": BODY, "url": "https://www.orlec.example/2031/03/08/dam"})
    one = article(tmp_path, "a.jsonl", record)
    assert (one.outlet, one.outlet_guessed, one.published_at) == ("orlec.example", True, day(2031, 3, 8))


def test_a_dateline_without_a_year_takes_it_from_the_copyright_line(tmp_path: Path) -> None:
    one = article(tmp_path, "x.txt", f"ORLEC, March 7 (Meridian) — {BODY}\n\n© 2031 Meridian")
    assert one.published_at == day(2031, 3, 7)


@pytest.mark.parametrize(
    ("title", "outlet", "shown"),
    [
        ("Dam holds - L'Observateur", "lobservateur.com", "Dam holds"),
        ("Dam holds | The Orlec Wire", "Orlec Wire", "Dam holds"),
        ("Dam holds | by Joseph Moss | Jul, 2031", "Medium", "Dam holds"),
        ("Opinion | Dam holds", "Orlec Wire", "Opinion | Dam holds"),
        ("Dam holds - for now", "Orlec Wire", "Dam holds - for now"),
    ],
)
def test_a_headline_loses_the_outlet_behind_it(tmp_path: Path, title: str, outlet: str, shown: str) -> None:
    record = json.dumps({"text": BODY, "title": title, "outlet": outlet})
    assert article(tmp_path, "a.jsonl", record).title == shown


def test_fields_are_made_plain_at_the_door() -> None:
    assert one_line(" <b>Dam</b>\n&amp; lake \u202e") == "Dam & lake"
    assert one_line("x" * 9_000) == "x" * 500
    assert one_line("\ud800x") == "\ufffdx"
    assert outlet_name("https://www.cnn.com/world") == "cnn.com"
    assert outlet_name({"id": None, "name": "BBC News"}) == "BBC News"
    assert outlet_name("...") is None
    assert author_names([{"name": "A"}, "By B", "A"]) == "A, B"
    assert author_names("['A B', 'C D']") == "A B, C D"
    assert web_address("javascript:alert(1)") is None
    assert web_address("https://x.example/a b") == "https://x.example/a%20b"
    assert domain_of("https://edition.cnn.com/x") == "cnn.com"
    assert domain_of("not a domain") is None
    assert (language_code("en-GB"), language_code("English"), language_code("nonsense!")) == ("en", "en", None)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (BODY, "en"),
        (
            "Le ministre a déclaré vendredi que les négociations avaient échoué et que la paix n'est pas pour demain.",
            "fr",
        ),
        (
            "El ministro dijo el viernes que las negociaciones habían fracasado y que no se espera una tregua para hoy.",
            "es",
        ),
        ("Міністр сказав у п'ятницю, що переговори зірвалися і сторони ще не готові.", "uk"),
        ("部長は金曜日に交渉が失敗したと述べた。", "ja"),
        ("12 34 56", None),
    ],
)
def test_the_language_is_told_by_its_words(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_markdown_is_read_as_it_is_seen() -> None:
    source = (
        "## Port Ellery\n\n**The plant** was _not_ in `production`; see [the log](https://x.example/a_(b)) &amp; 2*3*4, snake_case_name.\n\n"
        "![A photo](x.jpg)\n\n* *First* point\n- Second[^1]\n\n> Quoted.\n\n---\n\n```\ncode\n```\n\n[^1]: A note.\n"
    )
    assert paragraphs_of(markdown_text(source)) == [
        "Port Ellery",
        "The plant was not in production; see the log & 2*3*4, snake_case_name.",
        "• First point",
        "- Second",
        "Quoted.",
        "A note.",
    ]


def test_hard_wrapped_lines_are_joined_and_lists_are_not() -> None:
    wrapped = (
        "The dam above Orlec held on Monday, the water\nboard said, after two days of rain and a night\n"
        "of thunder. Engineers lowered the lake by a\nmetre overnight, and nobody was hurt.\n\n- one\n- two\nshort line\nanother short line"
    )
    first, *rest = paragraphs_of(wrapped)
    assert first.startswith("The dam above Orlec held on Monday, the water board said") and first.endswith("was hurt.")
    assert rest == ["- one", "- two", "short line", "another short line"]


def test_paragraphs_with_one_line_break_between_them_stay_apart() -> None:
    lines = [
        f"{BODY.split(chr(10))[0]} It was the {word} day of it, and it would not be the last one."
        for word in ("first", "second", "third")
    ]
    assert paragraphs_of("\n".join(lines)) == lines
