"""What a call shows: lines on stdout, progress and remarks on stderr, files written whole, and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from detector import logs
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.pipeline import OnProgress, Progress
    from detector.report import Report

FOUND, MISTAKE, INTERRUPTED = 1, 2, 130
"""Exit codes: what --fail-on asked for was found or something is wrong; the user's mistake; Ctrl-C."""


def print_lines(lines: Sequence[str]) -> None:
    print("\n".join(lines))


def say(*lines: str) -> None:
    """Lines on stderr; when even that is closed there is nobody to tell."""
    if logs.owns_stderr():
        for line in lines:
            logs.event("remark", detail=line)
        return
    with suppress(BrokenPipeError):
        print(*lines, sep="\n", file=sys.stderr, flush=True)


def fail_if(found: bool) -> None:
    if found:
        raise typer.Exit(FOUND)


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[OnProgress]:
    """Bars on stderr when it is a terminal; each stage has one, without a length when its total is not known."""
    with _bars(quiet=quiet or logs.owns_stderr() or not sys.stderr.isatty()) as show, logs.followed(show) as follow:
        yield follow


@contextmanager
def _bars(*, quiet: bool) -> Iterator[OnProgress]:
    if quiet:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from detector.pipeline.progress import STAGE_WORDS

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(24),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        words = {"read": "Reading files", **STAGE_WORDS}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                name = words.get(progress.stage, progress.stage)
                tasks[progress.stage] = bars.add_task(name, total=None, count="")
            count = f"{progress.done:,} of {progress.total:,}" if progress.total else f"{progress.done:,}"
            bars.update(tasks[progress.stage], completed=progress.done, total=progress.total or None, count=count)

        yield show


def report_files(files: Sequence[Path] | None) -> list[Path]:
    """The files asked for. Raises InputError before any work is done: the suffix of one is no report format."""
    if not files:
        return []
    from detector.report import FORMATS

    for file in files:
        if file.suffix.lower() not in FORMATS:
            found = file.suffix or "no suffix"
            raise InputError(f"--report {file}: {found} is not a report format; expected one of {', '.join(FORMATS)}")
        if file.is_dir():
            raise InputError(f"--report {file}: a folder; expected a file such as {file / 'report.html'}")
    return list(files)


def write_whole(path: Path, text: str) -> None:
    """Replace the file at once, so that nobody reads half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def deliver(report: Report, targets: Sequence[Path], *, limit: int, json: bool, quiet: bool) -> None:
    """Write the files, then show the report on stdout and say on stderr what was written."""
    from detector.report import print_report, write_report

    for target in targets:
        write_report(report, target)
    if json:
        from detector.report.json import to_json

        print(to_json(report), end="")
    elif not quiet:
        from rich.console import Console

        print_report(report, Console(highlight=False, emoji=False, markup=False), limit=limit)
        sys.stdout.flush()
    if targets and not quiet:
        say(*(f"Written: {target}" for target in targets))
