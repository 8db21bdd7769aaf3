"""Commands that go on by themselves: watch; and reread, which reads kept pages again."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.app import app
from detector.cli.opening import chosen_settings, log_finished, log_ingested, opened_store
from detector.cli.options import (
    SOURCES_HELP,
    DropOption,
    EncoderOption,
    FailOnReadingOption,
    JsonOption,
    NLIOption,
    QuietOption,
    ReportOption,
    SettingsOption,
    StoreOption,
)
from detector.cli.output import fail_if, print_lines, report_files, say, shown_progress
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.records import Run
    from detector.sources import RoundDone
    from detector.store import Store

_SHOWN_REJECTIONS = 10


@app.command()
def watch(
    sources: Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help=SOURCES_HELP)] = None,
    drop: DropOption = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="TIME", help="Time between two rounds: 30s, 15m, 2h, 1d.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="One round, for cron and systemd timers.")] = False,
    report: ReportOption = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of this watch in `status`.")] = "watch",
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    quiet: QuietOption = False,
) -> None:
    """Read sources again and again, and compare when something arrived.

    Without SOURCE and --drop the sources of the settings are taken. Files named by --report are written anew after each
    run. Ctrl-C or SIGTERM ends it with code 0; nothing is lost.
    """
    from detector import sources as parts

    targets = report_files(report)
    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    named = parts.named_sources(sources or ([] if drop else chosen.sources.list), drop=drop)
    if named.is_empty:
        raise InputError("nothing to watch; name a SOURCE, a --drop folder, or sources.list in the settings")
    if named.stream:
        raise InputError("-: standard input is read once; `detector ingest -` does that")
    seconds = parts.seconds_of(every or chosen.sources.every)
    with opened_store(store) as opened:
        parts.Watch(
            opened,
            chosen,
            named,
            float(seconds),
            clock=partial(datetime.now, UTC),
            publish=partial(_publish, opened, targets),
            tell=partial(_tell, quiet=quiet, every=None if once else every or chosen.sources.every),
            showing=partial(shown_progress, quiet=quiet),
            name=name,
        ).start(once=once)
    if not quiet and not once:
        say("detector: stopped. Nothing is lost: give the same command again to go on from here.")


def _publish(store: Store, targets: list[Path], run: Run, fresh: bool) -> None:
    """Write the files anew after a new run, and those that do not show the last one: a process may have been killed, or a
    disk full, between the run and its report."""
    from detector.api import report_of
    from detector.report import write_report

    if fresh:
        log_finished(run)
    wanted = [target for target in targets if fresh or not _is_newer(target, run)]
    built = report_of(store, run) if wanted else None
    for target in wanted:
        if built is not None:
            write_report(built, target)


def _is_newer(target: Path, run: Run) -> bool:
    """Whether the file was written after the run had finished."""
    made = run.finished_at or run.started_at
    return target.exists() and target.stat().st_mtime >= made.timestamp()


def _tell(done: RoundDone, *, quiet: bool, every: str | None) -> None:
    """One line a round, what was rejected, and what went wrong."""
    from detector import screens

    log_ingested(done.gathered.result)
    if not quiet:
        say(*screens.round_lines(done, most=_SHOWN_REJECTIONS, every=every, now=datetime.now(UTC)))
    elif done.problem and every is not None:
        say(f"detector: {done.problem}")


@app.command()
def reread(
    store: StoreOption = None,
    settings: SettingsOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    fail_on: FailOnReadingOption = None,
) -> None:
    """Read the kept pages of all addresses again, without the network.

    For a newer version of the program, or other settings of [reading]: an article whose text comes out otherwise gets a
    new revision, and a page that was no article may be one now.
    """
    from detector import screens
    from detector.sources import read_again

    chosen = chosen_settings(settings)
    with opened_store(store) as opened, shown_progress(quiet=quiet) as on_progress:
        result = read_again(opened, settings=chosen.reading, on_progress=on_progress)
    log_ingested(result)
    if json:
        print(screens.as_json(result))
    elif not quiet:
        print_lines(screens.ingest_lines(result))
    fail_if(bool(fail_on and result.rejected))
