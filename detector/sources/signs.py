"""Signs of a run that is going on, left in the store for others to see: the stage that it is at, and how far."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from detector import logs
from detector.errors import StoreError
from detector.pipeline import OnProgress, Progress
from detector.records import Heartbeat
from detector.store import Store

RUN_SIGN = ":run"
"""Name of the heartbeat of the run, which no watch is given; its state is the stage."""
RUN_OVER = "over"
SIGN_SECONDS = 2.0


@contextmanager
def signs_of_run(
    store: Store, show: OnProgress, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[OnProgress]:
    """`show`, which leaves a sign as well, at most one every two seconds. A run that is over at once leaves none."""
    begun = time.monotonic()
    left = begun

    def leave(stage: str, **counts: int) -> None:
        nonlocal left
        left = time.monotonic()
        try:
            store.heartbeats.beat(Heartbeat(RUN_SIGN, clock(), os.getpid(), socket.gethostname(), stage, counts))
        except StoreError as error:
            logs.event("no sign of the run could be left", reason=str(error))

    def follow(progress: Progress) -> None:
        show(progress)
        if time.monotonic() - left >= SIGN_SECONDS:
            leave(progress.stage, done=progress.done, total=progress.total)

    try:
        yield follow
    finally:
        if left > begun:
            leave(RUN_OVER)
