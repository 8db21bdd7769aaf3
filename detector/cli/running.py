"""Commands of the main path: ingest, run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from detector.cli.app import app
from detector.cli.changes import asks_for_changes, found_any
from detector.cli.opening import chosen_settings, gather_into, log_finished, opened_store
from detector.cli.options import (
    SOURCES_HELP,
    DropOption,
    EncoderOption,
    FailOnOption,
    FailOnReadingOption,
    JsonOption,
    LimitOption,
    NLIOption,
    QuietOption,
    ReportOption,
    SettingsOption,
    StoreOption,
)
from detector.cli.output import deliver, fail_if, print_lines, report_files, say, shown_progress
from detector.errors import InputError

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
    Without SOURCE and --drop the sources of the settings are read. Where everything is rejected the exit code is 2.
    """
    from detector import screens
    from detector.pipeline import require_some_read
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
    if not gathered.asked.lists:  # a list that answered was read, whatever became of its pages
        require_some_read(result)


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
    that run is reported again at once. What changed since the run before it is told first.
    """
    from detector import pipeline
    from detector.models.hashes import hash_ahead
    from detector.sources import named_sources, signs_of_run

    targets = report_files(report)
    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    named = named_sources(sources or [], drop=drop)
    hash_ahead(chosen.models)
    with opened_store(store) as opened:
        gathered = gather_into(opened, named, chosen, quiet=quiet)
        result = gathered.result
        if not named.is_empty and not quiet:
            from detector import screens

            say(*screens.ingest_lines(result, most=_SHOWN_REJECTIONS), *screens.asked_lines(gathered))
        pipeline.require_articles(opened, result)
        last = opened.last_run()
        with shown_progress(quiet=quiet) as show, signs_of_run(opened, show) as on_progress:
            finished = pipeline.run(
                opened, settings=chosen.without_sources(), now=datetime.now(UTC), on_progress=on_progress
            )
        log_finished(finished)
        before = opened.arrivals.run_before(finished.run_id)
        if before is None and asks_for_changes(fail_on) and not quiet:
            say("This is the first run: nothing can be new or changed yet.")
        if quiet and not (targets or json or fail_on):
            return
        from detector.api import report_of

        built = report_of(opened, finished, since=before)
    deliver(built, targets, limit=limit, json=json, quiet=quiet)
    made_now = last is None or last.run_id != finished.run_id
    fail_if(found_any(built, fail_on, rejected=len(result.rejected), changed_now=made_now))
