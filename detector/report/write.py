"""Writes a report to a file in the format its suffix names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from detector.errors import InputError
from detector.report.values import Report


def write_report(report: Report, path: Path) -> None:
    """Write the report to `path`, whole or not at all; the suffix chooses the format.

    Raises InputError: the suffix is unknown, or the file cannot be written.
    """
    path = Path(path)
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        known = ", ".join(_WRITERS)
        raise InputError(f"{path.name}: {path.suffix or 'no suffix'} is not a report format; expected one of {known}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(descriptor)
        partial = Path(name)
        try:
            write(report, partial)
            partial.chmod(_mode_of(path))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"{path}: the report cannot be written ({reason}); choose a place that can be written to"
        ) from error


def _mode_of(path: Path) -> int:
    """Permissions of the file that is replaced, or what the umask leaves of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _write_text(to_text: Callable[[Report], str]) -> Callable[[Report, Path], None]:
    def write(report: Report, path: Path) -> None:
        path.write_text(to_text(report), encoding="utf-8", errors="replace", newline="\n")

    return write


def _html(report: Report) -> str:
    from detector.report.html import to_html

    return to_html(report)


def _markdown(report: Report) -> str:
    from detector.report.markdown import to_markdown

    return to_markdown(report)


def _csv(report: Report) -> str:
    from detector.report.tables import to_csv

    return to_csv(report)


def _json(report: Report) -> str:
    from detector.report.json import to_json

    return to_json(report)


def _jsonl(report: Report) -> str:
    from detector.report.json import to_jsonl

    return to_jsonl(report)


def _write_parquet(report: Report, path: Path) -> None:
    from detector.report.tables import write_parquet

    write_parquet(report, path)


_WRITERS: dict[str, Callable[[Report, Path], None]] = {
    ".html": _write_text(_html),
    ".md": _write_text(_markdown),
    ".csv": _write_text(_csv),
    ".json": _write_text(_json),
    ".jsonl": _write_text(_jsonl),
    ".parquet": _write_parquet,
}
FORMATS = tuple(_WRITERS)
