"""Commands timed from outside: a process of their own, with start-up, as a user waits for them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

_KILOBYTES = 1024 if sys.platform != "darwin" else 1
"""ru_maxrss counts kilobytes on Linux and bytes on macOS."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What a command took: wall and processor seconds from start to end, most memory held, what it printed, when it began.

    Processor seconds are counted over all cores and hardly change when other work crowds the machine.
    """

    seconds: float
    processor_seconds: float
    peak_bytes: int
    printed: str
    begun: float = 0.0


def timed(command: Sequence[str], *, given: str = "") -> Timed:
    """Run a Python module as `python -m COMMAND...` to its end, `given` on its standard input.

    Compiled files are used and kept, as in an installed program, whatever the environment says.
    Call it before anything large is loaded here: on Linux a process starts with the peak of the one that started it.
    Raises RuntimeError with the end of its error output when it fails.
    """
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        with tempfile.TemporaryFile("w+") as source:
            source.write(given)
            source.seek(0)
            started, begun = time.time(), time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                stdin=source,
                stdout=printed,
                stderr=errors,
                env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors.read()[-800:]}")
        spent = usage.ru_utime + usage.ru_stime
        return Timed(seconds, spent, usage.ru_maxrss * _KILOBYTES, printed.read(), started)
