"""Files of several records: JSON, JSON Lines, CSV, Parquet, and a pandas DataFrame.

Each yields rows: the record's number from 1, where it stands in the file ("12" is a line), and the record or why it is
none.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from detector.corpus.decoding import decode, encoding_of, open_file, read_bytes
from detector.corpus.drafts import TEXT_REMEDY, Unreadable, pick_fields
from detector.settings import ReadingSettings

_SAMPLE = 262_144
_LISTS = ("articles", "items", "records", "results", "docs", "documents", "entries", "stories", "news")
_FETCH_AGAIN = "fetch or export it again"
_PARQUET_ROWS = 64
_CUT_OFF = "cut off in the middle of a record"


@dataclass(frozen=True, slots=True)
class Row:
    """One record with its number, its place in the file, or the reason for which it cannot be read."""

    number: int
    place: str
    record: Mapping[str, object] | Unreadable


def read_json(path: Path, settings: ReadingSettings) -> tuple[bool, list[Row]]:
    """Whether the file is one article, and its rows.

    Raises Unreadable: not JSON, cut off, or without articles.
    """
    text = decode(read_bytes(path, limit=settings.max_bytes))
    try:
        parsed = json.loads(text)
    except RecursionError as error:
        raise Unreadable("nested too deep to be articles", "give a list of articles") from error
    except ValueError as error:
        if text.lstrip()[:1] in "[{" and text.rstrip()[-1:] not in ("]", "}"):
            raise Unreadable("cut off: the JSON is not closed", _FETCH_AGAIN) from error
        raise Unreadable("not JSON", "one article or a list of articles; one article a line is .jsonl") from error
    if isinstance(parsed, dict) and not _has_text(parsed):
        parsed = next((parsed[key] for key in _LISTS if isinstance(parsed.get(key), list)), parsed)
    if isinstance(parsed, dict):
        if not _has_text(parsed):
            raise Unreadable("JSON without an article: no field holds a text", TEXT_REMEDY)
        return True, [Row(1, "1", parsed)]
    if not isinstance(parsed, list) or not any(isinstance(entry, dict) and _has_text(entry) for entry in parsed):
        raise Unreadable("JSON without articles: no entry has a field with a text", TEXT_REMEDY)
    return False, [Row(number, str(number), _as_record(entry)) for number, entry in enumerate(parsed, start=1)]


def _has_text(record: Mapping[str, object]) -> bool:
    fields = pick_fields(record)
    return isinstance(fields.get("text"), str) or isinstance(fields.get("html"), str)


def _as_record(entry: object) -> Mapping[str, object] | Unreadable:
    return entry if isinstance(entry, dict) else Unreadable("the entry is no object with fields", TEXT_REMEDY)


def read_jsonl(path: Path, settings: ReadingSettings) -> Iterator[Row]:
    """One object a line; a bad line does not stop the others."""
    with open_file(path, limit=settings.max_table_bytes, setting="max_table_bytes") as stream:
        yield from jsonl_rows(stream, settings)


def jsonl_rows(stream: IO[bytes], settings: ReadingSettings) -> Iterator[Row]:
    """As read_jsonl, of an open stream."""
    number = 0
    for line_number, line, ended in _lines(stream, settings):
        if isinstance(line, Unreadable) or line.strip():
            number += 1
            yield Row(number, str(line_number), line if isinstance(line, Unreadable) else _from_line(line, ended))


def _lines(stream: IO[bytes], settings: ReadingSettings) -> Iterator[tuple[int, str | Unreadable, bool]]:
    """Lines as text, whether each was ended, none longer than the limit held in memory."""
    first = stream.readline(settings.max_bytes + 1)
    encoding = encoding_of(first[:_SAMPLE], cut=True)
    if encoding.startswith(("utf-16", "utf-32")):
        rest = stream.read(settings.max_bytes)
        lines = decode(first + rest).splitlines()
        yield from ((number, line, True) for number, line in enumerate(lines, start=1))
        return
    raw, total = first, 0
    for number in itertools.count(1):
        if not raw:
            return
        total += len(raw)
        if total > settings.max_table_bytes:
            raise Unreadable(
                f"more than {settings.max_table_bytes:,} bytes", "split it or raise reading.max_table_bytes"
            )
        ended = raw.endswith(b"\n")
        yield number, _line_text(raw, settings), ended
        while not ended and len(raw) > settings.max_bytes:
            raw = stream.readline(settings.max_bytes + 1)
            ended = raw.endswith(b"\n")
        raw = stream.readline(settings.max_bytes + 1)


def _line_text(raw: bytes, settings: ReadingSettings) -> str | Unreadable:
    if len(raw) > settings.max_bytes:
        return Unreadable(f"a line of more than {settings.max_bytes:,} bytes", "split it or raise reading.max_bytes")
    if not raw.strip():
        return ""
    try:
        return decode(raw)
    except Unreadable as error:
        return error


def _from_line(line: str, ended: bool) -> Mapping[str, object] | Unreadable:
    try:
        return _as_record(json.loads(line))
    except RecursionError:
        return Unreadable("nested too deep to be an article", "give one article a line")
    except ValueError:
        if not ended:
            return Unreadable(_CUT_OFF, _FETCH_AGAIN)
        return Unreadable("the line is not JSON", "give one JSON object a line")


def read_csv(path: Path, settings: ReadingSettings) -> Iterator[Row]:
    """Rows under a header line; comma, semicolon, tab or bar, whichever the header has most of.

    Raises Unreadable: no header with a text column.
    """
    return read_csv_records(path, settings, text_needed=True)


def read_csv_records(path: Path, settings: ReadingSettings, *, text_needed: bool = False) -> Iterator[Row]:
    """As read_csv, for a table that need not hold texts."""
    csv.field_size_limit(max(csv.field_size_limit(), settings.max_bytes))
    with open_file(path, limit=settings.max_table_bytes, setting="max_table_bytes") as stream:
        sample = stream.read(_SAMPLE)
        decode(sample[: 4_096 // 4 * 4])
        encoding = encoding_of(sample, cut=True)
        joined = io.BufferedReader(_Rejoined(sample, stream, settings.max_table_bytes))
        lines = io.TextIOWrapper(
            joined, encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline=""
        )
        header_line = sample.decode(encoding, "replace").lstrip("\ufeff\r\n").split("\n", 1)[0]
        reader = csv.reader(lines, delimiter=max(",;\t|", key=header_line.count), strict=True)
        yield from _csv_rows(reader, text_needed)


def _csv_rows(reader: Any, text_needed: bool) -> Iterator[Row]:
    header: list[str] | None = None
    number = 0
    while True:
        place = str(reader.line_num + 1)
        try:
            cells = next(reader)
        except StopIteration:
            if header is None:
                raise Unreadable("no header line", f"begin with the column names; {TEXT_REMEDY}") from None
            return
        except (csv.Error, UnicodeError) as error:
            if header is None:
                raise Unreadable("not CSV", "save it as comma-separated text with a header line") from error
            number += 1
            reason = _CUT_OFF if "end of data" in str(error) else "the row is not CSV (a quote mark out of place?)"
            yield Row(number, place, Unreadable(reason, "double the quote marks inside a quoted field"))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = cells
            if text_needed:
                _require_text_column(header)
            continue
        number += 1
        yield Row(number, place, _csv_record(header, cells))


def _csv_record(header: list[str], cells: list[str]) -> Mapping[str, object] | Unreadable:
    if len(cells) != len(header):
        return Unreadable(f"{len(cells)} columns, expected {len(header)}", "quote fields that hold the separator")
    return dict(zip(header, cells, strict=True))


def _require_text_column(columns: Iterable[object]) -> None:
    names = list(columns)
    if not {"text", "html"} & set(pick_fields({str(name): "x" for name in names})):
        shown = ", ".join(str(name)[:30] for name in names[:8])
        raise Unreadable(f"no column holds the article text (found: {shown})", TEXT_REMEDY)


class _Rejoined(io.RawIOBase):
    """A stream begun again with its first bytes, ending after `limit` bytes."""

    def __init__(self, first: bytes, rest: IO[bytes], limit: int) -> None:
        self._first, self._rest, self._left = first, rest, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._left)
        chunk, self._first = self._first[:size], self._first[size:]
        if not chunk:
            chunk = self._rest.read(size) or b""
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)


def read_parquet(path: Path, settings: ReadingSettings) -> Iterator[Row]:
    """Rows of the known columns, a few at a time.

    Raises Unreadable: not Parquet, cut off, too large when unpacked, or without a text column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_file(path, limit=settings.max_table_bytes, setting="max_table_bytes") as stream:
        try:
            table = pq.ParquetFile(stream)
            names = table.schema_arrow.names
            _require_text_column(names)
            groups = (table.metadata.row_group(index) for index in range(table.metadata.num_row_groups))
            if (unpacked := sum(group.total_byte_size for group in groups)) > settings.max_table_bytes:
                raise Unreadable(f"{unpacked:,} bytes when unpacked", "split it or raise reading.max_table_bytes")
            wanted = [name for name in names if pick_fields({name: "x"})]
            number = 0
            for batch in table.iter_batches(batch_size=_PARQUET_ROWS, columns=wanted):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(number, str(number), record)
        except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
            raise Unreadable("not Parquet, broken or cut off", _FETCH_AGAIN) from error


def frame_rows(frame: Any) -> Iterator[Row]:
    """Rows of a pandas DataFrame.

    Raises Unreadable: no column holds the article text.
    """
    columns = [str(name) for name in frame.columns]
    _require_text_column(columns)
    for number, values in enumerate(frame.itertuples(index=False, name=None), start=1):
        yield Row(number, str(number), dict(zip(columns, values, strict=True)))
