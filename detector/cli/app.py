"""The application that commands register with, and how a call ends: its exit code and one line for every mistake."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

from detector.cli.output import FOUND, INTERRUPTED, MISTAKE, say
from detector.errors import DetectorError

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
        say(f"detector: {' '.join(str(error).split())}")
        return MISTAKE
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(f"detector: {where}{error.strerror or error}; nothing that was finished before is lost")
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
