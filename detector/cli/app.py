"""The application that commands register with, and how a call ends: its exit code and one line for every mistake."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from detector import logs
from detector.cli.output import FOUND, INTERRUPTED, MISTAKE, say
from detector.errors import DetectorError
from detector.logs import LogFormat, LogLevel

_CHATTY = ("transformers", "sentence_transformers", "huggingface_hub", "trafilatura", "htmldate", "spacy", "torch")


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
    hush_libraries()
    logs.set_up()
    try:
        code = _exit_code(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    if code == INTERRUPTED:
        say("detector: stopped. Nothing is lost: give the same command again to go on from here.")
    return code


def _exit_code(arguments: Sequence[str] | None) -> int:
    try:
        app(args=None if arguments is None else list(arguments), prog_name="detector")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except DetectorError as error:
        return _complain(error, str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(error, f"{where}{error.strerror or error}; nothing that was finished before is lost")
    except MemoryError as error:
        return _complain(
            error, "the memory is full; close other programs or read fewer articles at once, and run again"
        )
    except Exception as error:
        return _complain(error, _unforeseen(error))
    return 0


def _complain(error: Exception, message: str) -> int:
    """One line on stderr, and an event; where it happened is an event for those who look for bugs."""
    line = " ".join(message.split())
    logs.event("error", level=logging.ERROR, type=type(error).__name__, detail=line, exit_code=MISTAKE)
    logs.event("trace", level=logging.DEBUG, type=type(error).__name__, frames=_frames(error))
    if not logs.owns_stderr():
        say(f"detector: {line}")
    return MISTAKE


def _unforeseen(error: Exception) -> str:
    """For an error of the program itself. Its own message may hold text of an article, so it is cut short."""
    told = " ".join(str(error).split())[:160]
    return (
        f"an error in the program, {type(error).__name__}: {told} ({_frames(error)[-1]}); nothing that was finished "
        "before is lost; please report it with what `detector --log-level debug …` says"
    )


def _frames(error: Exception) -> list[str]:
    """Where it happened, outermost first: files and lines, no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}" for frame in frames] or ["?"]


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
    log_format: Annotated[
        LogFormat | None,
        typer.Option(
            "--log-format",
            metavar="json|text",
            envvar="DETECTOR_LOG_FORMAT",
            help="Log events of the program to stderr or --log-file.",
        ),
    ] = None,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file", metavar="FILE", envvar="DETECTOR_LOG_FILE", help="Add the events to FILE, not to stderr."
        ),
    ] = None,
    log_level: Annotated[
        LogLevel | None,
        typer.Option(
            "--log-level",
            metavar="LEVEL",
            envvar="DETECTOR_LOG_LEVEL",
            help="Least level logged: debug, info, warning, error. [default: info once one of these is given]",
        ),
    ] = None,
) -> None:
    """Options that stand before the command; `_show_version` has dealt with the first."""
    logs.set_up(form=log_format, file=log_file, level=log_level)


def hush_libraries() -> None:
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
