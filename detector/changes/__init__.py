"""The difference between two runs: conflicts new, grown, shrunk, edited, moved and settled; articles added and revised."""

from __future__ import annotations

from detector.changes.comparing import compare, seen_of
from detector.changes.sentences import align
from detector.changes.values import (
    CHANGE_STATES,
    Changes,
    ChangeState,
    ConflictChange,
    Edit,
    RevisedArticle,
    SentenceChange,
    SettledReason,
    SideChange,
    Snapshot,
)

__all__ = [
    "CHANGE_STATES",
    "ChangeState",
    "Changes",
    "ConflictChange",
    "Edit",
    "RevisedArticle",
    "SentenceChange",
    "SettledReason",
    "SideChange",
    "Snapshot",
    "align",
    "compare",
    "seen_of",
]
