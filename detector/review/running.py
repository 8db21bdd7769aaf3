"""A run as a process of its own: `python -m detector.review.running` reads an order on stdin and tells its progress.

The order is a line of JSON with the store and the settings (a store's address may hold a password, so it is no argument).
Each line of the answer is a JSON object: {"stage", "done", "total"}, at the end {"run"} or {"error"}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.pipeline import OnProgress, Progress

TELL_SECONDS = 0.2
"""Seconds between two lines on one stage."""


def main() -> int:
    from detector import pipeline
    from detector.errors import DetectorError
    from detector.settings import Settings
    from detector.store import open_store

    order = json.loads(sys.stdin.readline())
    try:
        with open_store(order["store"]) as store:
            settings = Settings.model_validate(order["settings"])
            run = pipeline.run(store, settings=settings, now=datetime.now(UTC), on_progress=_teller(_tell))
    except DetectorError as error:
        _tell({"error": " ".join(str(error).split())})
        return 2
    except KeyboardInterrupt:
        _tell({"error": "stopped; nothing is lost, and the next run goes on from there"})
        return 130
    _tell({"run": run.run_id})
    return 0


def _tell(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)


def _teller(tell: Callable[[dict[str, object]], None]) -> OnProgress:
    """Tells some of many steps: the first and the last of each stage, and one a moment."""
    told_stage, told_at = "", 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal told_stage, told_at
        now = time.monotonic()
        if progress.stage != told_stage or progress.done == progress.total or now - told_at >= TELL_SECONDS:
            told_stage, told_at = progress.stage, now
            tell({"stage": progress.stage, "done": progress.done, "total": progress.total})

    return on_progress


if __name__ == "__main__":
    sys.exit(main())
