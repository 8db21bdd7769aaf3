"""Pairs of texts against the NLI model: both ways for the pipeline, and whole files for `detector score`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from detector.errors import InputError
from detector.records import NLI_LABELS, Probs

if TYPE_CHECKING:
    from detector.models import NLIModel

PairFormat = Literal["jsonl", "csv"]
COLUMNS = ("premise", "hypothesis")
ERROR = "error"
MAX_CHARS = 20_000
"""Longest text scored. A model reads the first 160 tokens or so: more is no statement but a file in the wrong column."""
MAX_BYTES = 1_000_000_000
"""Largest file read: it is held in memory as a whole."""
ROWS_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class PairRow:
    """One row of a pairs file. `columns` are its columns as read; `error` says why it cannot be scored."""

    premise: str
    hypothesis: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


def score_pairs_both_ways(nli: NLIModel, pairs: Sequence[tuple[str, str]]) -> list[tuple[Probs, Probs]]:
    """Raw probabilities of each pair, forward and backward; no call to the model when there are no pairs."""
    if not pairs:
        return []
    turned = [(hypothesis, premise) for premise, hypothesis in pairs]
    probabilities = [_probs(row) for row in nli.score([*pairs, *turned])]
    return list(zip(probabilities[: len(pairs)], probabilities[len(pairs) :], strict=True))


def _probs(row: Iterable[Any]) -> Probs:
    entailment, neutral, contradiction = (float(value) for value in row)
    return Probs(entailment, neutral, contradiction)


def read_pairs(path: Path) -> list[PairRow]:
    """Rows of a .jsonl or .csv file with the columns premise and hypothesis; other columns are kept.

    A row whose texts cannot be scored (missing, empty, not text, too long, not JSON) is kept with its error. Raises
    InputError: no such file, of another kind or encoding, too large, empty, or no row has the two columns.
    """
    kind = path.suffix.lower()
    if kind not in (".jsonl", ".csv"):
        raise InputError(
            f"{path}: {kind or 'no ending'}, expected a .jsonl or .csv file with the columns {_and(COLUMNS)}"
        )
    text = _read_text(path)
    rows = list(_csv_rows(text, path) if kind == ".csv" else _jsonl_rows(text))
    if not rows:
        raise InputError(f"{path}: no rows, expected the columns {_and(COLUMNS)}")
    found = sorted({name for row in rows for name in row.columns if name != ERROR})
    if not set(COLUMNS) <= set(found) and not any(row.error is None for row in rows):
        first = next(row.error for row in rows if row.error is not None)
        raise InputError(f"{path}: {first}; no row has the columns {_and(COLUMNS)}; found {_and(found) or 'none'}")
    return rows


def _and(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:8])


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path}: {size:,} bytes, more than {MAX_BYTES:,}; split it")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a .jsonl or .csv file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start:,}; save it as UTF-8") from error


def _jsonl_rows(text: str) -> Iterator[PairRow]:
    """One a line; empty lines are no rows. Lines end at newlines alone: JSON may hold the other line breaks raw.

    NaN and Infinity, which are no JSON and which JSON readers choke on, become null.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            columns = json.loads(line, parse_constant=lambda name: None)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long a number"
            yield PairRow("", "", {}, f"line {number}: not JSON ({reason})")
            continue
        if not isinstance(columns, dict):
            yield PairRow("", "", {}, f"line {number}: {_kind_of(columns)}, expected an object")
            continue
        yield _row_of(columns, f"line {number}")


def _csv_rows(text: str, path: Path) -> Iterator[PairRow]:
    """One a record; the first names the columns."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    csv.field_size_limit(MAX_BYTES)
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise InputError(f"{path}: no column {_and(missing)}; found {_and(header) or 'none'}; name them in line 1")
        for cells in reader:
            where = f"line {reader.line_num}"
            if not cells:
                continue
            columns: dict[str, Any] = dict(zip(header, cells, strict=False))
            row = _row_of(columns, where)
            if len(cells) > len(header):
                row = PairRow("", "", columns, f"{where}: {len(cells)} cells, expected {len(header)}; quote the commas")
            yield row
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: not CSV ({error}); check its quotation marks") from error


def _row_of(columns: Mapping[str, Any], where: str) -> PairRow:
    for name in COLUMNS:
        if problem := _problem_of(columns.get(name)):
            return PairRow("", "", columns, f"{where}: {name} {problem}")
    return PairRow(columns["premise"], columns["hypothesis"], columns)


def _problem_of(text: Any) -> str | None:
    if text is None:
        return "is missing"
    if not isinstance(text, str):
        return f"is {_kind_of(text)}, expected text"
    if not text.strip():
        return "is empty"
    if len(text) > MAX_CHARS:
        return f"has {len(text):,} characters, more than {MAX_CHARS:,}; give a sentence or two"
    return None


def _kind_of(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object", str: "text"}
    return names.get(type(value), "null")


def score_rows(
    rows: Sequence[PairRow], nli: NLIModel, *, temperature: float, progress: Callable[[int], None] | None = None
) -> list[dict[str, Any]]:
    """Each row's columns with its calibrated entailment, neutral and contradiction, in the order given.

    A row that cannot be scored has them as None, and an `error`. Columns that came in under these names are replaced.
    `progress` is told how many rows are scored so far.
    """
    scored = [row for row in rows if row.error is None]
    values: list[Probs] = []
    for start in range(0, len(scored), ROWS_AT_ONCE):
        part = scored[start : start + ROWS_AT_ONCE]
        values += [
            _probs(row).tempered(temperature) for row in nli.score([(row.premise, row.hypothesis) for row in part])
        ]
        if progress is not None:
            progress(len(values))
    answers = iter(values)
    return [_answer(row, next(answers) if row.error is None else None) for row in rows]


def _answer(row: PairRow, probs: Probs | None) -> dict[str, Any]:
    kept = {name: value for name, value in row.columns.items() if name not in (*NLI_LABELS, ERROR)}
    if probs is None:
        return {**kept, **dict.fromkeys(NLI_LABELS), ERROR: row.error}
    return {**kept, **{label: round(getattr(probs, label), 6) for label in NLI_LABELS}}


def write_rows(rows: Sequence[Mapping[str, Any]], fmt: PairFormat, stream: TextIO) -> None:
    """Rows as JSON lines or as CSV; the columns of a CSV are those of all rows, `error` last where there is one."""
    if fmt == "jsonl":
        for row in rows:
            stream.write(_writable(json.dumps(row, ensure_ascii=False)) + "\n")
        return
    names = dict.fromkeys(name for row in rows for name in row if name not in (*NLI_LABELS, ERROR))
    header = [*map(_cell, names), *NLI_LABELS, *([ERROR] if any(ERROR in row for row in rows) else [])]
    writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({_cell(name): _cell(value) for name, value in row.items()} for row in rows)


def _cell(value: Any) -> Any:
    """Lists and objects of a JSON row stay JSON in a CSV."""
    written = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value
    return _writable(written) if isinstance(written, str) else written


def _writable(text: str) -> str:
    """Half of a surrogate pair, which UTF-8 cannot hold, as the escape that JSON has for it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
