"""Which files are read: those given, and all in a folder given but notes, gold files and manifests."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detector.records import Rejection

SKIPPED = ("gold.json", "manifest.*", "readme", "readme.*", "license", "license.txt", "license.md", "thumbs.db")
"""Names passed over in folders without a word, as are names that begin with a dot; a file given by name is read."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read; `shown` is its path as seen from the folder given, `root` the end of the search for manifests."""

    path: Path
    shown: str
    root: Path


def find_files(paths: Iterable[Path]) -> Iterator[Found | Rejection]:
    """The files in order of the paths given, those of a folder by name; links that lead out of a folder are rejected."""
    for given in paths:
        path = Path(given)
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            reason = "no such file or folder" if isinstance(error, FileNotFoundError) else "cannot be opened"
            yield Rejection(_printable(path.name or str(path)), reason, "check the path")
            continue
        if stat.S_ISDIR(mode):
            yield from _in_folder(path)
        else:
            yield Found(path, _printable(path.name), path.parent)


def _in_folder(folder: Path) -> Iterator[Found | Rejection]:
    root = folder.resolve()
    unreadable: list[str] = []
    for current, folders, names in os.walk(folder, onerror=lambda error: unreadable.append(str(error.filename))):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not _is_page_folder(name, names))
        for name in sorted(names):
            if name.startswith(".") or any(fnmatch.fnmatch(name.casefold(), pattern) for pattern in SKIPPED):
                continue
            path = Path(current) / name
            shown = _printable(Path(root.name, path.relative_to(folder)).as_posix())
            if path.is_symlink() and not _stays_inside(path, root):
                yield Rejection(shown, "a link that leads out of the folder or nowhere", "give the file itself")
            else:
                yield Found(path, shown, folder)
    for name in unreadable:
        yield Rejection(_printable(Path(name).name), "the folder cannot be opened", "allow reading it")


def _is_page_folder(name: str, beside: list[str]) -> bool:
    """The folder of scripts and images a browser saves with a page."""
    stem = name.removesuffix("_files")
    return stem != name and any(other.startswith(stem) and ".htm" in other for other in beside)


def _stays_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")
