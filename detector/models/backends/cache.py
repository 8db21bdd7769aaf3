"""Files that can be made again, kept in the user's cache folder: graphs of the NLI model and what was measured on this machine."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from detector import logs

GRAPHS_KEPT = 3
"""One for each form of a model, up to 265 MB each; those of other weights and versions go, the longest unused first."""


def cache_folder() -> Path:
    """Where files that can be made again lie; the operating system's place, never a name from outside."""
    from platformdirs import user_cache_path

    return user_cache_path("detector", appauthor=False)


def kept_graph(name: str, make: Callable[[], bytes]) -> bytes:
    """The graph of that name, made when it is not there or not whole. A folder that cannot be written costs the making alone."""
    path = cache_folder() / f"{name}.onnx"
    with suppress(OSError):
        found = path.read_bytes()
        if _sum_of(found) == path.with_suffix(".sha256").read_text(encoding="ascii", errors="replace").strip():
            os.utime(path)
            return found
    made = make()
    try:
        write_whole(path, made)
        write_whole(path.with_suffix(".sha256"), _sum_of(made).encode("ascii"))
        _forget_unused(path.parent)
    except OSError as error:
        logs.event("graph not kept", path=str(path), reason=str(error))
    return made


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _sum_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _forget_unused(folder: Path) -> None:
    graphs = sorted(folder.glob("*.onnx"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in graphs[GRAPHS_KEPT:]:
        path.unlink(missing_ok=True)
        path.with_suffix(".sha256").unlink(missing_ok=True)
