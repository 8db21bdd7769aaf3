"""Whatever bytes a file holds, it ends in articles and reasons, soon and without an error."""

from __future__ import annotations

import gzip
import re
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.corpus import (
    KINDS,
    assembly,
    bare,
    boilerplate,
    cleaning,
    dates,
    drafts,
    markup,
    paragraphs,
    read_paths,
    wires,
)
from detector.corpus.cleaning import clean
from detector.records import Article, Rejection
from detector.settings import ReadingSettings

SETTINGS = ReadingSettings(max_bytes=200_000, max_table_bytes=200_000, max_article_chars=20_000, min_words=1)
ENDINGS = [*KINDS, *(f"{kind}.gz" for kind in (".txt", ".jsonl", ".html")), "", ".pdf"]
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def check(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        for reading in read_paths([Path(folder), path], SETTINGS):
            assert isinstance(reading, (Article, Rejection))
            if isinstance(reading, Article):
                assert not UNSEEN.search(f"{reading.text}{reading.title}{reading.outlet}{reading.author}{reading.url}")
                assert "\n\n\n" not in reading.text and reading.text == reading.text.strip()
                reading.text.encode("utf-8")
            else:
                assert reading.reason and reading.remedy and "\n" not in reading.reason


PIECES = st.sampled_from(
    ["Outlet: A\n", "Title:", "---\n", "\n", "\n\n", " ", "© 2031 ", "By ", "(Reuters) - ", "Read more: ", "|", "text", "{", "}", '"', "[", "]", ":", ",", "<p>", "</p>",
     "<html>", "<script>", "<!--", "&amp;", "\x00", "\ud800", "\u202e", "“", "\ufeff", "July 8, 2031", "null", "1e999", "-Infinity", "NaN", "\\ud800", "&#x202e;", "**", "](", "![",
     "The dam held on Monday. ", "Share", "Advertisement\n", "• ", "1. ", "url", "http://", "date", "outlet,text\n", "=" * 9]
)  # fmt: skip
NOISE = st.lists(PIECES, max_size=40).map("".join).map(lambda text: text.encode("utf-8", "surrogatepass"))
CALM = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@CALM
@given(ending=st.sampled_from(ENDINGS), content=st.one_of(st.binary(max_size=600), NOISE))
def test_random_bytes_in_any_kind_of_file_never_raise(ending: str, content: bytes) -> None:
    check(f"fuzz{ending}", gzip.compress(content) if ending.endswith(".gz") and content[:1] > b"a" else content)


@CALM
@given(st.dictionaries(st.sampled_from(["text", "html", "outlet", "title", "url", "author", "date", "language"]),
                       st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=80) | NOISE.map(lambda b: b.decode("utf-8", "surrogatepass")),
                                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "@id", "x"]), inner, max_size=2), max_leaves=5)))  # fmt: skip
def test_fields_of_any_type_never_raise(record: dict[str, object]) -> None:
    import json

    check(
        "fuzz.jsonl", json.dumps({"text": "The dam above Orlec held on Monday.", **record}).encode("utf-8", "replace")
    )


@CALM
@given(NOISE)
def test_cleaning_only_takes_away(content: bytes) -> None:
    text = drafts.printable(content.decode("utf-8", "surrogatepass"))
    cleaned = clean(text)
    words = set(re.findall(r"\w+", text))
    assert set(re.findall(r"\w+", cleaned.text)) <= words


PATTERNS = [
    (f"{module.__name__.rsplit('.', 1)[1]}.{name}", value)
    for module in (assembly, bare, boilerplate, cleaning, dates, drafts, markup, paragraphs, wires)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
] + [
    (f"boilerplate.{rule}", pattern)
    for table in (boilerplate.OPENERS, boilerplate.PROMPTS, boilerplate.PATTERNS, boilerplate.NOTICES)
    for rule, pattern in table
]
UNITS = [
    "A-",
    "A.",
    "a ",
    "By A-",
    "x/",
    "( ",
    "© ",
    "AP/",
    "A, ",
    "| ",
    "**",
    "[a](",
    "![",
    "<p ",
    "Reporting by A ",
    "may 1 ",
    "2031-",
    "advice not ",
]


@pytest.mark.parametrize(("name", "pattern"), PATTERNS, ids=[name for name, _ in PATTERNS])
def test_no_pattern_takes_long_over_a_line_made_to_stall_it(name: str, pattern: re.Pattern[str]) -> None:
    spent = []
    for unit in UNITS:
        line = (unit * 400)[:400] + "!§"
        start = time.process_time()
        pattern.search(line)
        pattern.match("Reporting by " + line)
        spent.append(time.process_time() - start)
    assert max(spent) < 0.5


@pytest.mark.parametrize(
    "text", ["a" * 800_000, "a\n" * 200_000, "\n" * 400_000, "- " * 200_000, "Read more: " * 40_000, "(" * 400_000]
)
def test_huge_lines_and_many_lines_are_cleaned_in_seconds(text: str) -> None:
    start = time.process_time()
    clean(text)
    assert time.process_time() - start < 20


def test_front_matter_that_refers_to_itself_again_and_again_is_read_at_once() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))
    bomb = (
        f"---\nl0: &l0 [x]\n{levels}\nauthor: *l11\noutlet: *l11\ntitle: *l11\ndate: *l11\n---\nThe dam held on Monday."
    )
    start = time.process_time()
    check("bomb.md", bomb.encode())
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "unit", ["<script>", "<!--", "<nav>", "<p ", "[a](", "**a ", "&amp;", "Outlet: x\n", "(c) 2031 ", "ORLEC ("]
)
def test_markup_made_to_stall_the_reader_does_not(unit: str) -> None:
    start = time.process_time()
    check("stall.md", (unit * 80_000)[:80_000].encode())
    check("stall.txt", ("<b><b>" + unit * 80_000)[:80_000].encode())
    assert time.process_time() - start < 5
