"""Reads the `console` blocks of a tutorial and runs them as a person would, one command after another.

A line that begins with `$ ` is a command, lines with `> ` go on with it, all others are what a person should see. In what
is shown, `…` stands for anything within its line, and a line that is only `…` for any number of lines. A `^C` at the end
stops a program that serves or watches, once it has printed the lines before; the page that it serves is fetched first.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE = 120.0
"""Seconds for one command; the slowest loads the models, some five on an idle machine."""
_OTHERS = ("DETECTOR_", "XDG_", "DISPLAY", "WAYLAND_")
"""Variables of the person who runs the tests: their store, their folders, their screen."""
_KEEP = "code=$?; export -p >{state}; pwd >{folder}; exit $code"


@dataclass(frozen=True)
class Step:
    """One command and what the page shows below it."""

    command: str
    shown: tuple[str, ...]

    @property
    def is_stopped(self) -> bool:
        return self.shown[-1:] == ("^C",)

    @property
    def excerpt(self) -> tuple[str, ...]:
        """What it should print."""
        return self.shown[:-1] if self.is_stopped else self.shown


@dataclass(frozen=True)
class Seen:
    """What a command printed on both streams, its exit code, and the page that it served."""

    printed: str
    code: int
    page: str = ""


def steps_of(blocks: Sequence[str]) -> list[Step]:
    """The commands of all blocks, in order. Raises ValueError: a block that does not begin with a command."""
    steps: list[tuple[list[str], list[str]]] = []
    for block in blocks:
        if not block.startswith("$ "):
            raise ValueError(f"a console block begins with a command: {block[:60]!r}")
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append(([line[2:]], []))
            elif line.startswith(">") and not steps[-1][1]:
                steps[-1][0].append(line[2:])
            else:
                steps[-1][1].append(line.rstrip())
    return [Step("\n".join(command), tuple(shown)) for command, shown in steps]


def matches(shown: Sequence[str], printed: str) -> bool:
    """Whether the excerpt fits what was printed, from the first line to the last."""
    parts = [r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n" for line in shown]
    lines = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch("".join(parts), lines) is not None


class Terminal:
    """Runs commands one by one; folder and variables hold from one to the next, as in a terminal of 80 columns."""

    def __init__(self, home: Path, *, start: Path, environment: Mapping[str, str]) -> None:
        programs = home / ".programs"
        programs.mkdir(parents=True)
        program = programs / "detector"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m detector "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        self._state, self._folder, self._screen = (programs / name for name in ("state", "folder", "screen"))
        self._state.write_text("", encoding="utf-8")
        self._folder.write_text(f"{start}\n", encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
        more = {
            "HOME": str(home),
            "COLUMNS": "80",
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "BROWSER": "true",
        }
        path = f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = {**kept, **more, "PATH": path, **environment}

    def run(self, step: Step) -> Seen:
        """What a person sees of a step; one that is stopped gets Ctrl-C when it has printed what is shown."""
        with self._screen.open("wb") as screen:
            process = subprocess.Popen(
                ["bash", "-c", self._script(step.command)],
                cwd=self._folder.read_text(encoding="utf-8").strip(),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                page = self._stop(process, step) if step.is_stopped else ""
                code = process.wait(PATIENCE)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        return Seen(self._printed(), code, page)

    def _script(self, command: str) -> str:
        state, folder = shlex.quote(str(self._state)), shlex.quote(str(self._folder))
        return f"source {state}\n{command}\n{_KEEP.format(state=state, folder=folder)}"

    def _printed(self) -> str:
        return self._screen.read_text(encoding="utf-8")

    def _stop(self, process: subprocess.Popen[bytes], step: Step) -> str:
        """Wait for what is shown, fetch the page that it names, press Ctrl-C; what does not come in time is left to the comparison."""
        end = time.monotonic() + PATIENCE
        while not matches(step.excerpt, self._printed()) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        address = re.search(r"http://127\.0\.0\.1:\d+/", self._printed())
        page = httpx.get(address[0], follow_redirects=True).text if address else ""
        os.killpg(process.pid, signal.SIGINT)
        return page
