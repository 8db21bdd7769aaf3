"""Files, folders and data frames in; articles and rejections out."""

from __future__ import annotations

import codecs
import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detector.corpus import read_frame, read_paths
from detector.records import Article, Rejection, digest, text_hash_of
from detector.settings import ReadingSettings

SETTINGS = ReadingSettings()
BODY = (
    "The dam above Orlec held on Monday, the water board said, after two days of rain.\n\n"
    "Engineers lowered the lake by a metre overnight. Nobody was hurt, and the road is open."
)
TITLE = "Dam above Orlec holds"


def read(*paths: Path, settings: ReadingSettings = SETTINGS) -> list[Article | Rejection]:
    return list(read_paths(paths, settings))


def article(*paths: Path, settings: ReadingSettings = SETTINGS) -> Article:
    (reading,) = read(*paths, settings=settings)
    assert isinstance(reading, Article), reading
    return reading


def rejection(*paths: Path, settings: ReadingSettings = SETTINGS) -> Rejection:
    (reading,) = read(*paths, settings=settings)
    assert isinstance(reading, Rejection), reading
    return reading


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def record(**fields: object) -> str:
    return json.dumps({"text": BODY, "outlet": "Orlec Wire", "title": TITLE, **fields})


def test_an_article_is_its_title_a_blank_line_and_its_paragraphs(tmp_path: Path) -> None:
    one = article(
        write(tmp_path / "wire.jsonl", record(url="https://wire.example/dam", published="2031-03-08T09:15:00+01:00"))
    )
    assert one.text == f"{TITLE}\n\n{BODY}"
    assert one.text_hash == text_hash_of(one.text)
    assert (one.outlet, one.outlet_id, one.outlet_guessed) == ("Orlec Wire", "orlec-wire", False)
    assert one.published_at == datetime(2031, 3, 8, 8, 15, tzinfo=UTC)
    assert (one.language, one.revision, one.path) == ("en", 1, "wire.jsonl#1")


def test_an_article_is_known_by_its_address_else_its_title_else_its_file(tmp_path: Path) -> None:
    url = "https://wire.example/dam"
    by_url = article(write(tmp_path / "a.jsonl", record(url=url)))
    by_title = article(write(tmp_path / "b.jsonl", record(title="Dam HOLDS")))
    by_file = article(write(tmp_path / "c.jsonl", record(title=None)))
    assert by_url.article_id == digest("article", "orlec-wire", url)
    assert by_title.article_id == digest("article", "orlec-wire", "dam holds")
    assert by_file.article_id == digest("article", "orlec-wire", "c.jsonl#1")


def test_a_title_at_the_head_of_the_body_is_not_repeated(tmp_path: Path) -> None:
    one = article(write(tmp_path / "a.jsonl", record(text=f"{TITLE.upper()}\n\n{BODY}")))
    assert one.text == f"{TITLE}\n\n{BODY}"


def test_characters_stay_and_only_white_space_and_the_invisible_is_changed(tmp_path: Path) -> None:
    text = (
        "“It’s\u00a0‑ so\u200b far\u202e ﬁne,”\tsaid  Ms\u00a0Dürr of the water board in Orlec, where the dam held on Monday.\r\n\r\n"
        + BODY
    )
    one = article(write(tmp_path / "a.jsonl", record(text=text, title=None)))
    assert one.text.startswith("“It’s ‑ so far ﬁne,” said Ms Dürr of the water board in Orlec, where")


@pytest.mark.parametrize(
    "encoded",
    [
        codecs.BOM_UTF8 + f"“Grüße” – {BODY}".encode(),
        f"“Grüße” – {BODY}".encode("utf-16"),
        f"“Grüße” – {BODY}".encode("utf-16-le"),
        f"“Grüße” – {BODY}".encode("utf-16-be"),
        f"“Grüße” – {BODY}".encode("utf-32"),
        f"“Grüße” – {BODY}".encode("cp1252"),
    ],
    ids=["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
def test_a_text_in_any_encoding_is_read(tmp_path: Path, encoded: bytes) -> None:
    assert "“Grüße” – The dam" in article(write(tmp_path / "orlec.txt", encoded)).text


def test_text_in_another_alphabet_is_decoded_and_its_language_named(tmp_path: Path) -> None:
    russian = (
        "Министр сказал в пятницу, что переговоры сорвались, но стороны готовы встретиться снова через неделю. " * 3
    )
    assert article(write(tmp_path / "a.txt", russian.encode("cp1251"))).language == "ru"
    assert article(write(tmp_path / "b.txt", russian.encode())).text.startswith("Министр")


def test_a_declared_language_does_not_outweigh_the_words(tmp_path: Path) -> None:
    german = "Der Minister sagte am Freitag, dass die Verhandlungen in Malta nicht gescheitert sind und dass man sich wieder trifft."
    assert article(write(tmp_path / "a.jsonl", record(text=german, language="en"))).language == "de"


@pytest.mark.parametrize(
    ("name", "content", "reason", "remedy"),
    [
        ("a.txt", b"", "the file is empty", "fetch or export it again"),
        ("a.txt", b" \n\n ", "the file is empty", "fetch or export it again"),
        ("a.txt", b"\x00\x01\x02\x03\x04\x05\x06\x07\x08" * 40, "binary", "plain text"),
        ("a.txt", b"%PDF-1.7 stream", "binary: it is a PDF", "plain text"),
        ("a.md", b"PK\x03\x04 word/document.xml", "binary: it is a zip archive", "plain text"),
        ("a.txt", f"Grüße. {BODY} “".encode()[:-1], "cut off in the middle of a character", "again"),
        ("a.txt", b"Only four words here.", "4 words, fewer than the 15", "lower reading.min_words"),
        ("a.pdf", b"%PDF-1.7", "not a kind of file that is read (.pdf)", "convert it to one of .txt"),
        ("a.html", b"<html><body><div><p>The dam held on Monday, the", "the page is cut off", "again"),
        ("a.html", b"<html><body><nav>Home</nav></body></html>", "no article text found", ".txt"),
        ("a.json", b'{"text": "The dam held', "cut off: the JSON is not closed", "again"),
        ("a.json", b"not json at all", "not JSON", "a list of articles"),
        ("a.json", b'{"story": "x", "conflicts": []}', "no field holds a text", "maintext"),
        ("a.json", b'[{"a": 1}, 2]', "no entry has a field with a text", "maintext"),
        ("a.json", b"[" * 50_000, "", ""),
        ("a.csv", b"outlet,title\nA,B\n", "no column holds the article text (found: outlet, title)", "maintext"),
        ("a.csv", b"\n\n", "empty", "again"),
        ("a.parquet", b"PAR1 and no more", "not Parquet, broken or cut off", "again"),
        ("a.txt.gz", gzip.compress(BODY.encode())[:-9], "the gzip file is broken or cut off", "again"),
        ("a.md", b"---\n{outlet: a\nno field\n---\n" + BODY.encode(), "the front matter is not YAML", "outlet, title"),
        ("a.md", b"---\n- a\n- b\n---\n" + BODY.encode(), "the front matter is no list of fields", "outlet, title"),
    ],
)
def test_what_cannot_be_read_is_reported_with_reason_and_remedy(
    tmp_path: Path, name: str, content: bytes, reason: str, remedy: str
) -> None:
    found = rejection(write(tmp_path / name, content))
    assert found.path == name
    assert reason in found.reason
    assert remedy in found.remedy


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", b"\x00" * 100)
    write(tmp_path / "b.jsonl", record())
    write(tmp_path / "c.html", b"<html><body><div>")
    kinds = [type(reading).__name__ for reading in read(tmp_path)]
    assert kinds == ["Rejection", "Article", "Rejection"]


def test_a_bad_line_is_reported_by_its_number_and_the_others_go_on(tmp_path: Path) -> None:
    lines = [record(title="One"), "", "{not json}", "[1, 2]", record(text=""), record(title="Two"), record()[:40]]
    readings = read(write(tmp_path / "feed.jsonl", "\n".join(lines)))
    assert [(one.path, getattr(one, "reason", "")) for one in readings] == [
        ("feed.jsonl#1", ""),
        ("feed.jsonl:3", "the line is not JSON"),
        ("feed.jsonl:4", "the entry is no object with fields"),
        ("feed.jsonl:5", "the article text is empty"),
        ("feed.jsonl#5", ""),
        ("feed.jsonl:7", "cut off in the middle of a record"),
    ]


def test_a_file_too_large_is_reported_and_the_limit_can_be_raised(tmp_path: Path) -> None:
    path = write(tmp_path / "long.txt", BODY + "\n\n" + "It rained on and on. " * 100)
    found = rejection(path, settings=ReadingSettings(max_bytes=1_000))
    assert "more than the limit of 1,000" in found.reason and "raise reading.max_bytes" in found.remedy
    assert isinstance(article(path), Article)


def test_an_article_too_long_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "long.jsonl", record(text=BODY + "\n\n" + "It rained on and on. " * 100))
    found = rejection(path, settings=ReadingSettings(max_article_chars=1_000))
    assert "more than the limit of 1,000" in found.reason and found.path == "long.jsonl:1"


def test_a_packed_file_is_bounded_by_what_it_unpacks_to(tmp_path: Path) -> None:
    bomb = write(tmp_path / "bomb.txt.gz", gzip.compress(b"rain " * 400_000))
    assert bomb.stat().st_size < 100_000
    assert "when unpacked" in rejection(bomb, settings=ReadingSettings(max_bytes=100_000)).reason


def test_a_line_too_long_is_reported_and_the_next_is_read(tmp_path: Path) -> None:
    long_line = record(text="rain " * 2_000)
    path = write(tmp_path / "feed.jsonl", f"{long_line}\n{record()}\n")
    readings = read(path, settings=ReadingSettings(max_bytes=2_000))
    assert [one.path for one in readings] == ["feed.jsonl:1", "feed.jsonl#2"]


def test_the_same_article_twice_is_reported_as_a_duplicate(tmp_path: Path) -> None:
    first, second = read(write(tmp_path / "a.jsonl", record()), write(tmp_path / "b.jsonl", record()))
    assert isinstance(first, Article) and isinstance(second, Rejection)
    assert (second.path, second.reason) == ("b.jsonl#1", "duplicate of a.jsonl#1")


def test_an_edited_article_is_no_duplicate(tmp_path: Path) -> None:
    edited = record(text=BODY.replace("a metre", "two metres"))
    one, two = read(write(tmp_path / "feed.jsonl", f"{record()}\n{edited}"))
    assert isinstance(one, Article) and isinstance(two, Article)
    assert one.article_id == two.article_id and one.text_hash != two.text_hash


def test_paths_are_the_same_on_every_machine(tmp_path: Path) -> None:
    write(tmp_path / "one" / "news" / "sub" / "wire.jsonl", record())
    write(tmp_path / "two" / "news" / "sub" / "wire.jsonl", record())
    assert article(tmp_path / "one" / "news") == article(tmp_path / "two" / "news")
    assert article(tmp_path / "one" / "news").path == "news/sub/wire.jsonl#1"


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", BODY)
    write(tmp_path / "b.jsonl", record())
    assert read(tmp_path) == read(tmp_path)


def test_notes_gold_and_hidden_files_of_a_folder_are_passed_over(tmp_path: Path) -> None:
    for name in ("gold.json", "README.md", "README", "manifest.txt", ".hidden.txt", "LICENSE", ".git/x.txt"):
        write(tmp_path / name, "not an article")
    write(tmp_path / "page.htm", "<html><body><div>")
    write(tmp_path / "page_files" / "script.js", "x")
    assert [one.path.split("/")[-1] for one in read(tmp_path)] == ["page.htm"]


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    assert rejection(tmp_path / "gone.txt") == Rejection("gone.txt", "no such file or folder", "check the path")


def test_a_folder_without_articles_gives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path) == []


def test_links_that_leave_the_folder_or_lead_nowhere_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.txt", BODY)
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").symlink_to(outside)
    (folder / "b.txt").symlink_to(folder / "b.txt")
    (folder / "c").symlink_to(folder, target_is_directory=True)
    readings = read(folder)
    assert [(type(one).__name__, one.path) for one in readings] == [
        ("Rejection", "news/a.txt"),
        ("Rejection", "news/b.txt"),
    ]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert rejection(tmp_path).reason == "not a regular file"


def test_owners_of_outlets_come_from_the_settings(tmp_path: Path) -> None:
    settings = ReadingSettings(owners={"The Orlec Wire": "Sel Media"})
    assert article(write(tmp_path / "a.jsonl", record()), settings=settings).owner == "Sel Media"


def test_cookie_walls_and_pickers_are_no_articles(tmp_path: Path) -> None:
    wall = "Why did this happen?\n\nPlease make sure your browser supports JavaScript and cookies and that you are not blocking them from loading."
    found = rejection(write(tmp_path / "a.jsonl", record(text=wall)))
    assert found.reason == "no words of an article among notices, prompts and navigation"


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("The board&rsquo;s dam &amp; lake held", "The board’s dam & lake held"),
        ("â€œIt heldâ€\x9d, she said: the damâ€™s wall is sound", "“It held”, she said: the dam’s wall is sound"),
        ("It held, she said: the dam's wall is sound… [+1234 chars]", "It held, she said: the dam's wall is sound…"),
        ("The dam <em>held</em> on <b>Monday</b>", "The dam held on Monday"),
    ],
)
def test_what_scraping_left_in_a_text_is_put_right(tmp_path: Path, found: str, shown: str) -> None:
    text = f"{BODY}\n\n{found}"
    assert article(write(tmp_path / "a.jsonl", record(text=text))).text.endswith(shown)
    assert article(write(tmp_path / "a.txt", text)).text.endswith(shown)


def frame_of(rows: list[dict[str, object]]) -> object:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(rows)


def test_a_data_frame_is_read_row_by_row() -> None:
    rows: list[dict[str, object]] = [
        {
            "maintext": BODY,
            "source_domain": "www.wire.example",
            "date_publish": datetime(2031, 3, 8),
            "authors": ["A", "B"],
        },
        {"maintext": None, "source_domain": "x.example", "date_publish": None, "authors": None},
    ]
    one, two = read_frame(frame_of(rows), SETTINGS)
    assert isinstance(one, Article) and isinstance(two, Rejection)
    assert (one.outlet, one.author, one.path) == ("wire.example", "A, B", "frame#1")
    assert one.published_at == datetime(2031, 3, 8, tzinfo=UTC)
    assert (two.path, two.reason) == ("frame:2", "the article text is empty")


def test_a_data_frame_without_texts_is_reported() -> None:
    (found,) = read_frame(frame_of([{"headline": "x"}]), SETTINGS)
    assert isinstance(found, Rejection) and "no column holds the article text" in found.reason


def test_the_readers_are_lazy(tmp_path: Path) -> None:
    readings = read_paths([write(tmp_path / "a.jsonl", f"{record()}\n{record(title='Two')}")], SETTINGS)
    assert isinstance(readings, Iterator)
    assert isinstance(next(readings), Article)
