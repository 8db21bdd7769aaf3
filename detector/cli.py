"""The command line: one command a function; everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.errors import DetectorError, InputError

if TYPE_CHECKING:
    from detector.pipeline import IngestResult, OnProgress, Progress
    from detector.records import Article, Rejection
    from detector.report import Report
    from detector.settings import Settings
    from detector.store import Store

STORE_VARIABLE = "DETECTOR_STORE"
FOUND, MISTAKE, INTERRUPTED = 1, 2, 130
"""Exit codes: what --fail-on asked for was found or something is wrong; the user's mistake; Ctrl-C."""
_SHOWN_REJECTIONS = 10
_STAGE_WORDS = {
    "read": "Reading files",
    "statements": "Reading sentences",
    "embed": "Placing statements",
    "pairs": "Choosing pairs",
    "score": "Comparing pairs",
    "topics": "Finding topics",
    "conflicts": "Finding conflicts",
}
_CHATTY = ("transformers", "sentence_transformers", "huggingface_hub", "trafilatura", "htmldate", "spacy", "torch")


class Lanes(StrEnum):
    conflict = "conflict"
    update = "update"
    forecast = "forecast"
    dispute = "dispute"


class Reading(StrEnum):
    rejected = "rejected"


FailOn = StrEnum("FailOn", ["conflict", "update", "forecast", "dispute", "rejected"])


class PairsFormat(StrEnum):
    jsonl = "jsonl"
    csv = "csv"


StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE",
        envvar=STORE_VARIABLE,
        help="Store file. [default: detector.db in the user's data folder]",
    ),
]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE", help="Settings file (TOML), see detector.example.toml.")
]
NLIOption = Annotated[
    str | None,
    typer.Option("--nli-model", metavar="NAME|DIR", help='NLI model: "embedded", a hub id or a directory.'),
]
EncoderOption = Annotated[
    str | None,
    typer.Option("--encoder", metavar="NAME|DIR", help='Embedding model: "embedded", a hub id or a directory.'),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors, and what --json asks for.")]
ReportOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--report", metavar="FILE", help="Write the report to FILE (.html .md .csv .json .jsonl .parquet); repeatable."
    ),
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=0, metavar="N", help="Entries shown in the terminal; files hold all.")
]
FailOnOption = Annotated[
    list[FailOn] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with code 1 when there is one: conflict, update, forecast, dispute, rejected. Repeatable.",
    ),
]
FailOnLaneOption = Annotated[
    list[Lanes] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with code 1 when there is one: conflict, update, forecast, dispute. Repeatable.",
    ),
]
FailOnReadingOption = Annotated[
    list[Reading] | None,
    typer.Option("--fail-on", metavar="WHAT", help="Exit with code 1 when there is one: rejected."),
]
PATHS_HELP = "Files and folders: .txt .md .html .json .jsonl .csv .parquet."

app = typer.Typer(
    help="Finds the questions on which news outlets differ: articles in, a short ranked list of conflicts out.",
    epilog="Exit codes: 0 done, 1 found what --fail-on names or a check failed, 2 a mistake in the call or its input, 130 stopped.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; what users can cause becomes one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    _hush_libraries()
    try:
        code = _exit_code(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    if code == INTERRUPTED:
        _say("detector: stopped. Nothing is lost: give the same command again to go on from here.")
    return code


def _exit_code(arguments: Sequence[str] | None) -> int:
    try:
        app(args=None if arguments is None else list(arguments), prog_name="detector")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except DetectorError as error:
        _say(f"detector: {' '.join(str(error).split())}")
        return MISTAKE
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"detector: {where}{error.strerror or error}; nothing that was finished before is lost")
        return MISTAKE
    return 0


def _show_version(wanted: bool) -> None:
    if wanted:
        from detector import __version__

        print(f"detector {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Options that stand before the command; `_show_version` has dealt with the only one."""


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help=PATHS_HELP)],
    store: StoreOption = None,
    settings: SettingsOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    fail_on: FailOnReadingOption = None,
) -> None:
    """Read articles into the store and say what became of each.

    An article is accepted, unchanged, revised (its text was edited since) or rejected, with the reason and a remedy.
    """
    from detector import screens

    chosen = _settings(settings)
    _require_paths(paths)
    with _opened(store) as opened:
        result = _ingest(opened, paths, chosen, quiet=quiet)
    if json:
        print(screens.as_json(result))
    elif not quiet:
        _print(screens.ingest_lines(result))
    _fail_if(bool(fail_on and result.rejected))


@app.command()
def run(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help=PATHS_HELP)] = None,
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
    """Find where outlets differ, after reading PATHs if given.

    The report covers all articles of the store, those of earlier calls as well. With nothing new since the last run,
    that run is reported again at once.
    """
    from detector import pipeline, screens
    from detector.api import report_of, require_articles

    targets = _report_files(report)
    chosen = _settings(settings, nli_model=nli_model, encoder=encoder)
    _require_paths(paths or [])
    with _opened(store) as opened:
        result = _ingest(opened, paths or [], chosen, quiet=quiet)
        if paths and not quiet:
            _say(*screens.ingest_lines(result, most=_SHOWN_REJECTIONS))
        require_articles(opened, result)
        with _progress(quiet=quiet) as on_progress:
            finished = pipeline.run(opened, settings=chosen, now=datetime.now(UTC), on_progress=on_progress)
        built = report_of(opened, finished)
    _deliver(built, targets, limit=limit, json=json, quiet=quiet)
    _fail_if(_found(built, fail_on, rejected=len(result.rejected)))


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

    targets = _report_files(report)
    with _opened(store, read_only=True) as opened:
        last = opened.last_run()
        if last is None:
            raise InputError(f"{opened.path}: no run has succeeded yet; make one with `detector run PATH`")
        built = report_of(opened, last)
    _deliver(built, targets, limit=limit, json=json, quiet=quiet)
    _fail_if(_found(built, fail_on))


@app.command()
def ask(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help='A sentence, such as "Putin accepted the ceasefire".')],
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Show where every outlet stands on a claim.

    Each agrees, contradicts, hedges or is silent, and its sentences are shown. The claim need not be in any article.
    """
    from detector import queries, screens

    chosen = _settings(settings, nli_model=nli_model, encoder=encoder)
    with _opened(store, read_only=True) as opened:
        answer = queries.ask(opened, claim, settings=chosen)
    _print([screens.as_json(answer)] if json else screens.answer_lines(answer))


@app.command()
def explain(
    first: Annotated[
        str, typer.Argument(metavar="ID", help="Id of a conflict, pair or statement; its beginning will do.")
    ],
    second: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="A second statement, to compare the two.")
    ] = None,
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Show why statements are a conflict, or are not.

    One ID of a conflict, pair or statement, or the IDs of two statements, also of a pair never flagged. Prints the
    texts, similarity, blocking rule, probabilities both ways, gates and factors. Reports as JSON show the ids.
    """
    from detector import queries, screens

    chosen = _settings(settings, nli_model=nli_model, encoder=encoder)
    with _opened(store, read_only=True) as opened:
        explanation = queries.explain(opened, first, second, settings=chosen)
    _print([screens.as_json(explanation)] if json else screens.explanation_lines(explanation))


@app.command()
def score(
    pairs: Annotated[Path, typer.Argument(metavar="PAIRS", help="A .jsonl or .csv file with premise and hypothesis.")],
    form: Annotated[
        PairsFormat | None,
        typer.Option("--format", metavar="jsonl|csv", help="Form of the output. [default: as PAIRS]"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to FILE, not to stdout.")] = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    quiet: QuietOption = False,
) -> None:
    """Give NLI probabilities for pairs in a file.

    Each row comes out with its columns and entailment, neutral and contradiction (calibrated), in the order given. A row
    that cannot be scored has an `error` instead.
    """
    from detector import models, scoring
    from detector.pipeline import Progress

    if out is not None and not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it first")
    rows = scoring.read_pairs(pairs)
    chosen = _settings(settings, nli_model=nli_model).models
    with _progress(quiet=quiet) as on_progress:
        scored = scoring.score_rows(
            rows,
            models.load_nli(chosen),
            temperature=models.temperature_of(chosen),
            progress=lambda done: on_progress(Progress("score", done, len(rows))),
        )
    written = io.StringIO()
    scoring.write_rows(scored, (form or PairsFormat(pairs.suffix[1:].lower())).value, written)
    if out is None:
        print(written.getvalue(), end="")
    else:
        _write_whole(out, written.getvalue())
    wrong = sum(row.error is not None for row in rows)
    if wrong and not quiet:
        _say(f"{wrong:,} of {len(rows):,} rows could not be scored; `error` says why")


@app.command()
def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A story with a gold.json, or a folder of such.")
    ] = Path("corpus"),
    together: Annotated[bool, typer.Option("--together", help="All stories in one store, as in a newsroom.")] = False,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score the pipeline on stories with gold.

    Precision and recall among the first 5, 10 and 20 entries, decoys flagged, updates in the wrong lane, agreements
    found, and what was found of each kind. Every story is run alone in a store of its own that is not kept.
    """
    from detector import evaluation, screens
    from detector.api import report_tree
    from detector.pipeline import Workbench

    bench = Workbench(_settings(settings, nli_model=nli_model, encoder=encoder))

    def run_story(story: Path) -> Mapping[str, object]:
        with _progress(quiet=quiet) as on_progress:
            return report_tree(story, bench=bench, on_progress=on_progress)

    if together:
        found = evaluation.evaluate_together(folder, run_story=run_story)
    else:
        named = None if quiet else lambda story: _say(f"Evaluating {story}")
        found = evaluation.evaluate_corpus(folder, run_story=run_story, progress=named)
    if json:
        _print([screens.as_json(screens.evaluation_figures(found))])
    elif not quiet:
        tables = (evaluation.story_table(found), evaluation.kind_table(found))
        _print(["\n\n".join(evaluation.plain_text(table) for table in tables)])


@app.command()
def status(
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the store holds and what is pending."""
    from detector import doctor, screens

    chosen = _settings(settings, nli_model=nli_model, encoder=encoder)
    with _opened(store, read_only=True) as opened:
        state = doctor.status_of(opened, settings=chosen)
    _print([screens.as_json(state)] if json else screens.status_lines(state))


@app.command(name="doctor")
def check_up(
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Check packages, models and the store.

    The models prove their label order in a self-test. Exits with code 1 when something is wrong, and says what to do.
    """
    from detector import doctor, screens

    chosen = _settings(settings, nli_model=nli_model, encoder=encoder)
    checks = doctor.examine(_store_target(store), settings=chosen)
    _print([screens.as_json(checks)] if json else screens.check_lines(checks))
    _fail_if(not all(check.passed for check in checks))


def _settings(path: Path | None, *, nli_model: str | None = None, encoder: str | None = None) -> Settings:
    """The settings file, or the defaults, with the models named on the command line."""
    from detector.settings import load_settings

    loaded = load_settings(path)
    models = loaded.models
    if nli_model is not None:
        models = models.model_copy(update={"nli": nli_model, "revision": None})
    if encoder is not None:
        models = models.model_copy(update={"encoder": encoder})
    return loaded.model_copy(update={"models": models})


def _store_target(store: str | None) -> str | Path:
    """What --store names, else a file in the user's data folder."""
    if store is not None:
        return store
    from platformdirs import user_data_path

    return user_data_path("detector", appauthor=False) / "detector.db"


@contextmanager
def _opened(store: str | None, *, read_only: bool = False) -> Iterator[Store]:
    from detector.store import open_store

    target = _store_target(store)
    if isinstance(target, Path) and not read_only:
        target.parent.mkdir(parents=True, exist_ok=True)
    with open_store(target, read_only=read_only) as opened:
        yield opened


def _ingest(store: Store, paths: Sequence[Path], settings: Settings, *, quiet: bool) -> IngestResult:
    from detector import pipeline
    from detector.corpus import read_paths

    if not paths:
        return pipeline.IngestResult()
    with _progress(quiet=quiet) as on_progress:
        readings = _counted(read_paths(paths, settings.reading), on_progress)
        return pipeline.ingest(store, readings)


def _counted(readings: Iterable[Article | Rejection], on_progress: OnProgress) -> Iterator[Article | Rejection]:
    from detector.pipeline import Progress

    for number, reading in enumerate(readings, start=1):
        on_progress(Progress("read", number, 0))
        yield reading


@contextmanager
def _progress(*, quiet: bool) -> Iterator[OnProgress]:
    """Bars on stderr when it is a terminal; each stage has one, without a length when its total is not known."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(24),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                name = _STAGE_WORDS.get(progress.stage, progress.stage)
                tasks[progress.stage] = bars.add_task(name, total=None, count="")
            count = f"{progress.done:,} of {progress.total:,}" if progress.total else f"{progress.done:,}"
            bars.update(tasks[progress.stage], completed=progress.done, total=progress.total or None, count=count)

        yield show


def _require_paths(paths: Sequence[Path]) -> None:
    """Raises InputError before any work is done: what is named is not there."""
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; expected articles or folders of articles")


def _report_files(files: Sequence[Path] | None) -> list[Path]:
    """The files asked for. Raises InputError before any work is done: the suffix of one is no report format."""
    from detector.report import FORMATS

    for file in files or ():
        if file.suffix.lower() not in FORMATS:
            found = file.suffix or "no suffix"
            raise InputError(f"--report {file}: {found} is not a report format; expected one of {', '.join(FORMATS)}")
        if file.is_dir():
            raise InputError(f"--report {file}: a folder; expected a file such as {file / 'report.html'}")
    return list(files or ())


def _write_whole(path: Path, text: str) -> None:
    """Replace the file at once, so that nobody reads half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _deliver(report: Report, targets: Sequence[Path], *, limit: int, json: bool, quiet: bool) -> None:
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
        _say(*(f"Written: {target}" for target in targets))


def _found(report: Report, fail_on: Sequence[StrEnum] | None, *, rejected: int = 0) -> bool:
    found: set[str] = {entry.lane for entry in report.entries}
    if rejected:
        found.add(Reading.rejected)
    return any(kind.value in found for kind in fail_on or ())


def _fail_if(found: bool) -> None:
    if found:
        raise typer.Exit(FOUND)


def _print(lines: Sequence[str]) -> None:
    print("\n".join(lines))


def _say(*lines: str) -> None:
    """Lines on stderr; when even that is closed there is nobody to tell."""
    with suppress(BrokenPipeError):
        print(*lines, sep="\n", file=sys.stderr, flush=True)


def _hush_libraries() -> None:
    """No telemetry, and no chatter of libraries among our own lines; what the user's environment says stays."""
    for name in (
        "HF_HUB_DISABLE_TELEMETRY",
        "DO_NOT_TRACK",
        "HF_HUB_DISABLE_PROGRESS_BARS",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS",
    ):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=rf"({'|'.join(_CHATTY)}|dateparser|thinc)\b")
