"""`python -m detector`, and the command `detector`."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from typing import NoReturn

from detector.cli import main

_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Imports make objects by the ten thousand that all stay; looking through them every 700, as Python does unless told, takes
a sixth of the time of importing torch."""


def start() -> NoReturn:
    """Run a command and leave at once: taking the libraries' objects apart one by one would only keep people waiting."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    code = main()
    if threading.active_count() > 1:  # some work is still to be finished
        sys.exit(code)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    start()
