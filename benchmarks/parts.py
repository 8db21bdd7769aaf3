"""What the seconds of one run went into, from its log and from what it counted itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

STAGES_OF = {"models": ("statements", "embed"), "compare": ("pairs", "score"), "derive": ("topics", "conflicts")}
"""Stages of a run in three parts. The models are loaded beside the reading of sentences, so that these are one part."""
PARTS = ("start", "read", *STAGES_OF, "report")


def parts_of(stages: Mapping[str, float], *, start: float, read: float, total: float) -> dict[str, float]:
    """Seconds of each part; `report` is what is left: the report where one is asked for, finishing and leaving."""
    found = {"start": start, "read": read}
    found |= {part: sum(stages.get(name, 0.0) for name in names) for part, names in STAGES_OF.items()}
    return {**found, "report": total - sum(found.values())}


def start_and_read(log: Path, *, begun: float) -> tuple[float, float]:
    """Seconds from the start of a command to its first article, and from there to its last, from its log in JSON."""
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    first = next(event for event in events if event["event"] == "stage begun" and event["stage"] == "read")
    last = next(event for event in events if event["event"] == "articles read")
    reading, done = (datetime.fromisoformat(event["time"]).timestamp() for event in (first, last))
    return reading - begun, done - reading


def told(parts: Sequence[Mapping[str, float]]) -> str:
    """The parts in one line, the median of each."""
    return ", ".join(f"{name} {median(one[name] for one in parts):.1f} s" for name in PARTS)
