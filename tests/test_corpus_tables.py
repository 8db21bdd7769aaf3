"""JSON, JSON Lines, CSV and Parquet: field names, rows, limits."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detector.corpus import read_paths
from detector.corpus.tables import read_csv
from detector.records import Article, Rejection
from detector.settings import ReadingSettings

SETTINGS = ReadingSettings()
BODY = "The dam above Orlec held on Monday, the water board said, after two days of rain. Nobody was hurt."


def read(path: Path, content: str | bytes, settings: ReadingSettings = SETTINGS) -> list[Article | Rejection]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return list(read_paths([path], settings))


def only(path: Path, content: str | bytes) -> Article:
    (reading,) = read(path, content)
    assert isinstance(reading, Article), reading
    return reading


@pytest.mark.parametrize(
    "record",
    [
        {"maintext": BODY, "source_domain": "wire.example", "date_publish": "2031-03-08 06:00:00", "authors": ["A. Moss"], "title": "Dam holds", "url": "https://wire.example/d"},
        {"articleBody": BODY, "publisher": {"name": "wire.example"}, "datePublished": "2031-03-08T06:00Z", "author": {"name": "A. Moss"}, "headline": "Dam holds", "url": "https://wire.example/d"},
        {"content": BODY, "source": {"id": None, "name": "wire.example"}, "publishedAt": "2031-03-08T06:00:00Z", "author": "By A. Moss", "title": "Dam holds", "url": "https://wire.example/d"},
        {"Body": BODY, "Site": "www.wire.example", "Pub Date": "Sat, 08 Mar 2031 06:00:00 +0000", "Byline": "A. Moss", "Headline": "Dam holds", "Link": "https://wire.example/d"},
    ],
    ids=["news-please", "schema.org", "news api", "capitals"],
)  # fmt: skip
def test_fields_go_by_many_names(tmp_path: Path, record: dict[str, object]) -> None:
    one = only(tmp_path / "a.jsonl", json.dumps(record))
    assert (one.outlet, one.title, one.author, one.url) == (
        "wire.example",
        "Dam holds",
        "A. Moss",
        "https://wire.example/d",
    )
    assert one.published_at == datetime(2031, 3, 8, 6, tzinfo=UTC)


def test_the_first_name_of_a_field_with_a_value_counts(tmp_path: Path) -> None:
    one = only(
        tmp_path / "a.jsonl",
        json.dumps(
            {"text": BODY, "outlet": "", "publisher": None, "source": "Wire", "date": "", "pubDate": "2031-03-08"}
        ),
    )
    assert one.outlet == "Wire" and one.published_at is not None


def test_a_json_file_holds_one_article_or_a_list_of_them(tmp_path: Path) -> None:
    record = {"text": BODY, "outlet": "Wire"}
    assert only(tmp_path / "a.json", json.dumps(record)).path == "a.json"
    assert only(tmp_path / "b.json", json.dumps([record])).path == "b.json#1"
    assert only(tmp_path / "c.json", json.dumps({"status": "ok", "articles": [record]})).path == "c.json#1"
    listed = read(tmp_path / "d.json", json.dumps([record, 7, {"text": ""}]))
    assert [one.path for one in listed] == ["d.json#1", "d.json:2", "d.json:3"]


def test_html_in_a_field_is_read_as_text(tmp_path: Path) -> None:
    first, second = BODY.split(". ", 1)
    one = only(
        tmp_path / "a.jsonl",
        json.dumps({"text": f"<p>{first}.</p><ul><li>{second}</li></ul><script>x</script>", "outlet": "Wire"}),
    )
    assert one.text == f"{first}.\n\n• {second}"


def test_a_page_in_a_field_is_read_as_a_page_and_the_row_goes_first(tmp_path: Path) -> None:
    page = f"<html><head><meta property='og:site_name' content='Twelve'><title>From the page</title></head><body><article><p>{BODY}</p><p>{BODY[:60]} again.</p></article></body></html>"
    one = only(tmp_path / "a.jsonl", json.dumps({"html": page, "title": "From the row"}))
    assert (one.outlet, one.title) == ("Twelve", "From the row")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_with_any_usual_separator(tmp_path: Path, delimiter: str) -> None:
    lines = io.StringIO()
    csv.writer(lines, delimiter=delimiter).writerows(
        [["outlet", "title", "text"], ["Wire", 'Dam; holds, "again"', f"{BODY}\n\nIt rained."]]
    )
    one = only(tmp_path / "a.csv", "\ufeff" + lines.getvalue())
    assert (one.outlet, one.title, one.path) == ("Wire", 'Dam; holds, "again"', "a.csv#1")
    assert one.text.endswith(f"{BODY}\n\nIt rained.")


def test_csv_in_utf_16_as_spreadsheets_save_it_is_read(tmp_path: Path) -> None:
    assert only(tmp_path / "a.csv", f"outlet\ttext\nWire\t“Grüße”: {BODY}\n".encode("utf-16")).text.startswith(
        "“Grüße”"
    )


def test_a_bad_row_of_a_csv_is_reported_by_its_line(tmp_path: Path) -> None:
    rows = f'outlet,text\nWire,"{BODY}"\nWire\nWire,""\nWire,"a"b\nCourier,"{BODY}"\nWire,"never closed'
    readings = read(tmp_path / "a.csv", rows)
    assert [(one.path, getattr(one, "reason", "")) for one in readings] == [
        ("a.csv#1", ""),
        ("a.csv:3", "1 columns, expected 2"),
        ("a.csv:4", "the article text is empty"),
        ("a.csv:5", "the row is not CSV (a quote mark out of place?)"),
        ("a.csv#5", ""),
        ("a.csv:7", "cut off in the middle of a record"),
    ]


def test_a_text_longer_than_the_csv_module_likes_is_read(tmp_path: Path) -> None:
    long = f"{BODY} " * 1_500
    assert len(long) > 131_072
    assert len(only(tmp_path / "a.csv", f'outlet,text\nWire,"{long}"\n').text) > 131_072


def test_a_large_csv_is_read_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("outlet,text\n" + "".join(f"Wire {n},{'x' * 900}\n" for n in range(2_000)), encoding="utf-8")
    rows = read_csv(path, SETTINGS)
    assert next(rows).number == 1
    assert sum(1 for _ in rows) == 1_999


def test_a_table_too_large_is_reported(tmp_path: Path) -> None:
    settings = ReadingSettings(max_table_bytes=1_000)
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        (found,) = read(tmp_path / name, "x" * 2_000, settings)
        assert isinstance(found, Rejection) and "raise reading.max_table_bytes" in found.remedy


def parquet(path: Path, columns: dict[str, list[object]]) -> Path:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_is_read_row_by_row(tmp_path: Path) -> None:
    rows: dict[str, list[object]] = {
        "maintext": [BODY, None, BODY],
        "source_domain": ["wire.example", "x.example", "courier.example"],
        "date_publish": [datetime(2031, 3, 8), None, datetime(2031, 3, 9, 6)],
        "authors": [["A", "B"], [], None],
        "other": [1, 2, 3],
    }
    readings = list(read_paths([parquet(tmp_path / "a.parquet", rows)], SETTINGS))
    assert [one.path for one in readings] == ["a.parquet#1", "a.parquet:2", "a.parquet#3"]
    first, _, third = readings
    assert isinstance(first, Article) and isinstance(third, Article)
    assert (first.author, third.published_at) == ("A, B", datetime(2031, 3, 9, 6, tzinfo=UTC))


def test_parquet_cut_off_or_without_texts_is_reported(tmp_path: Path) -> None:
    whole = parquet(tmp_path / "a.parquet", {"text": [BODY]}).read_bytes()
    for content in (whole[:-20], whole[: len(whole) // 2], b"PAR1" + b"\x00" * 200 + b"PAR1"):
        (found,) = read(tmp_path / "b.parquet", content)
        assert isinstance(found, Rejection) and "broken or cut off" in found.reason
    (found,) = read_paths([parquet(tmp_path / "c.parquet", {"headline": ["x"]})], SETTINGS)
    assert isinstance(found, Rejection) and "no column holds the article text" in found.reason


def test_parquet_that_unpacks_to_too_much_is_reported(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", {"text": ["rain " * 200_000 + str(n) for n in range(4)]})
    settings = ReadingSettings(max_table_bytes=1_000_000)
    assert path.stat().st_size < 1_000_000
    (found,) = read_paths([path], settings)
    assert isinstance(found, Rejection) and "when unpacked" in found.reason
