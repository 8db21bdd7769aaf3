"""A drop folder: files put into it are read and moved away, as letters are taken from a box."""

from __future__ import annotations

import fnmatch
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detector.corpus import read_found
from detector.corpus.folders import SKIPPED, Found
from detector.errors import InputError
from detector.pipeline import IngestResult, Progress, ingest
from detector.records import Article, Rejection
from detector.settings import ReadingSettings
from detector.sources.values import Gathered, merged
from detector.store import Store

DONE, REJECTED = "done", "rejected"
SETTLE_SECONDS = 2.0
"""A file is taken when nobody has written to it for this long: writers that pause longer should write to a name that
ends in .part or begins with a dot, and rename."""
_UNFINISHED = ("*.part", "*.partial", "*.tmp", "*.temp", "*.crdownload", "*.download", "*.filepart", "*.swp", "*~")
_BATCH = 50
Signature = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Letter:
    """A file with what was read of it."""

    found: Found
    readings: tuple[Article | Rejection, ...]

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        return tuple(reading for reading in self.readings if isinstance(reading, Rejection))

    @property
    def is_rejected(self) -> bool:
        return len(self.rejections) == len(self.readings)


def empty_drop(
    store: Store,
    folder: Path,
    *,
    settings: ReadingSettings,
    now: float,
    pause: Callable[[float], None],
    on_progress: Callable[[Progress], None],
) -> Gathered:
    """Read the files of the folder and move each to `done`, or to `rejected` with the reason in a file beside it.

    A file is moved only after its articles are in the store: a process that dies in between reads it again and finds it
    unchanged. Files still being written are left for the next time. `now` is the time of the file system's clock.
    Raises InputError: not a folder, or it cannot be written to.
    """
    for place in (DONE, REJECTED):
        try:
            (folder / place).mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; a drop folder must exist and be writable") from error
    waiting = list(_letters(folder))
    settled = settled_files([found.path for found in waiting], now=now, pause=pause)
    ready = [found for found in waiting if found.path in settled]
    result = IngestResult()
    for start in range(0, len(ready), _BATCH):
        letters = [_Letter(found, tuple(_read(found, settings))) for found in ready[start : start + _BATCH]]
        readings = [reading for letter in letters for reading in letter.readings]
        result = merged(result, ingest(store, readings))
        for letter in letters:
            _put_away(letter, folder)
        on_progress(Progress("read", min(start + _BATCH, len(ready)), len(ready)))
    return Gathered(result, left=len(waiting) - len(ready))


def _read(found: Found, settings: ReadingSettings) -> Iterator[Article | Rejection]:
    if found.path.is_symlink():
        yield Rejection(found.shown, "a link, not a file", "put the file itself into the folder")
        return
    nothing = True
    for reading in read_found([found], settings):
        nothing = False
        yield reading
    if nothing:
        yield Rejection(found.shown, "no article in it", "check what was exported")


def _letters(folder: Path) -> Iterator[Found]:
    """The files to be read; hidden ones, manifests, unfinished downloads and what was put away are passed over."""
    passed = (*SKIPPED, *_UNFINISHED)
    for current, folders, names in os.walk(folder):
        here = Path(current)
        away = (DONE, REJECTED) if here == folder else ()
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in away)
        for name in sorted(names):
            if name.startswith(".") or any(fnmatch.fnmatch(name.casefold(), pattern) for pattern in passed):
                continue
            path = here / name
            shown = Path(folder.name, path.relative_to(folder)).as_posix()
            yield Found(path, os.fsencode(shown).decode("utf-8", "replace"), folder)


def signature_of(path: Path) -> Signature | None:
    """Size and time of the last change of a file; None when it is gone or no regular file."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else (-1, 0)


def settled_files(paths: list[Path], *, now: float, pause: Callable[[float], None]) -> set[Path]:
    """The files that nobody is writing to: unchanged for some seconds, if need be looked at a second time."""
    first = {path: signature for path in paths if (signature := signature_of(path)) is not None}
    young = [path for path, (_, changed) in first.items() if not changed / 1e9 < now - SETTLE_SECONDS]
    if young:
        pause(SETTLE_SECONDS)
    return {path for path in first if path not in young or signature_of(path) == first[path]}


def _put_away(letter: _Letter, folder: Path) -> None:
    """Move the file; its reasons stand beside it under the same name."""
    place = folder / (REJECTED if letter.is_rejected else DONE)
    relative = letter.found.path.relative_to(folder)
    target = _free_name(place / relative)
    target.parent.mkdir(parents=True, exist_ok=True)
    if letter.rejections:
        lines = [f"{one.path}\nwhy: {one.reason}\ndo:  {one.remedy}\n" for one in letter.rejections]
        reasons = target.with_name(f"{target.name}.reason.txt")
        reasons.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    shutil.move(letter.found.path, target)


def _free_name(target: Path) -> Path:
    """The name, or the same with a number where a file of an earlier day has it."""
    number, candidate = 1, target
    while candidate.exists() or candidate.is_symlink():
        number += 1
        candidate = target.with_name(f"{target.stem}-{number}{target.suffix}")
    return candidate
