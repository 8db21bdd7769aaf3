"""Structured logs for machines: events of the standard library's logging, written as JSON or text by structlog.

Any part may log with `logging.getLogger("detector.…").info("run finished", extra={"seconds": 1.2})`. Fields are counts, ids,
paths and reasons, never text of an article. Without one of the options nothing is written.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from detector.errors import InputError

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

NAME = "detector"
_PLAIN = re.compile(r"[\w./:+@%-]+", re.ASCII)


class LogFormat(StrEnum):
    text = "text"
    json = "json"


class LogLevel(StrEnum):
    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class Step(Protocol):
    """How far a stage is."""

    @property
    def stage(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


_Step = TypeVar("_Step", bound=Step)


class _State:
    """What this process has set up."""

    handler: logging.Handler | None = None
    owns_stderr = False


def set_up(*, form: LogFormat | None = None, file: Path | None = None, level: LogLevel | None = None) -> None:
    """Send events to `file`, else to standard error; with nothing named, nowhere.

    Raises InputError: the file cannot be written.
    """
    _take_down()
    logger = logging.getLogger(NAME)
    logger.setLevel(logging.WARNING)
    if form is None and file is None and level is None:
        return
    handler = _opened(file) if file is not None else _Stderr()
    handler.setFormatter(_formatter(form or LogFormat.text))
    logger.setLevel((level or LogLevel.info).upper())
    logging.getLogger().addHandler(handler)  # warnings of libraries come in the same form
    _State.handler = handler
    _State.owns_stderr = file is None and form is LogFormat.json


def _take_down() -> None:
    logger = logging.getLogger(NAME)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # without one, the library prints warnings itself
    if _State.handler is not None:
        logging.getLogger().removeHandler(_State.handler)
        with suppress(OSError):  # a full disk; that it cannot be written was said
            _State.handler.close()
    _State.handler, _State.owns_stderr = None, False


def owns_stderr() -> bool:
    """Whether standard error is JSON lines, so that remarks for people become events as well."""
    return _State.owns_stderr


def event(name: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one event of the program."""
    logging.getLogger(NAME).log(level, name, extra=fields)


@contextmanager
def followed(show: Callable[[_Step], None]) -> Iterator[Callable[[_Step], None]]:
    """`show`, with an event at a stage's first step and one after its last; its seconds are those of the run."""
    current = ""
    done = 0

    def ended() -> None:
        if current:
            event("stage ended", stage=current, count=done)

    def follow(step: _Step) -> None:
        nonlocal current, done
        if step.stage != current:
            ended()
            current = step.stage
            event("stage begun", stage=current, total=step.total or None)
        done = step.done
        show(step)

    yield follow
    ended()


def _formatter(form: LogFormat) -> logging.Formatter:
    from structlog.processors import JSONRenderer, TimeStamper
    from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level

    shared: list[Processor] = [ExtraAdder(), add_log_level, TimeStamper(fmt="iso", utc=True, key="time")]
    render: Processor = JSONRenderer(serializer=_json, sort_keys=False) if form is LogFormat.json else _text
    return ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[ProcessorFormatter.remove_processors_meta, _in_order, render],
    )


def _in_order(_: object, __: str, event_dict: EventDict) -> EventDict:
    """Time, level and event first; what has no value, and what other handlers leave in a record, is left out."""
    first = {name: event_dict.pop(name) for name in ("time", "level", "event")}
    left = ("message", "asctime")
    return {**first, **{name: value for name, value in event_dict.items() if value is not None and name not in left}}


def _json(value: Any, **options: Any) -> str:
    """ASCII, so that no control or direction mark of a hostile file name reaches a terminal."""
    return json.dumps(value, ensure_ascii=True, default=str)


def _text(_: object, __: str, event_dict: EventDict) -> str:
    when, level, name = (event_dict.pop(field) for field in ("time", "level", "event"))
    fields = "".join(f"  {field}={_shown(value)}" for field, value in event_dict.items())
    return f"{when[:19]}Z {level:<7} {_shown(name, spaces=True)}{fields}"


def _shown(value: object, *, spaces: bool = False) -> str:
    text = str(value)
    plain = _PLAIN.fullmatch(text.replace(" ", "") if spaces else text)
    return text if plain else _json(value if isinstance(value, dict | list) else text)


class _OneLine(logging.Handler):
    """Says once, in one line, that events cannot be written, where the library would print a traceback."""

    told = False

    def handleError(self, record: logging.LogRecord) -> None:
        if not self.told:
            self.told = True
            print(f"detector: the log cannot be written: {sys.exc_info()[1]}", file=sys.stderr)


class _Stderr(_OneLine, logging.StreamHandler[Any]):
    """Standard error as it is now, also where it was replaced."""

    def handleError(self, record: logging.LogRecord) -> None:
        """When standard error is closed there is nobody to tell."""


class _File(_OneLine, logging.handlers.WatchedFileHandler):
    """A file that is opened again when another program has moved it away."""


def _opened(file: Path) -> logging.Handler:
    try:
        return _File(file, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(
            f"--log-file {file}: {error.strerror or error}; name a file in a folder that exists and may be written"
        ) from error
