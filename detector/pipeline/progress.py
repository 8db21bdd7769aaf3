"""How far a run is, and how long its stages took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STAGE_WORDS = {
    "statements": "Reading sentences",
    "embed": "Placing statements",
    "pairs": "Choosing pairs",
    "score": "Comparing pairs",
    "topics": "Finding topics",
    "conflicts": "Finding conflicts",
}
"""The stages in the order in which they run, in plain words."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is: `done` of `total` articles, texts or pairs."""

    stage: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class Clock:
    """Seconds spent in each stage."""

    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begun

    def finish(self, begun_at: datetime) -> datetime:
        return begun_at + timedelta(seconds=time.perf_counter() - self.started)
