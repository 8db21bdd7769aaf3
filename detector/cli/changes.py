"""Commands that tell what is new: report, diff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.app import app
from detector.cli.opening import opened_store
from detector.cli.options import (
    FailOnChangeOption,
    FailOnReportOption,
    JsonOption,
    LimitOption,
    QuietOption,
    Reading,
    ReportOption,
    SinceOption,
    StoreOption,
)
from detector.cli.output import deliver, fail_if, print_lines, report_files, say
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.records import Run
    from detector.report import Report
    from detector.store import Store


class Only(StrEnum):
    changed = "changed"
    open = "open"


@app.command()
def report(
    report: ReportOption = None,
    since: SinceOption = None,
    only: Annotated[
        Only | None,
        typer.Option(
            "--only",
            metavar="changed|open",
            help="Only what is new or changed since the run compared with, or only what no reviewer has decided.",
        ),
    ] = None,
    limit: LimitOption = 20,
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    fail_on: FailOnReportOption = None,
) -> None:
    """Show or write the report of the last run again, with what changed since an earlier one.

    It is compared with the run before it, with --since with the last one that had finished by then.
    """
    from detector.api import report_of

    targets = report_files(report)
    with opened_store(store, read_only=True) as opened:
        last = newest_run(opened)
        before = compared_with(opened, last, since, quiet=quiet)
        if before is None and (since or only is Only.changed or asks_for_changes(fail_on)) and not quiet:
            say(_nothing_to_compare(last))
        built = report_of(opened, last, since=before)
    shown = only_those(built, only) if only else built
    deliver(shown, targets, limit=limit, json=json, quiet=quiet)
    fail_if(found_any(built, fail_on))


@app.command(context_settings={"ignore_unknown_options": True})
def diff(
    first: Annotated[
        str | None, typer.Argument(metavar="RUN_A", help="Run to compare with: the beginning of its id, or -1, -2 …")
    ] = None,
    second: Annotated[
        str | None, typer.Argument(metavar="RUN_B", help="Run that is compared; the newest without it.")
    ] = None,
    since: SinceOption = None,
    limit: LimitOption = 20,
    store: StoreOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    fail_on: FailOnChangeOption = None,
) -> None:
    """Show what changed between two runs, without one named between the last two.

    Questions new, grown, shrunk, with changed text, moved and settled; articles added, and articles whose text was
    changed, with the sentences before and after. -1 is the newest run that succeeded, -2 the one before it.
    """
    from detector import screens
    from detector.api import report_of
    from detector.history import run_named

    for given in (first, second):
        if given and given.startswith("--"):
            raise InputError(f"{given}: no such option; `detector diff --help` shows them")
    if first and since:
        raise InputError(f"RUN_A ({first}) and --since {since} both name the run to compare with; give one of them")
    with opened_store(store, read_only=True) as opened:
        after = run_named(opened, second) if second else newest_run(opened)
        before = run_named(opened, first) if first else compared_with(opened, after, since, quiet=quiet)
        built = report_of(opened, after, since=before) if before else None
    if json:
        print_lines([screens.as_json(screens.diff_tree(built) if built else None)])
    elif not quiet:
        print_lines(screens.diff_lines(built, limit=limit) if built else [_nothing_to_compare(after)])
    fail_if(built is not None and found_any(built, fail_on))


def newest_run(store: Store) -> Run:
    """Raises InputError: no run has succeeded yet."""
    last = store.last_run()
    if last is None:
        raise InputError(f"{store.where}: no run has succeeded yet; make one with `detector run PATH`")
    return last


def compared_with(store: Store, run: Run, since: str | None, *, quiet: bool = True) -> Run | None:
    """The run before it, or the last that had finished by `since`; None for the first run of all."""
    if since is None:
        return store.arrivals.run_before(run.run_id)
    from detector.history import moment_of, run_since
    from detector.report.wording import moment_words

    moment = moment_of(since, now=datetime.now(UTC).astimezone())
    found = run_since(store, moment)
    if found is None or (found.finished_at or found.started_at) <= moment:
        return found
    if found.run_id == run.run_id:
        return None
    if not quiet:
        say(
            f"No run had finished by {moment_words(moment)}: compared with the first one, "
            f"of {moment_words(found.finished_at or found.started_at)}."
        )
    return found


def _nothing_to_compare(run: Run) -> str:
    return f"Run {run.run_id} is the first: there is nothing to compare it with yet."


def only_those(report: Report, only: Only) -> Report:
    """The report with the entries that are new or changed, or that are not decided on the evidence of now."""
    from detector.report.changed import narrowed

    if only is Only.changed:
        if report.changes is None:
            return report
        return narrowed(
            report, lambda entry: entry.change is not None and entry.change.is_news, "Only what is new or changed"
        )
    return narrowed(
        report, lambda entry: entry.decision is None or entry.decision.status == "stale", "Only what is not decided"
    )


def asks_for_changes(fail_on: Sequence[StrEnum] | None) -> bool:
    from detector.cli.options import Changed

    return any(kind.value in set(Changed) for kind in fail_on or ())


def found_any(
    report: Report, fail_on: Sequence[StrEnum] | None, *, rejected: int = 0, changed_now: bool = True
) -> bool:
    """Whether there is one of what --fail-on names; what reviewers set aside does not count.

    `changed_now` is False for a run that was only reported again: what changed was told when it was made.
    """
    found: set[str] = {entry.lane for entry in report.entries if not entry.folded}
    if rejected:
        found.add(Reading.rejected)
    if report.changes and changed_now:
        found |= {name for name, count in report.changes.counts.items() if count}
    return any(kind.value in found for kind in fail_on or ())
