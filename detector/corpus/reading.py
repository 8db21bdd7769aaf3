"""Paths and data frames to articles; what cannot be read is reported and the others go on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from detector.corpus.assembly import assemble, complete, read_bare
from detector.corpus.decoding import decode, read_bytes
from detector.corpus.drafts import TEXT_REMEDY, Draft, Unreadable, filled, pick_fields
from detector.corpus.folders import Found, find_files
from detector.corpus.manifest import Manifests, described, with_manifest
from detector.corpus.markup import is_page, markdown_text, plain_text, split_front_matter
from detector.corpus.pages import read_page
from detector.corpus.tables import Row, frame_rows, jsonl_rows, read_csv, read_json, read_jsonl, read_parquet
from detector.records import Article, Rejection, digest
from detector.settings import ReadingSettings

Reading = Article | Rejection
STREAM = "standard input"

_TABLES: dict[str, Callable[[Path, ReadingSettings], Iterator[Row]]] = {
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".parquet": read_parquet,
}
_PAGES = (".html", ".htm", ".xhtml")
_MARKDOWN = (".md", ".markdown")
_BARE = (".txt", ".text", *_MARKDOWN)
KINDS = (*_BARE, *_PAGES, ".json", *_TABLES)
"""Endings of the files that are read; each may carry a further ".gz"."""

_LOOKS_LIKE_MARKDOWN = re.compile(r"\]\(https?://|^#{1,4} \S|(?<!\S)\*\*[^\s*]", re.MULTILINE)


def read_paths(paths: Iterable[Path], settings: ReadingSettings) -> Iterator[Reading]:
    """Every article under the paths, in the order of the paths and of the names in a folder.

    An article given twice in the same words is reported as a duplicate. Nothing is raised for what a file holds.
    """
    return read_found(find_files(Path(path) for path in paths), settings)


def read_found(files: Iterable[Found | Rejection], settings: ReadingSettings) -> Iterator[Reading]:
    """As read_paths, for files that were looked for before."""
    manifests = Manifests(settings)

    def readings() -> Iterator[Reading]:
        for found in files:
            if isinstance(found, Rejection):
                yield found
            else:
                yield from _read_file(found, manifests, settings)
        yield from manifests.rejections

    return _without_duplicates(readings())


def read_stream(stream: IO[bytes], settings: ReadingSettings) -> Iterator[Reading]:
    """Every article of an open stream of JSON lines, such as standard input.

    An article without address and title is known by its words: line numbers mean nothing in the next stream.
    """
    rows = jsonl_rows(stream, settings)
    for reading in _without_duplicates(_from_rows(STREAM, f"{STREAM}.jsonl", lambda: rows, settings)):
        if isinstance(reading, Article) and not reading.url and not reading.title:
            yield replace(reading, article_id=digest("article", reading.outlet_id, reading.text_hash))
        else:
            yield reading


def read_frame(frame: Any, settings: ReadingSettings) -> Iterator[Reading]:
    """Every article of a pandas DataFrame; the columns are named as in the files."""
    return _without_duplicates(_from_rows("frame", "frame", lambda: frame_rows(frame), settings))


def _without_duplicates(readings: Iterable[Reading]) -> Iterator[Reading]:
    seen: dict[tuple[str, str], str] = {}
    for reading in readings:
        if isinstance(reading, Article):
            identity, path = (reading.article_id, reading.text_hash), reading.path or ""
            if identity in seen:
                yield Rejection(path, f"duplicate of {seen[identity]}", "nothing to do: it is read once")
                continue
            seen[identity] = path
        yield reading


def _read_file(found: Found, manifests: Manifests, settings: ReadingSettings) -> Iterator[Reading]:
    kind = _kind_of(found.path)
    name = found.path.name
    try:
        if kind in _TABLES:
            rows = _from_rows(found.shown, name, lambda: _TABLES[kind](found.path, settings), settings)
            yield from _or_empty(found.shown, rows)
        elif kind == ".json":
            single, records = read_json(found.path, settings)
            yield from _or_empty(
                found.shown, _from_rows(found.shown, name, lambda: iter(records), settings, single=single)
            )
        elif kind in KINDS:
            draft = _read_draft(found, kind, settings)
            draft = with_manifest(draft, manifests.fields_of(found.path, found.root))
            yield assemble(complete(draft), settings)
        else:
            shown = f"not a kind of file that is read ({kind or 'no ending'})"
            yield Rejection(found.shown, shown, f"convert it to one of {' '.join(KINDS)}")
    except Unreadable as error:
        yield Rejection(found.shown, error.reason, error.remedy)


def _or_empty(shown: str, readings: Iterator[Reading]) -> Iterator[Reading]:
    """The readings of a table's file; a table without rows is told of, or it would pass unseen."""
    first = next(readings, None)
    if first is None:
        yield Rejection(shown, "the table has no rows", "nothing to do if that is right; else export it again")
        return
    yield first
    yield from readings


def _kind_of(path: Path) -> str:
    endings = [ending.casefold() for ending in path.suffixes]
    return endings[-2] if len(endings) > 1 and endings[-1] == ".gz" else (endings[-1] if endings else "")


def _read_draft(found: Found, kind: str, settings: ReadingSettings) -> Draft:
    text = decode(read_bytes(found.path, limit=settings.max_bytes))
    empty = Draft(path=found.shown, file_name=found.path.name, text="")
    if kind in _PAGES or is_page(text):
        return _page_draft(empty, text, settings)
    _require_bounded(text, settings)
    fields, text = _front_matter(text, kind)
    text = markdown_text(text) if kind in _MARKDOWN or _LOOKS_LIKE_MARKDOWN.search(text) else plain_text(text)
    return read_bare(filled(replace(empty, text=text), described(pick_fields(fields)).items()))


def _front_matter(text: str, kind: str) -> tuple[dict[str, object], str]:
    try:
        return split_front_matter(text)
    except Unreadable:
        if kind in _MARKDOWN:
            raise
        return {}, text


def _page_draft(draft: Draft, page: str, settings: ReadingSettings) -> Draft:
    fields = read_page(page)
    _require_bounded(str(fields["text"]), settings)
    draft = replace(draft, text=str(fields["text"]), outlet_guessed=bool(fields.get("outlet_guessed")))
    return filled(draft, described(fields).items())


def _from_rows(
    shown: str, name: str, rows: Callable[[], Iterator[Row]], settings: ReadingSettings, *, single: bool = False
) -> Iterator[Reading]:
    """Articles of a table; a bad row is reported by its line and does not stop the others."""
    try:
        for row in rows():
            suffix = "" if single else f"#{row.number}"
            try:
                yield _from_record(row.record, f"{shown}{suffix}", f"{name}{suffix}", settings)
            except Unreadable as error:
                yield Rejection(shown if single else f"{shown}:{row.place}", error.reason, error.remedy)
    except Unreadable as error:
        yield Rejection(shown, error.reason, error.remedy)


def _from_record(
    record: Mapping[str, object] | Unreadable, path: str, file_name: str, settings: ReadingSettings
) -> Article:
    if isinstance(record, Unreadable):
        raise record
    fields = pick_fields(record)
    page, text = fields.get("html"), fields.get("text")
    draft = filled(Draft(path=path, file_name=file_name, text=""), described(fields).items())
    if isinstance(text, str) and text.strip():
        _require_bounded(text, settings)
        draft = _page_over(draft, text, settings) if is_page(text) else replace(draft, text=plain_text(text))
    elif isinstance(page, str) and page.strip():
        if len(page) > settings.max_bytes:
            raise Unreadable(f"HTML of {len(page):,} characters", "split it or raise reading.max_bytes")
        draft = _page_over(draft, page, settings)
    else:
        found = "the article text is empty" if {"html", "text"} & set(_known(record)) else "no field holds a text"
        raise Unreadable(found, "fetch or export it again" if "empty" in found else TEXT_REMEDY)
    return assemble(complete(draft), settings)


def _known(record: Mapping[str, object]) -> dict[str, object]:
    return pick_fields(dict.fromkeys(record, "x"))


def _require_bounded(text: str, settings: ReadingSettings) -> None:
    """Stops a text that no cleaning brings under the limit, before the work of cleaning it."""
    if len(text) > 4 * settings.max_article_chars:
        reason = f"{len(text):,} characters, more than the limit of {settings.max_article_chars:,}"
        raise Unreadable(reason, "split it or raise reading.max_article_chars")


def _page_over(draft: Draft, page: str, settings: ReadingSettings) -> Draft:
    """A page in a record; the record's own fields go before the page's."""
    read = _page_draft(
        replace(draft, outlet=None, title=None, url=None, author=None, published=None, text=""), page, settings
    )
    said = [(name, getattr(read, name)) for name in ("title", "url", "author", "published", "language")]
    merged = filled(replace(draft, text=read.text), said)
    return merged if merged.outlet else replace(merged, outlet=read.outlet, outlet_guessed=read.outlet_guessed)
