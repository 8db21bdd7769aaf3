"""Commands of the main path: ingest, run, report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.app import app
from detector.cli.opening import chosen_settings, gather_into, log_finished, opened_store
from detector.cli.options import (
    SOURCES_HELP,
    DropOption,
    EncoderOption,
    FailOnLaneOption,
    FailOnOption,
    FailOnReadingOption,
    JsonOption,
    LimitOption,
    NLIOption,
    QuietOption,
    Reading,
    ReportOption,
    SettingsOption,
    StoreOption,
)
from detector.cli.output import deliver, fail_if, print_lines, report_files, say, shown_progress
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.report import Report

_SHOWN_REJECTIONS = 10


@app.command()
def ingest(
    sources: Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help=SOURCES_HELP)] = None,
    drop: DropOption = None,
    store: StoreOption = None,
    settings: SettingsOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    fail_on: FailOnReadingOption = None,
) -> None:
    """Read articles into the store and say what became of each.

    An article is accepted, unchanged, revised (its text was edited since) or rejected, with the reason and a remedy.
    Without SOURCE and --drop the sources of the settings are read.
    """
    from detector import screens
    from detector.sources import named_sources

    chosen = chosen_settings(settings)
    named = named_sources(sources or ([] if drop else chosen.sources.list), drop=drop)
    if named.is_empty:
        raise InputError("nothing to read; name a SOURCE, a --drop folder, or sources.list in the settings")
    with opened_store(store) as opened:
        gathered = gather_into(opened, named, chosen, quiet=quiet)
    result = gathered.result
    if json:
        print(screens.as_json(result))
    elif not quiet:
        print_lines([*screens.ingest_lines(result), *screens.asked_lines(gathered)])
    fail_if(bool(fail_on and result.rejected))


@app.command()
def run(
    sources: Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help=SOURCES_HELP)] = None,
    drop: DropOption = None,
    report: ReportOption = None,
    limit: LimitOption = 20,
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    fail_on: FailOnOption = None,
) -> None:
    """Find where outlets differ, after reading SOURCEs if given.

    The report covers all articles of the store, those of earlier calls as well. With nothing new since the last run,
    that run is reported again at once.
    """
    from detector import pipeline, screens
    from detector.api import report_of, require_articles
    from detector.sources import named_sources

    targets = report_files(report)
    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    named = named_sources(sources or [], drop=drop)
    with opened_store(store) as opened:
        gathered = gather_into(opened, named, chosen, quiet=quiet)
        result = gathered.result
        if not named.is_empty and not quiet:
            say(*screens.ingest_lines(result, most=_SHOWN_REJECTIONS), *screens.asked_lines(gathered))
        require_articles(opened, result)
        with shown_progress(quiet=quiet) as on_progress:
            finished = pipeline.run(opened, settings=chosen, now=datetime.now(UTC), on_progress=on_progress)
        log_finished(finished)
        built = report_of(opened, finished)
    deliver(built, targets, limit=limit, json=json, quiet=quiet)
    fail_if(_found(built, fail_on, rejected=len(result.rejected)))


@app.command()
def report(
    report: ReportOption = None,
    limit: LimitOption = 20,
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    fail_on: FailOnLaneOption = None,
) -> None:
    """Show or write the report of the last run again."""
    from detector.api import report_of

    targets = report_files(report)
    with opened_store(store, read_only=True) as opened:
        last = opened.last_run()
        if last is None:
            raise InputError(f"{opened.where}: no run has succeeded yet; make one with `detector run PATH`")
        built = report_of(opened, last)
    deliver(built, targets, limit=limit, json=json, quiet=quiet)
    fail_if(_found(built, fail_on))


def _found(report: Report, fail_on: Sequence[StrEnum] | None, *, rejected: int = 0) -> bool:
    found: set[str] = {entry.lane for entry in report.entries}
    if rejected:
        found.add(Reading.rejected)
    return any(kind.value in found for kind in fail_on or ())
